"""A control policy on a Gymnasium environment: categorical or Gaussian, one decision a step.

Observations are stored as the policy saw them, so that the importance ratio is 1. Shapes: N rows,
B episodes, T decisions, O observation size, A actions or action size.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import Categorical, GaussianStep, RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory


class ActorPolicy(Policy):
    """pi(action | observation); the environment stands between decisions."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"samples", "scores", "value", "acts"})

    def __init__(
        self,
        *,
        observation: int,
        actions: int,
        continuous: bool,
        num_steps: int,
        width: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.num_steps, self.observation, self.actions = num_steps, observation, actions
        self.continuous = continuous
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.trunk = nn.Sequential(
                _orthogonal(nn.Linear(observation, width), math.sqrt(2)), nn.Tanh(),
                _orthogonal(nn.Linear(width, width), math.sqrt(2)), nn.Tanh(),
                _orthogonal(nn.Linear(width, actions), 0.01),
            )  # fmt: skip
        self.log_std = nn.Parameter(torch.zeros(actions)) if continuous else None

    def _law(self, observation: Tensor) -> StepDistribution:
        out = self.trunk(observation)
        if self.log_std is None:
            return Categorical(out)
        return GaussianStep(out, self.log_std.exp(), batch_ndim=observation.ndim - 1)

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"observation": self.observation, "actions": self.actions}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        n, device = len(context), streams.device
        shape = (n, self.actions) if self.continuous else (n,)
        kind = torch.float32 if self.continuous else torch.long
        return {
            "observation": torch.zeros(n, self.observation, device=device),
            "action": torch.zeros(shape, dtype=kind, device=device),
            "active": torch.ones(n, dtype=torch.bool, device=device),
        }

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(state["observation"])

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        return {**state, "action": decision}

    def emit(self, state: State) -> tuple[Tensor, Tensor]:
        return torch.ones_like(state["active"]), state["action"]

    def observe(self, state: State, rows: Tensor, observation: Tensor) -> State:
        return {**state, "observation": state["observation"].index_copy(0, rows, observation)}

    def finish(self, state: State) -> Samples:
        return Samples(values=state["observation"])

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"observation": state["observation"], "action": decision}

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return dict(steps)

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        steps = torch.arange(trajectory.num_steps) if steps is None else steps
        seen = trajectory.decisions["observation"][:, steps]
        return self._law(seen), trajectory.decisions["action"][:, steps]

    @property
    def num_features(self) -> int:
        return self.observation

    def features(self, trajectory: Trajectory) -> Tensor:
        """Observations, and after the last decision of each row its true final one."""
        seen = trajectory.decisions["observation"]
        final = trajectory.final_observation
        assert final is not None
        after = torch.cat([seen, final.unsqueeze(1)], dim=1)
        # The state after the last decision stands right behind it, not at the end of the padding.
        length = trajectory.mask.sum(dim=1)
        place = length.view(-1, 1, 1).expand(-1, 1, seen.shape[-1])
        return after.scatter(1, place, final.unsqueeze(1))


def _orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
