"""Preference optimisation on pairs that the reward labels.

Pairs are samples of one context, of the policy or of the reference. Labels are the best and worst
of a group, or drawn from the Bradley-Terry law of the reward gap. With drawn labels at temperature
tau and the reference as source, the optimum of DPO is p_ref exp(r / (tau beta)) / Z on what the
pairs cover.

Shapes: P pairs, 2 P rows, chosen first.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.pairs import best_and_worst, neighbours
from suite.core.randomness import Streams
from suite.plugins.algorithms.preference.losses import dpo_loss, ipo_loss, margin

if TYPE_CHECKING:
    from suite.core.run import Run


class PairPreference(Algorithm):
    """DPO and its kin on pairs labelled by the reward."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "posterior"
    off_policy: ClassVar[bool] = True

    loss_form: Literal["dpo", "ipo"] = Field("dpo", description="shape of the loss")
    beta: float = Field(0.1, gt=0, description="weight of the pull to the reference")
    label_smoothing: float = Field(0.0, ge=0, lt=0.5, description="chance that a label is wrong")
    source: Literal["policy", "reference"] = Field("policy", description="who draws the pairs")
    labels: Literal["best_worst", "bradley_terry"] = Field("best_worst")
    label_temperature: float = Field(1.0, gt=0, description="reward units, of drawn labels")

    def needs_reference(self) -> bool:
        return True

    def biased(self) -> str | None:
        if self.labels == "best_worst":
            return "labels without noise: the loss has no finite optimum on pairs it always ranks"
        return None

    def collect(self, run: "Run", step: int) -> Experience:
        policy = run.reference if self.source == "reference" else run.policy
        collected = run.sample(step, policy=policy)
        trajectory, reward = collected.trajectory, collected.value
        valid = trajectory.valid_rows
        if self.labels == "best_worst":
            pairs = best_and_worst(trajectory.group, valid, reward)
        else:
            pairs = neighbours(trajectory.group, valid)
            pairs = self._drawn(run, step, pairs, reward)
        with torch.no_grad():
            reference = run.score(trajectory, policy=run.reference).log_prob.sum(dim=1)
        rows = {"trajectory": trajectory, "reference_log_prob": reference}
        metrics = {"reward": float(reward[valid].mean()), "pairs": float(len(pairs))}
        return Experience(rows=rows, items=pairs, metrics=metrics)

    def _drawn(self, run: "Run", step: int, pairs: Tensor, reward: Tensor) -> Tensor:
        """Order each pair by a Bradley-Terry draw, [P, 2], chosen first."""
        gap = reward[pairs[:, 0]] - reward[pairs[:, 1]]
        chance = torch.sigmoid(gap / self.label_temperature)
        draw = run.streams(step, "labels", torch.arange(len(pairs))).uniform()
        return torch.where((draw < chance).unsqueeze(1), pairs, pairs.flip(1))

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        logp = run.score(minibatch["trajectory"]).log_prob.sum(dim=1).view(-1, 2)
        reference = minibatch["reference_log_prob"].view(-1, 2)
        margins = margin(logp[:, 0], logp[:, 1], reference[:, 0], reference[:, 1])
        if self.loss_form == "ipo":
            losses = ipo_loss(margins, beta=self.beta)
        else:
            losses = dpo_loss(margins, beta=self.beta, label_smoothing=self.label_smoothing)
        right = (margins.detach() > 0).float()
        return Loss(terms={"policy": losses.sum()}, metrics={"ranked_right": right.sum()})
