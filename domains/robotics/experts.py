"""Scripted experts, made imperfect on purpose: a base that clones them leaves room to learn.

An expert answers an observation [O] and the number of the step with a native action. ``slip`` is
the share of steps at which it acts at random instead.
"""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np

from suite.core.errors import unknown_name
from suite.domains.robotics.gaits import Gait

Expert = Callable[[Any, int], Any]


def balance(seen: Any, step: int) -> int:
    """Push a cart to where its pole leans and turns."""
    x, speed, angle, turn = seen
    return int(angle + 0.5 * turn + 0.01 * x + 0.02 * speed > 0)


def swing_up(seen: Any, step: int) -> Any:
    """Pump energy into a pendulum until it can just reach the top, then hold it (torque in N m).

    The energy is that of Gymnasium's pendulum (mass 1 kg, length 1 m, g 10 m/s^2): turn^2 / 6 +
    5 cos, in J, which is 5 J at rest at the top.
    """
    cos, sin, turn = seen
    if cos > 0.9 and abs(turn) < 4.0:
        return np.array([-12.0 * np.arctan2(sin, cos) - 3.0 * turn], dtype=np.float32)
    missing = 5.0 - (turn**2 / 6.0 + 5.0 * cos)
    push = 2.0 * missing * (turn if abs(turn) > 0.1 else 1.0)
    return np.array([push], dtype=np.float32)


# What ``python -m suite.domains.robotics.gaits`` found, rounded: some 2 m/s, but for starts from
# which it stumbles.
HALF_CHEETAH = Gait(
    rate=1.26,
    swing=(0.73, 0.19, 0.30, 0.49, 0.88, 0.35),
    phase=(-0.16, 0.07, -1.76, 0.49, -0.38, 0.22),
    offset=(-0.11, -0.19, -0.24, -0.12, 0.12, -0.12),
)


def gallop(seen: Any, step: int) -> Any:
    """Move a cheetah's joints as sines of the step, blind to what happens."""
    return HALF_CHEETAH.action(step)


EXPERTS: dict[str, Expert] = {
    "CartPole-v1": balance,
    "Pendulum-v1": swing_up,
    "HalfCheetah-v5": gallop,
}


def play(id: str, *, episodes: int, steps: int, slip: float, seed: int) -> list[tuple[Any, Any]]:
    """Observations [n, O] and native actions [n, ...] of each episode that the expert plays.

    Raises:
        SuiteError: there is no expert for the environment.
    """
    if id not in EXPERTS:
        raise unknown_name(
            "scripted expert for", id, EXPERTS, next_step="Name a file of demonstrations: --data."
        )
    environment = gymnasium.make(id, max_episode_steps=steps)
    chance = np.random.default_rng(seed)
    environment.action_space.seed(seed)
    return [_episode(environment, EXPERTS[id], chance, slip, seed + i) for i in range(episodes)]


def _episode(environment: Any, expert: Expert, chance: Any, slip: float, seed: int) -> Any:
    seen, _ = environment.reset(seed=seed)
    observations: list[Any] = []
    actions: list[Any] = []
    ended = False
    while not ended:
        slipped = chance.random() < slip
        action = environment.action_space.sample() if slipped else expert(seen, len(actions))
        observations.append(np.ravel(seen))
        actions.append(np.clip(action, *_bounds(environment)) if np.ndim(action) else action)
        seen, _, terminated, truncated, _ = environment.step(actions[-1])
        ended = terminated or truncated
    return np.stack(observations), np.stack(actions)


def _bounds(environment: Any) -> tuple[Any, Any]:
    return environment.action_space.low, environment.action_space.high
