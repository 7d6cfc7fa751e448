"""What every control policy shares: observations in, action chunks out, episodes as samples.

A sample is a whole episode: for every turn a flag (1: it took place), the raw observation and the
actions, flattened, so that the likelihood of an episode is that of its actions given its
observations. The record keeps observations as the policy saw them (normalised): a normaliser that
changed later would not change the importance ratio.

Shapes: N rows, B episodes, T decisions, D decisions a turn, S turns, O observation size, H actions
a chunk, A actions or action size, E = max(H A, 1) numbers an action.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.distributions import Categorical, GaussianStep, RelaxedTokens, StepDistribution
from suite.core.policy import Policy, State
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.plugins.policies.control.networks import Normaliser, perceptron


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What a control policy is built for.

    Attributes:
        observation: O; actions: A, their number or the size of a continuous one; chunk: H; turns:
            S, chunks an episode at most; width: of hidden layers; seed: of the initial weights.
        mean, std: of observations, each of length O, or None: 0 and 1.
    """

    observation: int
    actions: int
    chunk: int
    turns: int
    width: int
    seed: int
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


class ControlPolicy(Policy):
    """pi(action chunk | observation), by D decisions; the environment answers after the last."""

    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"samples", "scores", "likelihood", "value", "acts"}
    )
    continuous: ClassVar[bool] = True
    decisions_a_turn: int = 1

    def __init__(self, sizes: Sizes, decisions_a_turn: int = 1) -> None:
        super().__init__()
        self.sizes, self.decisions_a_turn = sizes, decisions_a_turn
        self.num_steps = sizes.turns * decisions_a_turn
        self.normaliser = Normaliser(sizes.observation, sizes.mean, sizes.std)

    @property
    def event(self) -> tuple[int, ...]:
        """Shape of one action as the environment gets it: [H, A], [A], or one number."""
        if not self.continuous:
            return ()
        one = (self.sizes.actions,)
        return one if self.sizes.chunk == 1 else (self.sizes.chunk, *one)

    @property
    def num_event(self) -> int:
        """E."""
        return self.sizes.chunk * self.sizes.actions if self.continuous else 1

    @abstractmethod
    def law(self, observation: Tensor, phase: Tensor, point: Tensor) -> StepDistribution:
        """The law of decision ``phase`` [...] of a turn, given what the one before made."""

    @abstractmethod
    def action_nll(
        self, observation: Tensor, action: Tensor, streams: Streams, draws: int
    ) -> Tensor:
        """-log p(action | observation) or a draw of a bound, [B, S], nats; see ``nll``."""

    @property
    def sample_shape(self) -> Mapping[str, int]:
        s = self.sizes
        return {
            "observation": s.observation,
            "actions": s.actions,
            "continuous": int(self.continuous),
        }

    # --- sampling -------------------------------------------------------------------------------

    def start(self, context: Context, streams: Streams) -> State:
        n, s, device = len(context), self.sizes, streams.device
        kind = torch.float32 if self.continuous else torch.long
        return {
            "seen": torch.zeros(n, s.observation, device=device),
            "observation": torch.zeros(n, s.observation, device=device),
            "point": torch.zeros(n, *self.event, dtype=kind, device=device),
            "ready": torch.zeros(n, dtype=torch.bool, device=device),
            "episode": torch.zeros(n, s.turns, 1 + s.observation + self.num_event, device=device),
            "active": torch.ones(n, dtype=torch.bool, device=device),
        }

    def step(self, state: State, t: Tensor) -> StepDistribution:
        return self.law(state["observation"], t % self.decisions_a_turn, state["point"])

    def advance(self, state: State, t: Tensor, decision: Tensor | RelaxedTokens) -> State:
        assert isinstance(decision, Tensor)
        ready = (t + 1) % self.decisions_a_turn == 0
        turn = torch.cat(
            [
                torch.ones_like(state["seen"][:, :1]),
                state["seen"],
                decision.reshape(len(t), -1).to(state["seen"]),
            ],
            dim=1,
        )
        place = (t // self.decisions_a_turn).view(-1, 1, 1).expand(-1, 1, turn.shape[1])
        written = state["episode"].scatter(1, place, turn.unsqueeze(1))
        here = (ready & state["active"]).view(-1, 1, 1)
        episode = torch.where(here, written, state["episode"])
        return {**state, "point": decision, "ready": ready, "episode": episode}

    def emit(self, state: State) -> tuple[Tensor, Tensor]:
        return state["ready"], state["point"]

    def observe(self, state: State, rows: Tensor, observation: Tensor) -> State:
        seen = state["seen"].index_copy(0, rows, observation)
        normal = state["observation"].index_copy(0, rows, self.normaliser(observation))
        return {**state, "seen": seen, "observation": normal}

    def finish(self, state: State) -> Samples:
        return Samples(values=state["episode"].flatten(1))

    # --- the record -----------------------------------------------------------------------------

    def record(self, state: State, t: Tensor, decision: Tensor) -> dict[str, Tensor]:
        return {"observation": state["observation"], "point": state["point"], "action": decision}

    def pack(self, start: State, steps: Mapping[str, Tensor], end: State) -> dict[str, Tensor]:
        return {**steps, "final": end["observation"]}

    def replay(
        self, trajectory: Trajectory, steps: Tensor | None = None
    ) -> tuple[StepDistribution, Tensor]:
        kept = trajectory.decisions
        if steps is None:
            steps = torch.arange(trajectory.num_steps, device=trajectory.mask.device)
        phase = (steps % self.decisions_a_turn).expand(len(trajectory), -1)
        law = self.law(kept["observation"][:, steps], phase, kept["point"][:, steps])
        return law, kept["action"][:, steps]

    @property
    def num_features(self) -> int:
        return self.sizes.observation

    def features(self, trajectory: Trajectory) -> Tensor:
        """What the policy saw, and after the last decision of each row its true final one."""
        seen, final = trajectory.decisions["observation"], trajectory.decisions["final"]
        after = torch.cat([seen, final.unsqueeze(1)], dim=1)
        # The state after the last decision stands right behind it, not at the end of the padding.
        place = trajectory.mask.sum(dim=1).view(-1, 1, 1).expand(-1, 1, seen.shape[-1])
        return after.scatter(1, place, final.unsqueeze(1))

    def nll(
        self, samples: Samples, context: Context, streams: Streams, *, draws: int = 1
    ) -> Tensor:
        """Of an episode's actions given its observations, [B], nats: behaviour cloning."""
        assert samples.values is not None
        size = self.sizes.observation
        turns = samples.values.view(len(samples), -1, 1 + size + self.num_event)
        seen, action = self.normaliser(turns[..., 1 : 1 + size]), turns[..., 1 + size :]
        each = self.action_nll(seen, action.unflatten(-1, self.event or (1,)), streams, draws)
        return torch.where(turns[..., 0] > 0, each, torch.zeros_like(each)).sum(dim=1)


class CategoricalActor(ControlPolicy):
    """One of A actions, from the logits of a perceptron."""

    continuous: ClassVar[bool] = False

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sizes.seed)
            self.net = perceptron(sizes.observation, sizes.width, sizes.actions, last_gain=0.01)

    def law(self, observation: Tensor, phase: Tensor, point: Tensor) -> StepDistribution:
        return Categorical(self.net(observation))

    def action_nll(
        self, observation: Tensor, action: Tensor, streams: Streams, draws: int
    ) -> Tensor:
        return -Categorical(self.net(observation)).log_prob(action.squeeze(-1).long())


class GaussianActor(ControlPolicy):
    """A normal chunk of actions; the deviation does not depend on the state."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        outputs = sizes.chunk * sizes.actions
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(sizes.seed)
            self.net = perceptron(sizes.observation, sizes.width, outputs, last_gain=0.01)
        self.log_std = torch.nn.Parameter(torch.full(self.event, -0.5))

    def law(self, observation: Tensor, phase: Tensor, point: Tensor) -> StepDistribution:
        mean = self.net(observation).unflatten(-1, self.event)
        return GaussianStep(mean, self.log_std.exp(), batch_ndim=observation.ndim - 1)

    def action_nll(
        self, observation: Tensor, action: Tensor, streams: Streams, draws: int
    ) -> Tensor:
        blank = torch.zeros(observation.shape[:-1], dtype=torch.long)
        return -self.law(observation, blank, action).log_prob(action)
