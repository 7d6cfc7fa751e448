"""Policies that build strings: add a letter, or exit.

The exit is masked below the shortest length and is all that is left at the longest one, so that
strings of one fixed length are a setting. Padding of a finished string is letter V.

``TailPolicy`` appends and reads its prefix with a recurrent network: a replay is one pass, and its
likelihood is exact. ``BothEndsPolicy`` prepends too, reads the whole string with a perceptron, and
has a bound over histories. Their shared law of actions is masked in one place.

Shapes: B samples, N rows, T = L + 1 decisions, S steps, V letters, L letters at most.
"""

import itertools
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from suite.core.distributions import Categorical, RelaxedTokens, StepDistribution
from suite.core.errors import SuiteError
from suite.core.policy import Policy, State, where_active
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.gflownet.histories import StringSpace


class StringPolicy(Policy):
    """P_F(action | string) over legal actions; a subclass says how it reads a string."""

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "value", "balance"}
    )

    def __init__(self, space: StringSpace, width: int) -> None:
        super().__init__()
        self.space, self.width = space, width
        self.num_steps = space.longest + 1

    def hidden(self, actions: Tensor) -> Tensor:
        """What the network makes of the states before each action, [B, T] to [B, T, width]."""
        raise NotImplementedError

    def head(self, hidden: Tensor) -> Tensor:
        """Logits of actions, [..., width] to [..., num_actions]."""
        raise NotImplementedError

    def _law(self, hidden: Tensor, length: Tensor) -> Categorical:
        logits = self.head(hidden)
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        return Categorical(logits.masked_fill(~self.space.legal(length), -torch.inf))

    @property
    def sample_shape(self) -> Mapping[str, int]:
        return {"length": self.space.longest, "letters": self.space.letters}

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        n, device = len(context), streams.device
        shape = (n, self.space.longest)
        return {
            "strings": torch.full(shape, self.space.exit, dtype=torch.long, device=device),
            "length": torch.zeros(n, dtype=torch.long, device=device),
            "active": torch.ones(n, dtype=torch.bool, device=device),
        }

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        active, stays = state["active"], decision != self.space.exit
        grown = self.space.grow(state["strings"], state["length"], decision)
        return {
            **state,
            "strings": where_active(active, grown, state["strings"]),
            "length": state["length"] + (active & stays),
            "active": active & stays,
        }

    def finish(self, state: State) -> Samples:
        return Samples(tokens=state["strings"])

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"actions": decision.masked_fill(~state["active"], self.space.exit)}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        actions = trajectory.decisions["actions"]
        steps = torch.arange(trajectory.num_steps) if steps is None else steps
        steps = steps.to(actions.device)
        last = int(steps.max()) + 1
        hidden = self.hidden(actions[:, :last])[:, steps]
        return self._law(hidden, self.space.lengths(actions)[:, steps]), actions[:, steps]

    # --- likelihood -----------------------------------------------------------------------------

    def strings_of(self, samples: Samples) -> Tensor:
        """Finished strings [B, L] of samples.

        Raises:
            SuiteError: a row is no string of this space.
        """
        assert samples.tokens is not None
        short = self.space.longest - samples.tokens.shape[1]
        if short < 0:
            raise SuiteError(
                f"samples have {samples.tokens.shape[1]} positions, and this policy writes "
                f"{self.space.longest} letters at most.\nSet policy.length to the longest sample."
            )
        strings = torch.nn.functional.pad(samples.tokens, (0, short), value=self.space.exit)
        wrong = ~self.space.fits(strings)
        if bool(wrong.any()):
            row = strings[int(wrong.int().argmax())].tolist()
            raise SuiteError(
                f"a sample is not a string that this policy can write: {row}.\nOne has "
                f"{self.space.shortest} to {self.space.longest} letters 0 to "
                f"{self.space.letters - 1}, and behind them {self.space.exit} alone.\n"
                "Correct the demonstrations, or policy.length, shortest and letters."
            )
        return strings

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """log q(h | x) - log P_F(h) of histories h from the backward law, mean of draws, [B], nats.

        Exact where letters are only appended: one history makes a string.
        """
        strings = self.strings_of(samples).repeat_interleave(draws, dim=0)
        chances = streams.uniform(draws, self.space.longest).flatten(0, 1)
        actions = self.space.histories(strings, chances)
        actions = actions[:, : int((actions != self.space.exit).sum(dim=1).max()) + 1]
        law = self._law(self.hidden(actions), self.space.lengths(actions)[:, :-1])
        exits = (actions == self.space.exit).cumsum(dim=1)
        log_forward = law.log_prob(actions).masked_fill(exits > 1, 0.0).sum(dim=1)
        bound = self.space.log_backward(actions).sum(dim=1) - log_forward
        return bound.view(-1, draws).mean(dim=1)

    # --- balance and value ----------------------------------------------------------------------

    def log_backward(self, trajectory: Trajectory) -> Tensor:
        """log of the chance of undoing each action, [B, T], nats."""
        return self.space.log_backward(trajectory.decisions["actions"])

    @property
    def num_features(self) -> int:
        return self.width + self.space.longest + 1

    @torch.no_grad()
    def features(self, trajectory: Trajectory) -> Tensor:
        actions = trajectory.decisions["actions"]
        length = self.space.lengths(actions)
        # One action more, so that the state after the last one is read; the exit changes nothing.
        more = torch.nn.functional.pad(actions, (0, 1), value=self.space.exit)
        hidden = self.hidden(more).gather(1, length.unsqueeze(-1).expand(-1, -1, self.width))
        size = torch.nn.functional.one_hot(length, self.space.longest + 1)
        return torch.cat([hidden, size.to(hidden.dtype)], dim=-1)


