"""Seconds that environments alone cost: single ones side by side against gymnasium.vector.

Finished episodes are not reset (AutoresetMode.DISABLED), as in a rollout. CartPole has a class
of its own that steps all rows at once; it is left out, as it draws all starts from one seed, where
a rollout gives each row its own, and resets ended rows by itself.
"""

import json
import statistics
import time
from collections.abc import Callable

import gymnasium
from gymnasium.vector import AutoresetMode, SyncVectorEnv

ROWS, STEPS, REPEATS = 32, 50, 5
IDS = ("CartPole-v1", "Pendulum-v1", "HalfCheetah-v5")


def singles(id: str) -> Callable[[], None]:
    """One copy a row, stepped one after the other; a row that has ended is started again."""
    rows = [gymnasium.make(id) for _ in range(ROWS)]

    def run() -> None:
        for seed, row in enumerate(rows):
            row.reset(seed=seed)
        action = rows[0].action_space.sample()
        for _ in range(STEPS):
            for row in rows:
                if row.step(action)[2]:
                    row.reset()

    return run


def vector(environment: SyncVectorEnv) -> Callable[[], None]:
    """The same by one vector environment."""

    def run() -> None:
        environment.reset(seed=list(range(ROWS)))
        actions = environment.action_space.sample()
        for _ in range(STEPS):
            ended = environment.step(actions)[2]
            if ended.any():
                environment.reset(options={"reset_mask": ended})

    return run


def seconds(run: Callable[[], None]) -> float:
    """Median of REPEATS after a warm-up."""
    run()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return round(statistics.median(times), 4)


def main() -> None:
    """One line of JSON an environment."""
    for id in IDS:
        rows = [lambda id=id: gymnasium.make(id) for _ in range(ROWS)]
        sync = SyncVectorEnv(rows, autoreset_mode=AutoresetMode.DISABLED)
        found = {"singles": seconds(singles(id)), "vector": seconds(vector(sync))}
        print(json.dumps({"environment": id, "rows": ROWS, "steps": STEPS, "seconds": found}))


if __name__ == "__main__":
    main()
