"""Reward fine-tuning by backpropagating through the sampler.

Three departures from published DRAKES (arXiv:2410.13643), measured in docs/decisions/:

1. The KL is the exact one of the unmasking kernel that is sampled, at masked positions, with its
   factor (m_t - m_s) / m_t; the published code sums another integrand over revealed positions.
2. It reads the logits of the sampling pass; the published code runs policy and reference again.
3. Steps are straight-through (hard forward), so that states stay on the network's input law.

``kl = "published"`` is the published estimator, for comparison. The gradient is biased by design:
the part through which the policy changes which states the first T - K steps visit is left out.

Shapes: B samples, T steps, K of them relaxed.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.errors import SuiteError
from suite.core.randomness import Streams, permutation
from suite.core.records import Context, Samples
from suite.core.relaxed import RelaxedRollout, relaxed_rollout
from suite.core.trees import take_rows
from suite.plugins.algorithms.pathwise.published import PublishedRollout, published_rollout

if TYPE_CHECKING:
    from suite.core.run import Run


class Pathwise(Algorithm):
    """-E[r(x_0)] + beta * path KL, differentiated through the last K sampling steps."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "pathwise"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "posterior"
    reward_view: ClassVar[str | None] = "relaxed"

    kl: Literal["exact", "published", "none"] = Field(
        "exact", description="the path KL, the published penalty, or none"
    )
    beta: float = Field(0.05, ge=0, description="weight of the KL, in reward units a nat")
    last_steps: int = Field(8, ge=1, description="K: steps that carry the gradient")
    temperature: float = Field(0.5, gt=0, description="of the soft backward pass")
    random_depth: bool = Field(
        False, description="draw K anew for each loss, evenly from 1 to last_steps (at most T)"
    )
    kl_prefix_steps: int | None = Field(
        None, ge=1, description="random prefix steps in the KL, reweighted; null is all"
    )

    def requirements(self) -> frozenset[str]:
        return self.requires | ({"unmasks"} if self.kl == "published" else set())

    def needs_reference(self) -> bool:
        return self.kl != "none" and self.beta > 0

    def biased(self) -> str | None:
        return "gradients are truncated to the last K steps, and straight-through"

    def collect(self, run: "Run", step: int) -> Experience:
        """Contexts only: sampling happens inside the loss, where its gradient is needed."""
        asked = run.ask(step)
        rows = torch.arange(len(asked)).repeat_interleave(run.settings.group_size)
        run.charge_reward_calls(len(rows))
        return Experience.of_rows({"context": take_rows(asked, rows)}, {})

    def _depth(self, run: "Run", streams: Streams) -> int:
        """K of this loss: the same for every row and process of a step."""
        most = min(self.last_steps, run.policy.num_steps)
        if not self.random_depth:
            return most
        return 1 + int(permutation(run.seed, streams.step, f"{streams.purpose}/depth", most)[0])

    def _kl_steps(self, run: "Run", streams: Streams) -> Tensor | None:
        """Which prefix steps enter the KL: the same for every row and process of a step."""
        prefix = run.policy.num_steps - self.last_steps
        if self.kl_prefix_steps is None or self.kl_prefix_steps >= prefix:
            return None
        order = permutation(run.seed, streams.step, f"{streams.purpose}/kl_steps", prefix)
        return order[: self.kl_prefix_steps].sort().values

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        context: Context = minibatch["context"]
        rollout = self._rollout(run, context, streams)
        assert run.reward is not None
        scores = run.reward(rollout.sample, context)
        if not scores.value.requires_grad:
            raise SuiteError(
                f"{type(run.reward).__name__} gives no gradient, and this algorithm needs one.\n"
                "Choose a differentiable reward, or an algorithm that needs none, such as rloo."
            )
        keep_out(rollout.sample, ~scores.valid)
        value, kl = scores.value[scores.valid].sum(), rollout.kl[scores.valid].sum()
        terms = {"reward": -value, "kl": self.beta * kl}
        if not self.needs_reference():
            del terms["kl"]
        name = "relaxed_kl" if self.kl == "published" else "kl"
        return Loss(terms=terms, metrics={"reward": value, name: kl}, failed=scores.failures)

    def _rollout(
        self, run: "Run", context: Context, streams: Streams
    ) -> RelaxedRollout | PublishedRollout:
        reference = run.reference if self.needs_reference() else None
        if self.kl == "published":
            return published_rollout(
                run.policy,
                reference,
                context,
                streams,
                last=self.last_steps,
                temperature=self.temperature,
            )
        return relaxed_rollout(
            run.policy,
            context,
            streams,
            last=self._depth(run, streams),
            temperature=self.temperature,
            reference=reference,
            kl_steps=self._kl_steps(run, streams) if reference is not None else None,
        )


def keep_out(sample: Samples, failed: Tensor) -> None:
    """No gradient reaches the samples of ``failed`` rows [B].

    A score that failed may have the gradient nan, and 0 times nan would spread it to every weight.
    """
    if not bool(failed.any()):
        return
    for view in (sample.relaxed, sample.values):
        if view is not None and view.requires_grad:
            rows = failed.view(-1, *[1] * (view.dim() - 1))
            view.register_hook(lambda gradient, rows=rows: gradient.masked_fill(rows, 0.0))
