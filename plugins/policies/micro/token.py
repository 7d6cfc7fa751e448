"""A token policy on strings of L letters: a table or a small network over prefixes.

Shapes: B samples, L letters a string, V letters of the alphabet, S steps.
"""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import LazyCategorical, RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.micro.networks import PrefixNetwork, PrefixTable


class TokenPolicy(Policy):
    """p(x) = prod_t p(x_t | x_<t), exactly; every string has length L."""

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "value", "balance"}
    )
    replays_whole: ClassVar[bool] = True

    def __init__(self, *, length: int, letters: int, network: str, width: int, seed: int) -> None:
        super().__init__()
        self.num_steps, self.letters = length, letters
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.trunk, self.head = _network(length, letters, network, width)

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"length": self.num_steps, "letters": self.letters}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        shape = (len(context), self.num_steps)
        return {
            "tokens": torch.zeros(shape, dtype=torch.long, device=streams.device),
            "active": torch.ones(len(context), dtype=torch.bool, device=streams.device),
        }

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return LazyCategorical(self.trunk(state["tokens"], t), self.head)

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        written = state["tokens"].scatter(1, t.unsqueeze(1), decision.unsqueeze(1))
        tokens = where_active(state["active"], written, state["tokens"])
        return {"tokens": tokens, "active": state["active"] & (t + 1 < self.num_steps)}

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["tokens"])

    # --- the record -----------------------------------------------------------------------------

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        tokens = trajectory.decisions["decision"]
        steps = torch.arange(tokens.shape[1]) if steps is None else steps
        hidden = self._hidden(tokens, steps)
        return LazyCategorical(hidden, self.head), tokens[:, steps]

    def _hidden(self, tokens: Tensor, steps: Tensor) -> Tensor:
        """Trunk output before each of ``steps``, [B, S, H]."""
        batch, count = tokens.shape[0], len(steps)
        rows = tokens.unsqueeze(1).expand(-1, count, -1).reshape(batch * count, -1)
        hidden = self.trunk(rows, steps.to(tokens.device).repeat(batch))
        out: Tensor = hidden.view(batch, count, -1)
        return out

    def encode(self, samples: Samples, context: Context) -> Trajectory:
        assert samples.tokens is not None
        tokens = samples.tokens
        blank = torch.zeros(tokens.shape, device=tokens.device)
        return Trajectory(
            context=context,
            sample=samples,
            decisions={"decision": tokens},
            mask=torch.ones_like(tokens, dtype=torch.bool),
            log_prob=blank,
            group=torch.arange(len(tokens)),
            seed_index=torch.arange(len(tokens)),
        )

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        law, decision = self.replay(self.encode(samples, context))
        return -law.log_prob(decision).sum(dim=1)

    # --- value and balance ----------------------------------------------------------------------

    @property
    def num_features(self) -> int:
        return self.num_steps * self.letters + self.num_steps + 1

    def features(self, trajectory: Trajectory) -> Tensor:
        tokens = trajectory.decisions["decision"]
        steps = torch.arange(self.num_steps + 1)
        known = steps.unsqueeze(1) > torch.arange(self.num_steps)
        letters = torch.nn.functional.one_hot(tokens, self.letters).float()
        shown = letters.unsqueeze(1) * known[None, :, :, None]
        where = torch.eye(self.num_steps + 1).expand(len(tokens), -1, -1)
        return torch.cat([shown.flatten(2), where], dim=-1)

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """0: a string has one parent, its prefix."""
        return torch.zeros_like(trajectory.log_prob)


def _network(length: int, letters: int, network: str, width: int) -> tuple[nn.Module, nn.Module]:
    if network == "tabular":
        return PrefixTable(length, letters), nn.Identity()
    return PrefixNetwork(length, letters, width), nn.Linear(width, letters)
