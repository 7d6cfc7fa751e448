"""Gymnasium environments as one Environment: N single episodes side by side.

Terminated and truncated stay apart, the observation after the last step is the true final one, and
an environment that raises drops its row instead of scoring it.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from torch import Tensor

from suite.core.environment import Environment, Transition
from suite.core.errors import SuiteError


class GymEnvironment(Environment):
    """One copy of a Gymnasium environment a row; observations are flat float vectors."""

    def __init__(self, *, id: str, max_steps: int) -> None:
        self.id, self.max_steps = id, max_steps
        self._episodes: list[Any] = []
        self._sizes = _probe(id)

    def reset(self, seeds: Sequence[int]) -> Tensor:
        while len(self._episodes) < len(seeds):
            self._episodes.append(gymnasium.make(self.id, max_episode_steps=self.max_steps))
        first = [e.reset(seed=seed)[0] for e, seed in zip(self._episodes, seeds, strict=False)]
        return torch.as_tensor(np.stack(first), dtype=torch.float32)

    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        answers = [
            self._one(int(row), action.numpy())
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

    def _one(self, row: int, action: Any) -> tuple[Any, float, bool, bool, bool]:
        space = self._episodes[row].action_space
        # A Gaussian action is clipped to the space; what is scored is the action that was drawn.
        played = np.clip(action, space.low, space.high) if hasattr(space, "low") else int(action)
        try:
            seen, reward, terminated, truncated, _ = self._episodes[row].step(played)
        except Exception:  # noqa: BLE001 - whatever a third party's simulator raises costs this row alone
            return np.zeros(self._sizes, dtype=np.float32), 0.0, False, False, True
        return seen, float(reward), bool(terminated), bool(truncated), False


def _probe(id: str) -> int:
    try:
        probe = gymnasium.make(id)
    except gymnasium.error.Error as error:
        raise SuiteError(
            f"no Gymnasium environment '{id}': {error}.\n"
            'Run `python -c "import gymnasium; gymnasium.pprint_registry()"` for those there are.'
        ) from error
    return int(np.prod(probe.observation_space.shape or (1,)))
