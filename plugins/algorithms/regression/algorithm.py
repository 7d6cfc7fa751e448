"""REBEL: each step regresses the log-ratio gap of a pair onto its reward gap.

With the KL to the reference inside the reward (r - beta log(old / ref)) the fixed point is
p_ref exp(r / beta) / Z; one step moves towards it by mirror descent with step eta.

Shapes: P pairs, 2 P rows, pair members side by side; T decisions.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.pairs import neighbours
from suite.core.randomness import Streams
from suite.plugins.algorithms.regression.losses import relative_reward_loss

if TYPE_CHECKING:
    from suite.core.run import Run


class RelativeReward(Algorithm):
    """Regression of relative rewards on pairs of samples of one context."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "posterior"

    eta: float = Field(1.0, gt=0, description="step size: nats a unit of reward")
    beta: float = Field(0.1, ge=0, description="weight of the KL, in reward units a nat")

    def needs_reference(self) -> bool:
        return self.beta > 0

    def collect(self, run: "Run", step: int) -> Experience:
        collected = run.sample(step)
        trajectory = collected.trajectory
        with torch.no_grad():
            old = run.score(trajectory).log_prob.sum(dim=1)
            reward = collected.value
            metrics = {"reward": float(reward[trajectory.valid_rows].mean())}
            if self.beta > 0:
                reference = run.score(trajectory, policy=run.reference).log_prob.sum(dim=1)
                reward = reward - self.beta * (old - reference)
                metrics["kl"] = float((old - reference)[trajectory.valid_rows].mean())
        rows = {"trajectory": trajectory, "reward": reward, "old_log_prob": old}
        pairs = neighbours(trajectory.group, trajectory.valid_rows)
        return Experience(rows=rows, items=pairs, metrics=metrics)

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        scores = run.score(minibatch["trajectory"])
        ratio = (scores.log_prob.sum(dim=1) - minibatch["old_log_prob"]).view(-1, 2)
        reward = minibatch["reward"].view(-1, 2)
        losses = relative_reward_loss(
            ratio[:, 0], ratio[:, 1], reward[:, 0], reward[:, 1], eta=self.eta
        )
        return Loss(terms={"policy": losses.sum()})
