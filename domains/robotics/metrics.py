"""Success of episodes, read from what was observed; and episodes as text.

Shapes: B episodes, S turns, O observation size, E numbers an action chunk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.errors import SuiteError, unknown_name
from suite.core.metric import Codec, Metric
from suite.core.records import Context, Samples
from suite.domains.robotics.gym import probe

LAST_SHARE = 0.25  # of the turns, for goals that must be held


def survived(there: Tensor, seen: Tensor) -> Tensor:
    """Whether every turn took place, [B] bool (the pole never fell)."""
    return there.all(dim=1)


def upright(there: Tensor, seen: Tensor) -> Tensor:
    """Whether the mean cosine of the angle is above .9 over the last quarter, [B] bool."""
    last = max(1, int(LAST_SHARE * seen.shape[1]))
    return seen[:, -last:, 0].mean(dim=1) > 0.9


def running(there: Tensor, seen: Tensor) -> Tensor:
    """Whether the mean forward speed is above 1 m/s, [B] bool."""
    speed = (seen[..., 8] * there).sum(dim=1) / there.sum(dim=1).clamp_min(1)
    return speed > 1.0


RULES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "CartPole-v1": survived,
    "Pendulum-v1": upright,
    "HalfCheetah-v5": running,
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How an episode lies in a row of numbers."""

    observation: int
    event: int

    @classmethod
    def of(cls, id: str, chunk: int) -> "Layout":
        """That of an environment's episodes."""
        _, sizes = probe(id)
        event = chunk * sizes["actions"] if sizes["continuous"] else 1
        return cls(observation=sizes["observation"], event=event)

    def split(self, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(there [B, S] bool, observations [B, S, O], actions [B, S, E])."""
        turns = values.view(len(values), -1, 1 + self.observation + self.event)
        there = turns[..., 0] > 0
        return there, turns[..., 1 : 1 + self.observation], turns[..., 1 + self.observation :]


class Success(Metric):
    """Share of episodes that reach the environment's goal, and their mean length in turns."""

    unit = "share"

    def __init__(self, *, id: str, chunk: int = 1) -> None:
        if id not in RULES:
            raise unknown_name(
                "rule of success for", id, RULES, next_step="Leave the metric out of the task."
            )
        self.rule, self.layout = RULES[id], Layout.of(id, chunk)

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        there, seen, _ = self.layout.split(samples.tensor)
        return {
            "": float(self.rule(there, seen).float().mean()),
            "turns": float(there.sum(dim=1).float().mean()),
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Episode:
    """One episode: observations [S, O] and actions [S, E]."""

    observations: Tensor
    actions: Tensor


class EpisodeCodec(Codec):
    """Episodes as values, and as one line for people."""

    def __init__(self, *, id: str, chunk: int = 1) -> None:
        self.layout = Layout.of(id, chunk)

    def encode(self, natives: tuple[object, ...]) -> Samples:
        rows = [self._turns(native) for native in natives]
        longest = max((len(row) for row in rows), default=0)
        padded = [torch.nn.functional.pad(row, (0, 0, 0, longest - len(row))) for row in rows]
        return Samples(values=torch.stack(padded).flatten(1))

    def _turns(self, native: object) -> Tensor:
        if not isinstance(native, Episode):
            raise SuiteError(
                f"{native!r} is not an episode.\nGive an Episode with observations and actions."
            )
        flag = torch.ones(len(native.observations), 1)
        return torch.cat([flag, native.observations, native.actions], dim=1)

    def decode(self, samples: Samples) -> tuple[object, ...]:
        there, seen, actions = self.layout.split(samples.tensor)
        return tuple(
            Episode(observations=s[:n], actions=a[:n])
            for s, a, n in zip(seen, actions, there.sum(dim=1).tolist(), strict=True)
        )

    def text(self, native: object) -> str:
        assert isinstance(native, Episode)
        if len(native.observations) == 0:
            return "0 turns"
        last = " ".join(f"{x:.2f}" for x in native.observations[-1].tolist())
        return f"{len(native.observations)} turns, last seen: {last}"
