"""What a forked program goes through before it sees any source: each step works or it ends here.

Standard library only: it runs in the isolated interpreter.
"""

import fcntl
import os
from dataclasses import dataclass
from typing import Any

from suite.core.execution import landlock, namespaces, rlimits, seccomp, syscalls

STDIN, STDOUT, STDERR, CHANNEL = 0, 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Made once a launcher, applied in every program.

    Attributes:
        level: of the ladder; work: the private folder.
        rules: descriptors of Landlock rules; filters: compiled; by whether it is another language.
        uid: to become, None to stay.
    """

    level: int
    work: str
    rules: dict[bool, int]
    filters: dict[bool, bytes]
    uid: int | None


def prepare(*, level: int, work: str, read: list[str], run: list[str], uid: int | None) -> Guard:
    """Compile the filters of a level.

    Args:
        level: of the ladder.
        work: the private folder.
        read: what Python may read.
        run: what other languages may read and execute.
        uid: to become, None to stay.

    Raises:
        OSError: the level does not work here.
    """
    rules: dict[bool, int] = {}
    filters: dict[bool, bytes] = {}
    if level >= 1:
        devices = list(namespaces.DEVICES)
        for runtime, paths in ((False, read), (True, run)):
            rules[runtime] = landlock.ruleset(
                read=[*paths, *devices], write=[work, "/dev/null"], execute=runtime
            )
            filters[runtime] = seccomp.build(runtime=runtime, alone=level >= 2)
    return Guard(level=level, work=work, rules=rules, filters=filters, uid=uid)


def apply(guard: Guard, limits: dict[str, Any], *, runtime: bool) -> None:
    """Limits, folder, rights: in the forked child, before any source arrives.

    Args:
        guard: of this launcher.
        limits: the fields of ``Limits``.
        runtime: it becomes another language's program.

    Raises:
        OSError, ValueError: one step failed; the caller reports it and ends the process.
    """
    os.chdir(guard.work)
    os.umask(0o077)
    rlimits.apply(
        cpu_seconds=limits["cpu_seconds"],
        memory_mb=None if runtime else limits["memory_mb"],
        file_bytes=limits["file_bytes"],
        open_files=limits["open_files"],
        # Outside a user namespace the count would include everything else of this user.
        processes=limits["processes"] if guard.level >= 2 else None,
    )
    if guard.uid is not None:
        namespaces.become(guard.uid)
    if guard.level >= 1:
        syscalls.drop_capabilities()
        syscalls.no_new_privileges()
        syscalls.prctl("set dumpable", syscalls.PR_SET_DUMPABLE, 0)
        landlock.restrict(guard.rules[runtime])
    os.closerange(CHANNEL + 1, 1 << 16)
    if guard.level >= 1:
        seccomp.install(guard.filters[runtime])


def place(descriptors: list[int]) -> None:
    """Channel, stdin and stdout to their numbers, nothing on stderr.

    Raises:
        OSError: no descriptor is left.
    """
    nothing = os.open("/dev/null", os.O_WRONLY)
    # Above what is overwritten next, or one of them could be lost.
    channel, stdin, stdout, nothing = (_high(one) for one in (*descriptors, nothing))
    os.dup2(stdin, STDIN)
    os.dup2(stdout, STDOUT)
    os.dup2(nothing, STDERR)
    os.dup2(channel, CHANNEL, inheritable=False)


def _high(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
