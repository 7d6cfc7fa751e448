"""What the processes below the launcher use, read from /proc. Standard library only."""

import os
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Sums over processes: CPU seconds (ended children included), threads, resident bytes."""

    cpu_seconds: float
    threads: int
    resident: int


def usage_of(folder: int, pids: list[int]) -> Usage:
    """What some processes use; those that are gone count nothing.

    Args:
        folder: a descriptor of /proc.
        pids: by its numbers.
    """
    rows = [row for row in (_stat(folder, pid) for pid in pids) if row is not None]
    return Usage(
        cpu_seconds=sum(sum(row[11:15]) for row in rows) / TICKS,
        threads=sum(row[17] for row in rows),
        resident=sum(row[21] for row in rows) * PAGE,
    )


def descendants(folder: int, root: int) -> list[int]:
    """Every living process below ``root``, zombies included."""
    parents = {}
    for name in os.listdir(folder):
        if name.isdigit() and (row := _stat(folder, int(name))) is not None:
            parents[int(name)] = row[1]
    found, wave = [], [root]
    while wave:
        wave = [pid for pid, parent in parents.items() if parent in wave]
        found += wave
    return found


def _stat(folder: int, pid: int) -> list[int] | None:
    """Fields of /proc/PID/stat from the third on (the state as 0); None if it is gone."""
    try:
        descriptor = os.open(f"{pid}/stat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    # The name in brackets may hold anything, also brackets.
    fields = text.rpartition(b")")[2].split()
    return [0, *map(int, fields[1:22])]