class TailPolicy(StringPolicy):
    """Letters are appended; a recurrent network (GRU) reads the prefix."""

    replays_whole: ClassVar[bool] = True

    def __init__(self, space: StringSpace, *, width: int, layers: int, seed: int) -> None:
        super().__init__(space, width)
        self.layers = layers
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            # The exit's id stands before the first letter.
            self.embed = nn.Embedding(space.letters + 1, width)
            self.cells = nn.GRU(width, width, num_layers=layers, batch_first=True)
            self.out = nn.Linear(width, space.num_actions)

    def head(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.out(hidden)
        return logits

    def hidden(self, actions: Tensor) -> Tensor:
        before = torch.nn.functional.pad(actions[:, :-1], (1, 0), value=self.space.exit)
        read: Tensor = self.cells(self.embed(before))[0]
        return read

    def start(self, context: Context, streams: Streams) -> State:
        memory = torch.zeros(len(context), self.layers, self.width, device=streams.device)
        memory = memory.to(self.out.weight.dtype)
        blank = torch.full((len(context),), self.space.exit, device=streams.device)
        return {**super().start(context, streams), "memory": self._read(memory, blank)}

    def _read(self, memory: Tensor, letter: Tensor) -> Tensor:
        """The memory [N, layers, width] after one letter [N] more."""
        last = memory.transpose(0, 1).contiguous()
        after: Tensor = self.cells(self.embed(letter).unsqueeze(1), last)[1]
        return after.transpose(0, 1)

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(state["memory"][:, -1], state["length"])

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        after = super().advance(state, t, decision)
        return {**after, "memory": self._read(state["memory"], decision)}


class BothEndsPolicy(StringPolicy):
    """Letters are appended or prepended; a perceptron reads the string from its first letter."""

    def __init__(self, space: StringSpace, *, width: int, layers: int, seed: int) -> None:
        super().__init__(space, width)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            sizes = [space.longest * (space.letters + 1), *[width] * layers]
            pairs = itertools.pairwise(sizes)
            self.trunk = nn.Sequential(
                *[part for a, b in pairs for part in (nn.Linear(a, b), nn.ReLU())]
            )
            self.out = nn.Linear(width, space.num_actions)

    def head(self, hidden: Tensor) -> Tensor:
        logits: Tensor = self.out(hidden)
        return logits

    def _see(self, strings: Tensor) -> Tensor:
        shown = torch.nn.functional.one_hot(strings, self.space.letters + 1)
        seen: Tensor = self.trunk(shown.flatten(-2).to(self.out.weight.dtype))
        return seen

    def hidden(self, actions: Tensor) -> Tensor:
        return self._see(self.space.states(actions[:, :-1]))

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self._law(self._see(state["strings"]), state["length"])
