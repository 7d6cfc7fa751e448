"""The Environment noun: answers a decision with the next observation (Gymnasium's vocabulary).

Observations and actions are tensors that lead with rows, or tuples of texts (``TextEnvironment``).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from suite.core.records import Context


@dataclass(frozen=True, kw_only=True, eq=False)
class Transition:
    """What K environments answered; every field leads with K.

    Attributes:
        observation: what the policy sees next, a tensor or a tuple of texts; the TRUE final one
            where the episode ended.
        reward: in the environment's unit, [K].
        terminated: the episode ended by itself, [K] bool.
        truncated: the episode was cut, [K] bool.
        failed: the environment raised: the row is dropped and counted, never scored, [K] bool.
    """

    observation: Any
    reward: Tensor
    terminated: Tensor
    truncated: Tensor
    failed: Tensor


class Environment(ABC):
    """N episodes side by side; a finished one is not reset until the next ``reset``.

    Attributes:
        max_steps: decisions of the environment an episode at most.
        last_failure: what the last failed row's simulator said.
    """

    max_steps: int
    last_failure: str | None = None

    @property
    def sizes(self) -> Mapping[str, int]:
        """What it asks of a policy, by the names of ``Policy.sample_shape``; empty: anything."""
        return {}

    def begin(self, seeds: Sequence[int], context: Context) -> Any:
        """Start one episode a row of ``context``; by default it is of no matter what was asked."""
        return self.reset(seeds)

    @abstractmethod
    def reset(self, seeds: Sequence[int]) -> Any:
        """Start one episode a seed; first observations, N of them."""

    @abstractmethod
    def step(self, rows: Tensor, actions: Any) -> Transition:
        """Execute ``actions``, K of them, in episodes ``rows`` [K]."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What one episode answers to one turn.

    Attributes:
        text: what the policy reads next; reward: of this turn; ended: the episode is over.
    """

    text: str = ""
    reward: float = 0.0
    ended: bool = False


class TextEpisode(ABC):
    """One exchange of texts. Bad input of the policy is an answer, never an exception."""

    @abstractmethod
    def reply(self, text: str) -> Reply:
        """The answer to a turn."""


class TextEnvironment(Environment):
    """Episodes that exchange texts about what was asked (``context.native``).

    An exception in an episode drops its row (``failed``) and is kept as ``last_failure``; a row
    whose episode cannot even be opened fails at its first turn.
    """

    def __init__(self, *, max_steps: int) -> None:
        self.max_steps = max_steps
        self._episodes: list[TextEpisode | None] = []
        self._turns: list[int] = []

    @abstractmethod
    def open(self, asked: Any, seed: int) -> TextEpisode:
        """A fresh episode about one native row of the contexts."""

    def begin(self, seeds: Sequence[int], context: Context) -> tuple[str, ...]:
        """Open one episode a row; the prompt is in the context, so nothing is said before."""
        assert context.native is not None, "a text environment needs native rows"
        pairs = zip(context.native, seeds, strict=True)
        self._episodes = [self._opened(asked, seed) for asked, seed in pairs]
        self._turns = [0] * len(seeds)
        return ("",) * len(seeds)

    def reset(self, seeds: Sequence[int]) -> tuple[str, ...]:
        raise TypeError("an environment of texts is told what was asked: call begin")

    def step(self, rows: Tensor, actions: Sequence[str]) -> Transition:
        chosen = rows.tolist()
        replies = [self._reply(row, text) for row, text in zip(chosen, actions, strict=True)]
        ended = [one is not None and one.ended for one in replies]
        cut = [self._turns[row] >= self.max_steps for row in chosen]
        return Transition(
            observation=tuple("" if one is None else one.text for one in replies),
            reward=torch.tensor([0.0 if one is None else one.reward for one in replies]),
            terminated=torch.tensor(ended),
            truncated=torch.tensor(cut) & ~torch.tensor(ended),
            failed=torch.tensor([one is None for one in replies]),
        )

    def _opened(self, asked: Any, seed: int) -> TextEpisode | None:
        try:
            return self.open(asked, seed)
        except Exception as error:  # noqa: BLE001 - costs this row alone
            self._note(error)
            return None

    def _reply(self, row: int, text: str) -> Reply | None:
        episode = self._episodes[row]
        self._turns[row] += 1
        if episode is None:
            return None
        try:
            return episode.reply(text)
        except Exception as error:  # noqa: BLE001 - costs this row alone
            self._note(error)
            self._episodes[row] = None
            return None

    def _note(self, error: Exception) -> None:
        self.last_failure = f"{type(self).__name__} raised {type(error).__name__}: {error}"
