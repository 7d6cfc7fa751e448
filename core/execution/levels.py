"""The isolation ladder, probed by doing: a level works if what it forbids fails when tried."""

import functools
import sys
from enum import IntEnum

from suite.core.errors import SuiteError


class Level(IntEnum):
    """Each holds all that is below it.

    L0: resource limits and a wall clock, on any system; it cannot protect a verdict.
    L1: Landlock, seccomp, no_new_privs and no capabilities.
    L2: a user namespace and a pid namespace a program; network, ipc and mount namespaces.
    L3: the same inside bubblewrap.
    """

    L0 = 0
    L1 = 1
    L2 = 2
    L3 = 3


def why_not(level: Level) -> str | None:
    """None if the level works on this machine, else the reason; found once a process."""
    return _probe(level)


@functools.cache
def _probe(level: Level) -> str | None:
    if level > Level.L0 and sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    from suite.core.execution.probe import probe

    return probe(level)


def best_level() -> Level:
    """The highest level that works here."""
    return max(level for level in Level if level is Level.L0 or why_not(level) is None)


def require_level(level: Level) -> Level:
    """The level itself.

    Raises:
        SuiteError: it does not work here; with the reason.
    """
    reason = why_not(Level(level))
    if reason is not None:
        raise SuiteError(
            f"isolation level L{int(level)} was asked for, and does not work here: {reason}.\n"
            f"The highest that works is L{int(best_level())}; `suite doctor` lists all."
        )
    return Level(level)


def ladder() -> list[tuple[str, str]]:
    """(level, finding) of every level, for ``suite doctor``."""
    rows = []
    for level in Level:
        reason = why_not(level)
        note = "works" if reason is None else f"does not work: {reason}"
        rows.append((f"isolation {level.name}", note))
    return rows


def isolation_record() -> dict[str, str]:
    """What a run records: the best level, and why each of the others is not there."""
    return {"best": best_level().name} | dict(ladder())
