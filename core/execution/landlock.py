"""Landlock: which folders a program may read, which one it may write, and nothing else.

Sources: landlock(7), linux/landlock.h. Rights that the running kernel does not know are left out,
and ``MINIMUM`` is the oldest version that is trusted (2: renames cannot cross folders).
UDP and raw sockets are not Landlock's to refuse: seccomp does that. Standard library only.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable

from suite.core.execution.syscalls import syscall

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same numbers on every machine
MINIMUM = 2

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
REFER, TRUNCATE = 1 << 13, 1 << 14
READ = READ_FILE | READ_DIR
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # what a rule on a file may name


def version() -> int:
    """The kernel's Landlock version.

    Raises:
        OSError: it has none, or it is switched off.
    """
    return syscall("landlock", CREATE, None, 0, 1)


def ruleset(*, read: Iterable[str], write: Iterable[str], execute: bool) -> int:
    """A descriptor of rules: files below ``read`` and ``write``; paths that do not exist are left.

    Args:
        read: folders and files to read.
        write: folders and files to change.
        execute: files below ``read`` may be executed.

    Raises:
        OSError: the kernel has no Landlock, or too old a one.
    """
    known = version()
    if known < MINIMUM:
        raise OSError(errno.ENOSYS, f"Landlock {known}, and {MINIMUM} is the oldest that will do")
    handled = (1 << (14 if known == MINIMUM else 15)) - 1
    files = handled | (1 << 15 if known >= 5 else 0)  # ioctl on devices
    network = 0b11 if known >= 4 else 0  # bind and connect of TCP
    scope = 0b11 if known >= 6 else 0  # abstract sockets and signals stay inside
    attributes = struct.pack("<QQQ", files, network, scope)[: 8 * (1 + (known >= 4) + (known >= 6))]
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    rules = syscall("landlock_create_ruleset", CREATE, buffer, len(attributes), 0)
    readable = READ | (EXECUTE if execute else 0)
    writable = (WRITE | REFER | TRUNCATE) & handled
    for rights, paths in ((readable, read), (writable, write)):
        for path in paths:
            _allow(rules, path, rights)
    return rules


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return  # what is not there cannot be read
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        rule = struct.pack("<Qi", rights, descriptor)
        buffer = ctypes.create_string_buffer(rule, len(rule))
        syscall(f"landlock_add_rule {path}", ADD_RULE, rules, 1, buffer, 0)
    finally:
        os.close(descriptor)


def restrict(rules: int) -> None:
    """Put this thread and all that it starts under the rules; there is no way back.

    Raises:
        OSError: refused; no_new_privs must be set.
    """
    syscall("landlock_restrict_self", RESTRICT, rules, 0)
