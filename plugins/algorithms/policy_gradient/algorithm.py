"""The score-function estimator: one class, its named forms are presets.

The KL to the reference is never a plain loss term by default: grad sum_t E[KL_t] has a second part,
through which earlier decisions change later states, and without it the optimum is missed (total
variation .05 to .16 on two-token spaces). ``kl = "exact"`` puts the later KLs, detached, in the
return-to-go and adds the direct term; ``kl = "direct_only"`` is the published form of DPOK and
Flow-GRPO and is marked biased.

Shapes: B samples, T decisions, F features.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch, PartSettings
from suite.core.credit import decision_rewards, ends
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Trajectory
from suite.plugins.algorithms.policy_gradient import advantages as adv
from suite.plugins.algorithms.policy_gradient.critic import Critic, bootstrap_values
from suite.plugins.algorithms.policy_gradient.losses import (
    clipped_surrogate,
    clipped_value_loss,
    kl_k3,
    log_ratio,
    rising_clip,
)

if TYPE_CHECKING:
    from suite.core.run import Run


class PolicyGradient(Algorithm):
    """Advantage-weighted log-probabilities, with or without ratio clipping, KL and critic."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "posterior"

    advantage: Literal["reward", "leave_one_out", "group_std", "critic"] = Field(
        "leave_one_out", description="baseline that the return is compared with"
    )
    kl: Literal["none", "reward", "exact", "direct_only", "k3_loss"] = Field(
        "exact", description="how the KL to the reference enters"
    )
    beta: float = Field(0.1, ge=0, description="weight of the KL, in reward units a nat")
    clip_low: float | None = Field(
        None, gt=0, lt=1, description="ratio bound below 1; null is none"
    )
    clip_high: float | None = Field(None, gt=0, description="ratio bound above 1; null is none")
    aggregate: Literal["sum", "row_mean", "batch_mean"] = Field(
        "sum", description="decisions of a row summed, averaged, or averaged over the batch"
    )
    entropy_bonus: float = Field(0.0, ge=0, description="weight of each decision's entropy")
    discount: float = Field(1.0, gt=0, le=1)
    trace: float = Field(0.95, ge=0, le=1, description="lambda of the critic's advantages")
    value_clip: float | None = Field(None, gt=0, description="critic change a step; null is none")
    critic_learning_rate: float = Field(1e-3, gt=0)
    critic_width: int = Field(64, ge=1)
    standardise: bool = Field(
        False,
        description="advantages to mean 0 and std 1 over a collect; the critic's rewards are "
        "divided by the first collect's std of returns",
    )
    segment_discount: float = Field(
        1.0,
        gt=0,
        le=1,
        description="a decision's advantage falls by this for each that follows "
        "before the environment's answer",
    )
    segment_clip: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="ratio bound of an answer's first decision; it rises "
        "exponentially to clip_high at the last",
    )

    def requirements(self) -> frozenset[str]:
        return self.requires | ({"value"} if self.advantage == "critic" else set())

    def needs_reference(self) -> bool:
        return self.kl != "none"

    def biased(self) -> str | None:
        if self.kl == "direct_only":
            return "the KL's score-function part is left out"
        if self.kl == "k3_loss":
            return "the gradient of k3 is that of the forward KL"
        if self.advantage == "group_std":
            return "division by the group's std changes the optimum"
        return None

    def modules(self, policy: Policy) -> dict[str, nn.Module]:
        if self.advantage != "critic":
            return {}
        return {"critic": Critic(policy.num_features, self.critic_width)}

    def param_groups(self) -> dict[str, PartSettings]:
        if self.advantage != "critic":
            return {}
        return {"critic": PartSettings(learning_rate=self.critic_learning_rate)}

    # --- collect --------------------------------------------------------------------------------

    def collect(self, run: "Run", step: int) -> Experience:
        collected = run.sample(step)
        trajectory = self._comparable(run, collected.trajectory)
        # A score that failed may be nan, and 0 * nan would reach the gradient through the mask.
        value = collected.value.masked_fill(~trajectory.valid_rows, 0.0)
        metrics = {"reward": _valid_mean(value, trajectory)}
        dropped = int((~trajectory.valid_rows).sum())
        if dropped:
            metrics["dropped"] = float(dropped)
        rewards = decision_rewards(trajectory, value)
        rows: dict[str, Any] = {"trajectory": trajectory}
        with torch.no_grad():
            rewards, later = self._with_kl(run, trajectory, rewards, rows, metrics)
            advantage = self._advantage(run, trajectory, rewards, later, rows)
            rows["advantage"] = self._shaped(advantage, trajectory)
            if run.settings.num_epochs * run.settings.num_minibatches > 1:
                # The update's own code, so that the ratio is exactly 1 before the first update.
                rows["old_log_prob"] = run.score(trajectory).log_prob
        return Experience.of_rows(rows, metrics)

    def _comparable(self, run: "Run", trajectory: Trajectory) -> Trajectory:
        """The record without the rows that a group's failed scores left with no other to meet.

        Raises:
            SuiteError: groups have one sample, and the advantage compares a group's samples.
        """
        if self.advantage not in ("leave_one_out", "group_std"):
            return trajectory
        if run.settings.group_size < 2:
            raise SuiteError(
                f"algo.advantage = '{self.advantage}' compares the samples of a context, and "
                "train.group_size is 1.\nRaise train.group_size to 2 or more, or set "
                "algo.advantage = 'reward'."
            )
        valid = trajectory.valid_rows
        _, counts = adv.group_sums(valid.float(), trajectory.group, valid)
        return replace(trajectory, valid=valid & (counts >= 2))

    def _with_kl(
        self,
        run: "Run",
        trajectory: Trajectory,
        rewards: Tensor,
        rows: dict[str, Any],
        metrics: dict[str, float],
    ) -> tuple[Tensor, Tensor]:
        """Rewards and the KL cost of later decisions, both [B, T]; fills rows and metrics."""
        later = torch.zeros_like(rewards)
        if self.kl == "none":
            return rewards, later
        if self.kl in ("exact", "direct_only"):
            kl = run.score(trajectory, kl=True).kl
            assert kl is not None
            metrics["kl"] = _valid_mean(kl.sum(dim=1), trajectory)
            return rewards, self.beta * adv.later_sum(kl) if self.kl == "exact" else later
        reference = run.score(trajectory, policy=run.reference).log_prob
        log_ratio = trajectory.log_prob - reference
        metrics["kl"] = _valid_mean(log_ratio.sum(dim=1), trajectory)
        if self.kl == "reward":
            return rewards - self.beta * log_ratio, later
        rows["reference_log_prob"] = reference
        return rewards, later

    def _advantage(
        self,
        run: "Run",
        trajectory: Trajectory,
        rewards: Tensor,
        later: Tensor,
        rows: dict[str, Any],
    ) -> Tensor:
        valid, group = trajectory.valid_rows, trajectory.group
        if self.advantage == "critic":
            return self._critic_advantage(run, trajectory, rewards, later, rows)
        if self.advantage == "group_std":
            total = rewards.sum(dim=1)
            return adv.group_standardised(total, group, valid).unsqueeze(1) - later
        returns = adv.returns_to_go(rewards, discount=self.discount) - later
        if self.advantage == "reward":
            return returns
        # Rows that have ended carry their last return on: any baseline that leaves the row itself
        # out is unbiased, and this one is the plain RLOO baseline where rewards come at the end.
        last = trajectory.mask.sum(dim=1).clamp_min(1) - 1
        carried = torch.where(trajectory.mask, returns, returns.gather(1, last.unsqueeze(1)))
        return adv.leave_one_out(carried, group, valid)

    def _shaped(self, advantage: Tensor, trajectory: Trajectory) -> Tensor:
        """Standardised and discounted within environment steps, where that is asked for."""
        mask, segment = trajectory.mask, trajectory.segment
        if self.standardise:
            keep = mask & trajectory.valid_rows.unsqueeze(1)
            advantage = adv.whiten(advantage.expand(mask.shape), keep)
        if segment is None or self.segment_discount == 1.0:
            return advantage
        return advantage * self.segment_discount ** adv.place_in_segment(segment, mask)

    def _return_scale(self, run: "Run", rewards: Tensor, trajectory: Trajectory) -> Tensor:
        """What the critic's rewards are divided by: measured once, kept with the checkpoint."""
        if not self.standardise:
            return rewards.new_ones(())
        if "return_scale" not in run.state:
            returns = adv.returns_to_go(rewards, discount=self.discount)
            seen = returns[trajectory.mask & trajectory.valid_rows.unsqueeze(1)]
            scale = seen.std() if len(seen) > 1 else seen.new_ones(())
            run.state["return_scale"] = scale if float(scale) > 0 else seen.new_ones(())
        found: Tensor = run.state["return_scale"]
        return found

    def _critic_advantage(
        self,
        run: "Run",
        trajectory: Trajectory,
        rewards: Tensor,
        later: Tensor,
        rows: dict[str, Any],
    ) -> Tensor:
        features = run.policy.features(trajectory).detach()
        values = run.modules["critic"](features)
        terminated, ended = ends(trajectory)
        # Each decision after the first pays its own KL. That is a function of the state it stands
        # in, so the critic learns it, and the advantage holds the KL of later decisions alone.
        own = torch.nn.functional.pad(later[:, :-1] - later[:, 1:], (1, 0))
        advantage = adv.generalised_advantages(
            (rewards - own) / self._return_scale(run, rewards, trajectory),
            values[:, :-1],
            bootstrap_values(values[:, 1:], terminated),
            ended,
            trajectory.mask,
            discount=self.discount,
            trace=self.trace,
            segment=trajectory.segment,
        )
        rows["features"], rows["old_value"] = features[:, :-1], values[:, :-1]
        rows["return"] = advantage + values[:, :-1]
        return advantage

    # --- loss -----------------------------------------------------------------------------------

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        trajectory: Trajectory = minibatch["trajectory"]
        exact = self.kl in ("exact", "direct_only")
        scores = run.score(trajectory, kl=exact, entropy=self.entropy_bonus > 0)
        old = minibatch.rows.get("old_log_prob", scores.log_prob.detach())
        keep = trajectory.mask & trajectory.valid_rows.unsqueeze(1)
        per_decision = clipped_surrogate(
            scores.log_prob,
            old,
            minibatch["advantage"],
            keep,
            clip_low=self._bound(self.clip_low, trajectory),
            clip_high=self._bound(self.clip_high, trajectory),
        )
        terms = {"policy": self._reduce(per_decision, trajectory)}
        if scores.kl is not None:
            terms["kl"] = self.beta * self._reduce(scores.kl * keep, trajectory)
        if "reference_log_prob" in minibatch.rows:
            k3 = kl_k3(scores.log_prob, minibatch["reference_log_prob"], keep)
            terms["kl"] = self.beta * self._reduce(k3, trajectory)
        if scores.entropy is not None:
            terms["entropy"] = -self.entropy_bonus * self._reduce(scores.entropy * keep, trajectory)
        if self.advantage == "critic":
            terms["critic"] = self._critic_loss(run, minibatch, keep)
        return Loss(terms=terms, metrics=self._metrics(scores.log_prob, old, keep, trajectory))

    def _bound(self, bound: float | None, trajectory: Trajectory) -> float | Tensor | None:
        """A ratio bound, [B, T] where it depends on the place before the environment's answer."""
        if bound is None or self.segment_clip is None or trajectory.segment is None:
            return bound
        left = adv.place_in_segment(trajectory.segment, trajectory.mask)
        return rising_clip(left, first=self.segment_clip, last=bound)

    def _critic_loss(self, run: "Run", minibatch: Minibatch, keep: Tensor) -> Tensor:
        value = run.modules["critic"](minibatch["features"])
        return clipped_value_loss(
            value, minibatch["old_value"], minibatch["return"], keep, clip=self.value_clip
        ).sum()

    def _reduce(self, per_decision: Tensor, trajectory: Trajectory) -> Tensor:
        if self.aggregate == "row_mean":
            per_decision = per_decision / trajectory.mask.sum(dim=1, keepdim=True).clamp_min(1)
        return per_decision.sum()

    def denominators(self, minibatch: Minibatch) -> dict[str, float]:
        trajectory: Trajectory = minibatch["trajectory"]
        valid = trajectory.valid_rows
        decisions = float((trajectory.mask & valid.unsqueeze(1)).sum())
        rows = float(valid.sum())
        shared = decisions if self.aggregate == "batch_mean" else rows
        return {"policy": shared, "kl": shared, "entropy": shared, "critic": decisions}

    def _metrics(
        self, log_prob: Tensor, old: Tensor, keep: Tensor, trajectory: Trajectory
    ) -> dict[str, Tensor]:
        difference = log_ratio(log_prob.detach(), old, keep)
        ratio = difference.exp()
        count = keep.sum(dim=1).clamp_min(1)
        outside = torch.zeros_like(keep)
        low, high = (self._bound(b, trajectory) for b in (self.clip_low, self.clip_high))
        if low is not None and high is not None:
            outside = keep & ((ratio < 1 - low) | (ratio > 1 + high))
        return {
            "clip_share": (outside.sum(dim=1) / count).sum(),
            "update_kl": ((ratio - 1.0 - difference) * keep).sum(),
        }


def _valid_mean(values: Tensor, trajectory: Trajectory) -> float:
    valid = trajectory.valid_rows
    return float(values[valid].mean()) if bool(valid.any()) else 0.0
