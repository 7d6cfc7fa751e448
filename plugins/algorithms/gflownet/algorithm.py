"""Trajectory balance on any policy that knows a backward law, or relative to a prior policy.

``prior = "backward"`` samples x with chance proportional to exp(r(x) / beta); ``"reference"`` to
p_ref(x) exp(r(x) / beta). Exploration, where there is any, belongs to the behaviour alone.

Shapes: B trajectories, T decisions.
"""

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch, PartSettings
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Trajectory
from suite.plugins.algorithms.gflownet.losses import estimated_log_z, trajectory_balance

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

    def requirements(self) -> frozenset[str]:
        return self.requires | ({"balance"} if self.prior == "backward" else set())

    def needs_reference(self) -> bool:
        return self.prior == "reference"

    def modules(self, policy: Policy) -> dict[str, nn.Module]:
        return {"log_z": LogZ()} if self.log_z == "learned" else {}

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
        rows = {
            "trajectory": trajectory,
            "log_prior": backward,
            "log_reward": value / self.beta,
        }
        metrics = {"reward": float(collected.value[trajectory.valid_rows].mean())}
        if self.log_z == "learned":
            return Experience.of_rows(rows, metrics)
        # An estimate from a batch needs the whole group in one micro-batch.
        items = torch.arange(len(trajectory)).view(-1, run.settings.group_size)
        return Experience(rows=rows, items=items, metrics=metrics)

    def _log_prior(self, run: "Run", trajectory: Trajectory) -> Tensor:
        """Log-probability of the backward law or of the reference on each path, [B]."""
        if self.prior == "reference":
            return run.score(trajectory, policy=run.reference).log_prob.sum(dim=1)
        return (run.policy.log_backward(trajectory) * trajectory.mask).sum(dim=1)

    def loss(self, run: "Run", minibatch: Minibatch, streams: Streams) -> Loss:
        trajectory: Trajectory = minibatch["trajectory"]
        forward = run.score(trajectory).log_prob.sum(dim=1)
        prior, reward = minibatch["log_prior"], minibatch["log_reward"]
        valid = trajectory.valid_rows
        if self.log_z == "learned":
            log_z = run.modules["log_z"].value
        else:
            log_z = estimated_log_z(forward, prior, reward, trajectory.group, valid)
        losses = trajectory_balance(forward, prior, reward, log_z)  # type: ignore[arg-type]
        return Loss(terms={"balance": losses[valid].sum()})

    def denominators(self, minibatch: Minibatch) -> dict[str, float]:
        return {"balance": float(minibatch["trajectory"].valid_rows.sum())}
