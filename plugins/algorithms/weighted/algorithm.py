"""Likelihood on chosen or weighted samples: one class for SFT, RAFT and reward-weighted regression.

Where samples come from: ``demonstrations`` (SFT), the ``policy`` at each step (RAFT, online RWR),
or a ``pool`` drawn once from the base policy (filtered SFT). The likelihood is exact where the
family knows it, else its bound; a family with neither learns the recorded path.

Shapes: B samples.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.randomness import Streams, permutation
from suite.core.records import Samples
from suite.core.trees import take_rows
from suite.plugins.algorithms.weighted.weights import best_share, exponential

if TYPE_CHECKING:
    from suite.core.run import Run


class WeightedLikelihood(Algorithm):
    """Minimises -w log p(x), or its bound, over samples x with weights w."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "reward"
    off_policy: ClassVar[bool] = True

    source: Literal["demonstrations", "policy", "pool"] = Field("policy")
    weighting: Literal["uniform", "best_share", "exponential"] = Field("best_share")
    share: float = Field(0.25, gt=0, le=1, description="of each group kept by best_share")
    temperature: float = Field(1.0, gt=0, description="reward units, of exponential weights")
    pool_size: int = Field(1024, ge=4, description="base samples drawn once, for source = pool")
    likelihood_draws: int = Field(1, ge=1, description="draws of the bound a sample and update")

    def requirements(self) -> frozenset[str]:
        if self.source == "demonstrations":
            return frozenset({"samples", "likelihood"})
        return self.requires

    # --- collect --------------------------------------------------------------------------------

    def collect(self, run: "Run", step: int) -> Experience:
        if self.source == "demonstrations":
            count = run.settings.num_contexts * run.settings.group_size
            context, samples = run.demonstrations(step, count)
            weight = torch.ones(count, device=run.device)
            rows: dict[str, Any] = {"context": context, "sample": samples, "weight": weight}
            return Experience.of_rows(rows, {})
        if self.source == "pool":
            return self._from_pool(run, step)
        rows, metrics = self._weighted(run, step)
        return Experience.of_rows(rows, metrics)

    def _weighted(
        self, run: "Run", step: int, **kwargs: Any
    ) -> tuple[dict[str, Any], dict[str, float]]:
        """Fresh samples with weight above 0."""
        collected = run.sample(step, **kwargs)
        trajectory = collected.trajectory
        group, valid = trajectory.group, trajectory.valid_rows
        weight = self._weights(collected.value, group, valid)
        metrics = {"reward": float(collected.value[valid].mean())}
        rows = {"trajectory": trajectory, "weight": weight}
        return take_rows(rows, torch.nonzero(weight > 0).squeeze(1)), metrics

    def _weights(self, score: Tensor, group: Tensor, valid: Tensor) -> Tensor:
        if self.weighting == "uniform":
            return valid.to(score.dtype)
        if self.weighting == "best_share":
            return best_share(score, group, valid, share=self.share)
        return exponential(score, group, valid, temperature=self.temperature)

    def _from_pool(self, run: "Run", step: int) -> Experience:
        """A slice of the pool, drawn and filtered at the first step and kept in the run's state."""
        if "pool" not in run.state:
            contexts = min(run.contexts.num_train, run.settings.num_contexts)
            group_size = max(2, self.pool_size // contexts)
            run.state["pool"], _ = self._weighted(
                run,
                0,
                num_contexts=contexts,
                group_size=group_size,
                policy=run.base,
                purpose="pool",
            )
        pool = run.state["pool"]
        total = len(pool["weight"])
        count = run.settings.num_contexts * run.settings.group_size
        order = permutation(run.seed, step, "pool/rows", total)[:count]
        return Experience.of_rows(take_rows(pool, order), {})

    # --- loss -----------------------------------------------------------------------------------

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        nll = self._nll(run, minibatch, streams)
        return Loss(terms={"nll": (minibatch["weight"] * nll).sum()}, metrics={"nll": nll.sum()})

    def _nll(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Tensor:
        if "trajectory" not in minibatch.rows:
            samples: Samples = minibatch["sample"]
            # Demonstrations need not keep what --fix keeps; under it they would cost infinity.
            return run.policy.unfixed().nll(
                samples, minibatch["context"], streams, draws=self.likelihood_draws
            )
        trajectory = minibatch["trajectory"]
        if "likelihood" not in run.policy.capabilities:
            return -run.score(trajectory).log_prob.sum(dim=1)
        return run.policy.nll(
            trajectory.sample, trajectory.context, streams, draws=self.likelihood_draws
        )
