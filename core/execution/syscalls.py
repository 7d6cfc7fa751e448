"""Calls to the kernel that Python has no name for, through the C library.

Standard library only: the isolated interpreter, which has no packages, imports it.
"""

import ctypes
import os

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
CAP_AMBIENT_CLEAR_ALL = 4
LAST_CAPABILITY = 63  # the kernel refuses those that it does not know, which ends the loop
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result, or OSError with the name of the call.

    Raises:
        OSError: the call returned a negative number.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(what: str, number: int, *arguments: object) -> int:
    """A raw system call.

    Raises:
        OSError: it was refused; the text names ``what``.
    """
    numeric = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return checked(int(_libc.syscall(ctypes.c_long(number), *numeric)), what)


def prctl(what: str, option: int, *arguments: object) -> int:
    """The call of that name, its unused arguments zero.

    Raises:
        OSError: it was refused; the text names ``what``.
    """
    given = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in arguments]
    padded = given + [ctypes.c_ulong(0)] * (4 - len(given))
    return checked(int(_libc.prctl(ctypes.c_int(option), *padded)), what)


def unshare(flags: int) -> None:
    """Leave namespaces.

    Raises:
        OSError: the kernel or a policy refuses.
    """
    checked(int(_libc.unshare(ctypes.c_int(flags))), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Enter namespaces of a descriptor.

    Raises:
        OSError: refused.
    """
    checked(int(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(flags))), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount a file system.

    Raises:
        OSError: refused; the text names the target.
    """
    texts = [None if one is None else one.encode() for one in (source, target, kind, data)]
    result = _libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    checked(int(result), f"mount {target}")


def detach(target: str) -> None:
    """umount2(2) with MNT_DETACH.

    Raises:
        OSError: refused.
    """
    checked(int(_libc.umount2(target.encode(), 2)), f"umount {target}")


def drop_capabilities() -> None:
    """Give up every capability, for good: bounding, ambient, and the three working sets.

    Raises:
        OSError: refused.
    """
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl("drop a capability", PR_CAPBSET_DROP, capability)
        except OSError:
            break  # beyond the last one, or not ours to drop: no_new_privs closes that way as well
    prctl("clear ambient capabilities", PR_CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    checked(int(_libc.capset(ctypes.byref(header), ctypes.byref(none))), "capset")


def no_new_privileges() -> None:
    """Set no_new_privs, which Landlock and seccomp need and no program can take back.

    Raises:
        OSError: refused.
    """
    prctl("set no_new_privs", PR_SET_NO_NEW_PRIVS, 1)
