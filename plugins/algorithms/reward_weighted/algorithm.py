"""Samples of the policy weighted by their reward, plus the loss that the base was trained by.

Lee et al., arXiv:2302.12192, eq. (3):
    E_model[-r(x, z) log p(x | z)] + beta E_data[-log p(x | z)].
It is a class of its own because its loss reads two sets of samples, which no other estimator does.

Shapes: B samples, and as many demonstrations.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.randomness import Streams

if TYPE_CHECKING:
    from suite.core.run import Run


class RewardWeighted(Algorithm):
    """Minimises r nll(sample) + beta nll(demonstration)."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "likelihood"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "reward"
    off_policy: ClassVar[bool] = True

    beta: float = Field(1.0, ge=0, description="weight of the pre-training loss; 0 is none")
    floor: float = Field(0.0, description="reward from which a sample's weight is counted")
    likelihood_draws: int = Field(1, ge=1, description="draws of the bound a sample and update")

    def collect(self, run: "Run", step: int) -> Experience:
        collected = run.sample(step)
        trajectory = collected.trajectory
        valid = trajectory.valid_rows
        value = collected.value.masked_fill(~valid, self.floor)
        rows = {
            "sample": trajectory.sample,
            "context": trajectory.context,
            "weight": reward_weights(value, floor=self.floor),
        }
        if self.beta > 0:
            context, shown = run.demonstrations(step, len(value))
            rows |= {"shown": shown, "shown_context": context}
        reward = float(collected.value[valid].mean()) if bool(valid.any()) else 0.0
        return Experience.of_rows(rows, {"reward": reward})

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        draws = self.likelihood_draws
        own = run.policy.nll(minibatch["sample"], minibatch["context"], streams, draws=draws)
        terms = {"nll": (minibatch["weight"] * own).sum()}
        if self.beta > 0:
            # Demonstrations need not keep what --fix keeps; under it they would cost infinity.
            shown = run.policy.unfixed().nll(
                minibatch["shown"],
                minibatch["shown_context"],
                streams.fork("pretraining"),
                draws=draws,
            )
            terms["pretraining"] = self.beta * shown.sum()
        return Loss(terms=terms, metrics={"nll": own.sum()})


def reward_weights(value: Tensor, *, floor: float) -> Tensor:
    """The reward above ``floor``, never below 0, [B]: a likelihood is not driven down."""
    return torch.clamp_min(value - floor, 0.0)
