"""Trajectory balance on any policy that knows a backward law, or relative to a prior policy.

``prior = "backward"`` samples x with chance proportional to exp(r(x) / beta); ``"reference"`` to
p_ref(x) exp(r(x) / beta). Exploration, where there is any, belongs to the behaviour alone.

``subtb_lambda`` balances parts of paths too, with a learned flow of states: 0 single decisions
(detailed balance), above it parts of every length (SubTB).

Shapes: B trajectories, T decisions.
"""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch, PartSettings
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Trajectory
from suite.plugins.algorithms.gflownet.flow import StateFlow
from suite.plugins.algorithms.gflownet.losses import (
    estimated_log_z,
    path_potentials,
    sub_trajectory_balance,
    trajectory_balance,
)

if TYPE_CHECKING:
    from suite.core.run import Run


class LogZ(nn.Module):
    """The log of the target's normaliser, one learned number, in nats."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))


class TrajectoryBalance(Algorithm):
    """Squared balance of whole paths, with log Z learned or estimated from the batch."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    target: ClassVar[Literal["posterior", "reward", "none"]] = "posterior"
    off_policy: ClassVar[bool] = True

    prior: Literal["backward", "reference"] = Field(
        "backward", description="what the target is relative to"
    )
    beta: float = Field(1.0, gt=0, description="temperature of the reward, reward units a nat")
    log_z: Literal["learned", "batch"] = Field("learned", description="one number, or VarGrad")
    log_z_learning_rate: float | None = Field(
        None, gt=0, description="of the learned log Z; null is 0.1 / beta, as its way is long"
    )

    subtb_lambda: float | None = Field(
        None, ge=0, description="weight of parts of paths by length; null: whole paths; 0: edges"
    )

    @model_validator(mode="after")
    def _flows_start_from_log_z(self) -> "TrajectoryBalance":
        if self.subtb_lambda is not None and self.log_z != "learned":
            raise ValueError("subtb_lambda needs log_z = 'learned', the flow of the first state")
        return self

    def requirements(self) -> frozenset[str]:
        found = self.requires | ({"balance"} if self.prior == "backward" else set())
        return found | ({"value"} if self.subtb_lambda is not None else set())

    def needs_reference(self) -> bool:
        return self.prior == "reference"

    def modules(self, policy: Policy) -> dict[str, nn.Module]:
        found: dict[str, nn.Module] = {"log_z": LogZ()} if self.log_z == "learned" else {}
        if self.subtb_lambda is not None:
            found["flow"] = StateFlow(policy.num_features)
        return found

    def param_groups(self) -> dict[str, PartSettings]:
        if self.log_z != "learned":
            return {}
        # log Z goes up to max r / beta, and Adam moves a parameter by its rate an update at most.
        rate = self.log_z_learning_rate
        return {"log_z": PartSettings(learning_rate=0.1 / self.beta if rate is None else rate)}

    def collect(self, run: "Run", step: int) -> Experience:
        if self.log_z == "learned" and run.contexts.num_train > 1:
            raise SuiteError(
                f"one learned log Z cannot serve {run.contexts.num_train} contexts.\n"
                "Set algo.log_z = 'batch', which estimates it for each context."
            )
        collected = run.sample(step)
        trajectory = collected.trajectory
        with torch.no_grad():
            backward = self._log_prior(run, trajectory)
        # A score that failed may be nan, and the square's gradient would carry it past the mask.
        value = collected.value.masked_fill(~trajectory.valid_rows, 0.0)
        rows: dict[str, Any] = {
            "trajectory": trajectory,
            "log_prior": backward,
            "log_reward": value / self.beta,
        }
        if self.subtb_lambda is not None:
            rows["features"] = run.policy.features(trajectory).detach()
        metrics = {"reward": float(collected.value[trajectory.valid_rows].mean())}
        if self.log_z == "learned":
            return Experience.of_rows(rows, metrics)
        # An estimate from a batch needs the whole group in one micro-batch.
        items = torch.arange(len(trajectory)).view(-1, run.settings.group_size)
        return Experience(rows=rows, items=items, metrics=metrics)

    def _log_prior(self, run: "Run", trajectory: Trajectory) -> Tensor:
        """Of the backward law or of the reference on each path, [B]; by decision [B, T] for parts.

        Exactly 0 where the mask is False.
        """
        if self.prior == "reference":
            steps = run.score(trajectory, policy=run.reference).log_prob
        else:
            backward = run.policy.log_backward(trajectory)
            steps = torch.where(trajectory.mask, backward, torch.zeros_like(backward))
        return steps if self.subtb_lambda is not None else steps.sum(dim=1)

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        trajectory: Trajectory = minibatch["trajectory"]
        forward = run.score(trajectory).log_prob
        learned = self.prior == "backward" and run.policy.learns_backward
        prior = self._log_prior(run, trajectory) if learned else minibatch["log_prior"]
        if self.subtb_lambda is None:
            losses = self._whole(run, minibatch, forward.sum(dim=1), prior)
        else:
            losses = self._parts(run, minibatch, forward, prior)
        return Loss(terms={"balance": losses[trajectory.valid_rows].sum()})

    def _whole(self, run: "Run", minibatch: Minibatch, forward: Tensor, prior: Tensor) -> Tensor:
        trajectory: Trajectory = minibatch["trajectory"]
        reward, valid = minibatch["log_reward"], trajectory.valid_rows
        if self.log_z == "learned":
            log_z: Tensor = run.modules["log_z"].value  # type: ignore[assignment]
        else:
            log_z = estimated_log_z(forward, prior, reward, trajectory.group, valid)
        return trajectory_balance(forward, prior, reward, log_z)

    def _parts(self, run: "Run", minibatch: Minibatch, forward: Tensor, prior: Tensor) -> Tensor:
        assert self.subtb_lambda is not None
        mask = minibatch["trajectory"].mask
        flow = run.modules["flow"](minibatch["features"], run.modules["log_z"].value)
        reward = minibatch["log_reward"]
        potentials = path_potentials(forward, prior, flow, reward, mask)
        return sub_trajectory_balance(potentials, mask, decay=self.subtb_lambda)

    def denominators(self, minibatch: Minibatch) -> dict[str, float]:
        return {"balance": float(minibatch["trajectory"].valid_rows.sum())}
