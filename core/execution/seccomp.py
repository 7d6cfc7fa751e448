"""A seccomp filter that names what is allowed; everything else fails with EPERM.

An allow-list, so that a call which a later kernel adds is refused without a new release. Failing
instead of killing turns a refused call into an OSError that the program's author can read.

Sources: seccomp(2), linux/filter.h, linux/seccomp.h. Standard library only.
"""

import ctypes
import errno
import platform
import struct

from suite.core.execution.syscall_numbers import CHECKED, CORE, RUNTIME
from suite.core.execution.syscalls import prctl

MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH_*

LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06
NUMBER, ARCH, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000

CLONE_THREAD = 0x00010000
# NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; PTRACE, UNTRACED, PARENT: never.
CLONE_FORBIDDEN = 0x00020000 | 0x02000000 | 0x7C000000 | 0x00002000 | 0x00800000 | 0x00008000
# Duplicating, flags of the descriptor and its locks; not F_SETOWN, F_SETSIG, F_NOTIFY or leases,
# which make the kernel signal another process.
FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1031, 1032, 36, 37, 38)
PRCTL = (15, 16, 0x53564D41, 39, 23)  # names, names of mappings, reading no_new_privs and bounds
# Is it a terminal, its size, bytes waiting, blocking, close on exec; not FIOSETOWN, which makes the
# kernel signal another process as F_SETOWN does.
IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
AF_UNIX = 1
BEYOND_LANDLOCK = frozenset({"chmod", "fchmodat", "utimensat"})

Instruction = tuple[int, int, int, int]


def build(*, runtime: bool, alone: bool) -> bytes:
    """The filter as an array of struct sock_filter.

    Args:
        runtime: also what other languages' programs need: exec and processes of their own.
        alone: the program sees no file but its own. Else calls by which Landlock lets it change
            modes and times of its user's other files are refused too.

    Raises:
        OSError: this machine's numbers are not known.
    """
    if platform.machine() not in MACHINES:
        raise OSError(errno.ENOSYS, f"no seccomp table for {platform.machine()}")
    column, arch = MACHINES[platform.machine()]
    program: list[Instruction] = [
        (LOAD, 0, 0, ARCH),
        (EQUAL, 1, 0, arch),
        (RETURN, 0, 0, KILL),  # another ABI has other numbers
        (LOAD, 0, 0, NUMBER),
    ]
    table = CORE | RUNTIME if runtime else CORE
    for name, numbers in table.items():
        if numbers[column] >= 0 and (alone or name not in BEYOND_LANDLOCK):
            program += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, ALLOW)]
    for name, checks in _checks(runtime).items():
        if CHECKED[name][column] >= 0:
            program += [(EQUAL, 0, len(checks), CHECKED[name][column]), *checks]
    program.append((RETURN, 0, 0, FAIL | errno.EPERM))
    return b"".join(struct.pack("<HBBI", *one) for one in program)


def install(compiled: bytes) -> None:
    """Put this thread and all that it starts under the filter; there is no way back.

    Raises:
        OSError: the kernel refuses.
    """
    buffer = ctypes.create_string_buffer(compiled, len(compiled))
    header = struct.pack("<HxxxxxxQ", len(compiled) // 8, ctypes.addressof(buffer))
    prctl("install the seccomp filter", 22, 2, ctypes.create_string_buffer(header, len(header)))


def _checks(runtime: bool) -> dict[str, list[Instruction]]:
    """After the number matched: a block that always returns."""
    return {
        "fcntl": _one_of(1, FCNTL),
        "ioctl": _one_of(1, IOCTL),
        "prctl": _one_of(0, PRCTL),
        "prlimit64": _one_of(0, (0,)),  # its own limits only: pid 0
        "socketpair": _one_of(0, (AF_UNIX,)),
        "sendto": _no_address(),
        "clone": _clone(runtime),
        # glibc falls back to clone, whose flags a filter can read; clone3's lie behind a pointer.
        "clone3": [(RETURN, 0, 0, FAIL | errno.ENOSYS)],
    }


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    """Allow if the low half of an argument (the kernel reads an int) is one of the values."""
    block: list[Instruction] = [(LOAD, 0, 0, ARGUMENTS + 8 * argument)]
    for value in values:
        block += [(EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW)]
    return [*block, (RETURN, 0, 0, FAIL | errno.EPERM)]


def _no_address() -> list[Instruction]:
    """sendto as send: both halves of its fifth argument are zero."""
    low = ARGUMENTS + 8 * 4
    return [
        (LOAD, 0, 0, low),
        (EQUAL, 0, 3, 0),
        (LOAD, 0, 0, low + 4),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, FAIL | errno.EPERM),
    ]


def _clone(runtime: bool) -> list[Instruction]:
    """Threads; with ``runtime`` processes too; new namespaces never."""
    block: list[Instruction] = [
        (LOAD, 0, 0, ARGUMENTS),
        (ANY_BIT, 0, 1, CLONE_FORBIDDEN),
        (RETURN, 0, 0, FAIL | errno.EPERM),
    ]
    if not runtime:
        block += [(ANY_BIT, 1, 0, CLONE_THREAD), (RETURN, 0, 0, FAIL | errno.EPERM)]
    return [*block, (RETURN, 0, 0, ALLOW)]
