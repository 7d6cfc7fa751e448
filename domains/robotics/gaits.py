"""A gait as open-loop sines, one a joint, and how one is found.

The search knows the return of whole episodes alone: the cross-entropy method draws gaits about the
best tenth of the last draw. ``python -m suite.domains.robotics.gaits`` prints what it finds in
about half a minute; HALF_CHEETAH is that, rounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

NUM_STEPS = 100  # of an episode of the search
STARTS = 3  # episodes whose mean return a gait is judged by


@dataclass(frozen=True, kw_only=True)
class Gait:
    """Action of joint j at step t: offset_j + swing_j sin(rate t + phase_j), cut to +-1.

    ``rate`` in radians a step; ``swing``, ``phase`` (radians) and ``offset`` one number a joint.
    """

    rate: float
    swing: tuple[float, ...]
    phase: tuple[float, ...]
    offset: tuple[float, ...]

    def action(self, step: int) -> Any:
        """The joints' actions at a step, [A] float32."""
        wave = np.asarray(self.swing) * np.sin(self.rate * step + np.asarray(self.phase))
        return np.clip(np.asarray(self.offset) + wave, -1.0, 1.0).astype(np.float32)

    @classmethod
    def of(cls, numbers: Sequence[float], joints: int) -> "Gait":
        """From 1 + 3 A numbers: log rate, swings, phases, offsets."""
        swing, phase, offset = np.asarray(numbers[1:]).reshape(3, joints).tolist()
        return cls(
            rate=float(np.exp(numbers[0])),
            swing=tuple(swing),
            phase=tuple(phase),
            offset=tuple(offset),
        )


def episode_return(environment: Any, gait: Gait, seed: int) -> float:
    """Sum of rewards of one episode."""
    environment.reset(seed=seed)
    return float(sum(environment.step(gait.action(t))[1] for t in range(NUM_STEPS)))


def search(id: str, *, rounds: int, draws: int, seed: int) -> Gait:
    """The mean gait after ``rounds`` of the cross-entropy method with ``draws`` gaits each."""
    environment = gymnasium.make(id, max_episode_steps=NUM_STEPS + 1)
    joints = int(np.prod(environment.action_space.shape or ()))
    chance = np.random.default_rng(seed)
    mean = np.concatenate([[np.log(0.5)], np.full(joints, 0.6), np.zeros(2 * joints)])
    width = np.repeat([0.4, 0.4, 1.5, 0.2], [1, joints, joints, joints])
    for number in range(rounds):
        found = mean + width * chance.normal(size=(draws, len(mean)))
        seeds = range(STARTS * number, STARTS * (number + 1))
        scores = [
            np.mean([episode_return(environment, Gait.of(row, joints), s) for s in seeds])
            for row in found
        ]
        best = found[np.argsort(scores)[-max(2, draws // 7) :]]
        mean = 0.3 * mean + 0.7 * best.mean(axis=0)
        width = np.maximum(0.3 * width + 0.7 * best.std(axis=0), 0.02)
    return Gait.of(mean.tolist(), joints)


if __name__ == "__main__":
    print(search("HalfCheetah-v5", rounds=30, draws=48, seed=0))  # noqa: T201
