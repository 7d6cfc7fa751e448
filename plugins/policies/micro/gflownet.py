"""A left-to-right GFlowNet on strings of at most L letters: add a letter, or exit.

The state graph is a tree, so the backward law is 1. Letter id V is padding in a finished string and
the exit action in a decision. Shapes: B samples, T = L + 1 decisions, V letters, S steps.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import Categorical, RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.micro.networks import PrefixNetwork, PrefixTable


class GFlowNetPolicy(Policy):
    """P_F(letter or exit | prefix); at L letters only the exit is allowed."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"samples", "scores", "value", "balance"})

    def __init__(self, *, length: int, letters: int, network: str, width: int, seed: int) -> None:
        super().__init__()
        self.length, self.letters, self.exit = length, letters, letters
        self.num_steps = length + 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            # One letter more than the alphabet: the exit action, which is padding in the state.
            self.trunk: nn.Module
            self.head: nn.Module
            if network == "tabular":
                self.trunk, self.head = PrefixTable(self.num_steps, letters + 1), nn.Identity()
            else:
                self.trunk = PrefixNetwork(self.num_steps, letters + 1, width)
                self.head = nn.Linear(width, letters + 1)

    def _law(self, tokens: Tensor, t: Tensor) -> Categorical:
        """The law of decision ``t`` [N] after tokens [N, T]."""
        logits = self.head(self.trunk(tokens, t))
        full = (t == self.length).unsqueeze(1)
        only_exit = torch.full_like(logits, -torch.inf)
        only_exit[:, self.exit] = 0.0
        return Categorical(torch.where(full, only_exit, logits))

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"length": self.length, "letters": self.letters}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        shape = (len(context), self.num_steps)
        return {
            "tokens": torch.full(shape, self.exit, dtype=torch.long, device=streams.device),
            "active": torch.ones(len(context), dtype=torch.bool, device=streams.device),
        }

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(state["tokens"], t)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        written = state["tokens"].scatter(1, t.unsqueeze(1), decision.unsqueeze(1))
        return {
            "tokens": where_active(state["active"], written, state["tokens"]),
            "active": state["active"] & (decision != self.exit),
        }

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"][:, : self.length])

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {}

    def pack(self, start: State, steps: dict[str, Tensor], end: State) -> dict[str, Tensor]:  # type: ignore[override]
        return {"tokens": end["tokens"]}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        tokens = trajectory.decisions["tokens"]
        steps = torch.arange(trajectory.num_steps) if steps is None else steps
        batch, count = len(tokens), len(steps)
        rows = tokens.unsqueeze(1).expand(-1, count, -1).reshape(batch * count, -1)
        law = self._law(rows, steps.to(tokens.device).repeat(batch))
        return Categorical(law.log_p.view(batch, count, -1)), tokens[:, steps]

    @property
    def num_features(self) -> int:
        return self.num_steps * (self.letters + 1) + self.num_steps + 1

    def features(self, trajectory: Trajectory) -> Tensor:
        tokens = trajectory.decisions["tokens"]
        steps = torch.arange(trajectory.num_steps + 1)
        known = steps.unsqueeze(1) > torch.arange(self.num_steps)
        letters = torch.nn.functional.one_hot(tokens, self.letters + 1).float()
        shown = letters.unsqueeze(1) * known[None, :, :, None]
        where = torch.eye(self.num_steps + 1)[steps].expand(len(tokens), -1, -1)
        return torch.cat([shown.flatten(2), where], dim=-1)

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """0: every prefix has one parent, and leaving by the exit is undone in one way."""
        return torch.zeros_like(trajectory.log_prob)
