"""Gymnasium environments as one Environment: N single episodes side by side.

Terminated and truncated stay apart, the observation after the last step is the true final one (no
automatic reset hides it), and an environment that raises drops its row instead of scoring it.

Shapes: K rows, O observation size, H actions a chunk, A action size.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from suite.core.environment import Environment, Transition
from suite.core.errors import DISTRIBUTION, SuiteError, unknown_name
from suite.domains.robotics.video import check_drawn

VIDEOS = ("off", "auto", "required")
MEND_VIDEO = "Correct environment.video."
LIST_ALL = 'Run `python -c "import gymnasium; gymnasium.pprint_registry()"` for those there are.'
Answer = tuple[Any, float, bool, bool, bool]


class GymEnvironment(Environment):
    """One copy of a Gymnasium environment a row; observations are flat float vectors.

    An action [H, A] for a Box of size A (or [A]) is a chunk: its H actions are executed in turn
    until the episode ends, and their rewards are added.

    Attributes:
        id: as registered with Gymnasium; max_steps: actions after which an episode is cut.
        video: of the policy before and after: "off", "auto" (where it can be drawn), "required"
            (refuse to start where it cannot).
    """

    def __init__(self, *, id: str, max_steps: int, video: str = "off") -> None:
        self.id, self.max_steps, self.video = id, max_steps, video
        if video not in VIDEOS:
            raise unknown_name("way to make videos", video, VIDEOS, next_step=MEND_VIDEO)
        if video == "required":
            check_drawn(id)
        self._episodes: list[Any] = []
        self._space, self._sizes = probe(id)

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def reset(self, seeds: Sequence[int]) -> Tensor:
        while len(self._episodes) < len(seeds):
            self._episodes.append(None)
        first = [self._begin(row, seed) for row, seed in enumerate(seeds)]
        return torch.as_tensor(np.stack(first), dtype=torch.float32)

    def _begin(self, row: int, seed: int) -> Any:
        if self._episodes[row] is None:
            self._episodes[row] = gymnasium.make(self.id, max_episode_steps=self.max_steps)
        try:
            return np.ravel(self._episodes[row].reset(seed=seed)[0])
        except Exception as error:
            raise SuiteError(
                f"the environment '{self.id}' cannot be reset: {type(error).__name__}: {error}.\n"
                "Mend the environment; without a first observation there is no episode."
            ) from error

    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        answers = [
            self._chunk(int(row), action.numpy())
            for row, action in zip(rows, actions.cpu(), strict=True)
        ]
        seen, reward, terminated, truncated, failed = zip(*answers, strict=True)
        return Transition(
            observation=torch.as_tensor(np.stack(seen), dtype=torch.float32),
            reward=torch.tensor(reward, dtype=torch.float32),
            terminated=torch.tensor(terminated),
            truncated=torch.tensor(truncated),
            failed=torch.tensor(failed),
        )

    def _chunk(self, row: int, action: Any) -> Answer:
        """Execute the actions of a chunk until the episode ends."""
        if isinstance(self._space, spaces.Discrete):
            return self._one(row, int(action) + int(self._space.start))
        total = 0.0
        for part in np.atleast_2d(action):
            answer = self._one(row, to_space(self._space, part))
            total += answer[1]
            if answer[2] or answer[3] or answer[4]:
                break
        return answer[0], total, *answer[2:]

    def _one(self, row: int, action: Any) -> Answer:
        try:
            seen, reward, terminated, truncated, _ = self._episodes[row].step(action)
        except Exception as error:  # noqa: BLE001 - whatever a third party's simulator raises costs this row alone
            self.last_failure = (
                f"the environment '{self.id}' raised {type(error).__name__}: {error}"
            )
            self._episodes[row] = None  # it may be broken: the next episode gets a new one
            blank = np.zeros(self._sizes["observation"], dtype=np.float32)
            return blank, 0.0, False, False, True
        return np.ravel(seen), float(reward), bool(terminated), bool(truncated), False


def to_space(space: spaces.Box, share: Any) -> Any:
    """An action of the space from its share, -1 (low) to 1 (high), [A]; clipped, as it was drawn.

    A side without a bound takes the number as it is.
    """
    bounded = np.isfinite(space.low) & np.isfinite(space.high)
    low, high = np.where(bounded, space.low, -1.0), np.where(bounded, space.high, 1.0)
    inside = np.where(bounded, np.clip(share, -1.0, 1.0), share)
    action = low + (inside + 1.0) / 2.0 * (high - low)
    return np.clip(action, space.low, space.high).astype(space.dtype).reshape(space.shape)


def from_space(space: spaces.Box, action: Any) -> Any:
    """The inverse of ``to_space``, [..., A]."""
    bounded = np.isfinite(space.low) & np.isfinite(space.high)
    low, high = np.where(bounded, space.low, -1.0), np.where(bounded, space.high, 1.0)
    return (action - low) / (high - low) * 2.0 - 1.0


def probe(id: str) -> tuple[Any, dict[str, int]]:
    """The action space of an environment, and what it asks of a policy.

    Raises:
        SuiteError: there is no such environment, it cannot be made, or no policy serves it.
    """
    try:
        sample = gymnasium.make(id)
    except gymnasium.error.UnregisteredEnv as error:
        close = difflib.get_close_matches(id, gymnasium.registry, n=1, cutoff=0.5)
        hint = f"Did you mean '{close[0]}'?" if close else str(error)
        raise SuiteError(f"no Gymnasium environment '{id}'. {hint}\n{LIST_ALL}") from error
    except gymnasium.error.DependencyNotInstalled as error:
        raise SuiteError(
            f"the environment '{id}' needs a package that is not installed: {error}\n"
            f"Run `pip install '{DISTRIBUTION}[robotics]'`."
        ) from error
    except Exception as error:
        raise SuiteError(
            f"no Gymnasium environment '{id}' can be made: {type(error).__name__}: {error}.\n"
            f"Install what it needs, or name another one. {LIST_ALL}"
        ) from error
    seen, acted = sample.observation_space, sample.action_space
    if not isinstance(seen, spaces.Box) or not isinstance(acted, spaces.Box | spaces.Discrete):
        raise SuiteError(
            f"the environment '{id}' has observations {seen} and actions {acted}, which no policy "
            "here can serve.\nNeeded are Box observations, and Discrete or Box actions; wrap the "
            "environment (gymnasium.wrappers.FlattenObservation) and register it under an own id."
        )
    size = int(np.prod(seen.shape))
    if isinstance(acted, spaces.Discrete):
        return acted, {"observation": size, "actions": int(acted.n), "continuous": 0}
    return acted, {"observation": size, "actions": int(np.prod(acted.shape)), "continuous": 1}
