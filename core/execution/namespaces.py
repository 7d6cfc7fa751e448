"""Namespaces of the launcher at L2: made once, and one more pid namespace a program.

Making a network or mount namespace costs milliseconds, and their contents cannot be changed by a
program without capabilities, so the programs of one launcher share them: an empty network, no
/proc, a root with the interpreter's folders alone (read-only) and one small tmpfs to write in.
The pid namespace is new for every program, so that its end is the end of all that it started.

Sources: user_namespaces(7), pid_namespaces(7), mount_namespaces(7), pivot_root(2).
Standard library only.
"""

import ctypes
import os
from collections.abc import Callable, Iterable

from suite.core.execution.syscalls import checked, detach, mount, setns, syscall, unshare

NEWNS, NEWUTS, NEWIPC, NEWUSER = 0x00020000, 0x04000000, 0x08000000, 0x10000000
NEWPID, NEWNET = 0x20000000, 0x40000000
EXTRA = (("network", NEWNET), ("ipc", NEWIPC), ("uts", NEWUTS))

RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
INSIDE = 1000  # the uid and gid of a program, as it sees them
OUTSIDE = 65534  # what they are to the machine, where root can choose
PIDFD_OPEN = 434
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def enter(ask_for_map: Callable[[], bool]) -> tuple[str, ...]:
    """Leave the machine's namespaces; the next fork is the first process of a new pid namespace.

    Args:
        ask_for_map: asks the verifier to map a second uid; False where it may not or need not.

    Returns:
        The names of the namespaces entered. User, pid and mount always; the others where they
        work.

    Raises:
        OSError: this machine does not allow them.
    """
    uid, gid = os.geteuid(), os.getegid()
    unshare(NEWUSER | NEWPID | NEWNS)
    if not ask_for_map():
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{INSIDE} {uid} 1")
        _write("/proc/self/gid_map", f"{INSIDE} {gid} 1")
    entered = ["user", "pid", "mount"]
    for name, flag in EXTRA:
        try:
            unshare(flag)
        except OSError:
            continue
        entered.append(name)
    return tuple(entered)


def map_from_outside(pid: int) -> None:
    """Root's map for a process that left the user namespace: itself, and a program's own uid.

    Raises:
        OSError: refused.
    """
    text = f"0 0 1\n{INSIDE} {OUTSIDE} 1\n"
    for name in ("gid_map", "uid_map"):
        _write(f"/proc/{pid}/{name}", text)


def new_root(
    base: str, read: Iterable[str], hide: Iterable[str], work: str, work_bytes: int
) -> int | None:
    """Change to a root that holds ``read`` (read-only), empty ``hide`` and an empty ``work``.

    Args:
        base: an empty folder to build it on.
        read: paths to show, at their own places.
        hide: folders among them that are to be empty.
        work: the one place to write in.
        work_bytes: what it holds at most.

    Returns:
        A descriptor of /proc as this pid namespace sees it, or the one it was born in where the
        machine forbids a new one, mounted nowhere; None without either.

    Raises:
        OSError: a mount is refused.
    """
    mount("none", "/", None, REC | PRIVATE)
    mount("tmpfs", base, "tmpfs", NOSUID | NODEV, "size=1m,mode=755")
    processes = _process_folder(f"{base}/proc")
    for path in outermost(read):
        _bind(base, path, NOSUID | NODEV)
    for path in DEVICES:
        _bind(base, path, NOSUID)
    for path in hide:
        if os.path.isdir(base + path):
            mount("tmpfs", base + path, "tmpfs", RDONLY | NOSUID | NODEV, "size=4k")
    os.makedirs(base + work)
    limits = f"size={work_bytes},nr_inodes=4096,mode=700"
    mount("tmpfs", base + work, "tmpfs", NOSUID | NODEV, limits)
    os.chdir(base)
    syscall("pivot_root", PIVOT_ROOT[os.uname().machine], _text("."), _text("."))
    detach(".")
    os.chdir("/")
    mount("none", "/", None, REMOUNT | BIND | RDONLY | NOSUID | NODEV)
    return processes


def _process_folder(target: str) -> int | None:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    os.mkdir(target)
    try:
        mount("proc", target, "proc", NOSUID | NODEV | NOEXEC)
    except OSError:
        return os.open("/proc", flags) if os.path.isdir("/proc/self") else None
    descriptor = os.open(target, flags)
    detach(target)
    return descriptor


def _bind(base: str, path: str, flags: int) -> None:
    """The same path in the new root, read-only; links of the root (/lib) stay links."""
    target = base + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), target)
        return
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_CLOEXEC, 0o600))
    mount(path, target, None, BIND | REC)
    # Flags that came with the mount are locked in a user namespace and must be repeated.
    locked = os.statvfs(target).f_flag & (NOSUID | NODEV | NOEXEC | 0x1C00)
    keep = (NOEXEC & locked) | (_atime(locked))
    mount("none", target, None, REMOUNT | BIND | RDONLY | flags | keep)


def _atime(flags: int) -> int:
    """ST_NOATIME, ST_NODIRATIME, ST_RELATIME as the MS_ flags of mount(2)."""
    return (flags & 0x400) | (flags & 0x800) | (0x200000 if flags & 0x1000 else 0)


def outermost(paths: Iterable[str]) -> list[str]:
    """Paths without those that lie below another."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        inside = any(path.startswith(one.rstrip("/") + "/") for one in kept)
        if not inside and os.path.lexists(path):
            kept.append(path)
    return kept


def pid_namespace() -> int:
    """A descriptor that brings children back into this process's own pid namespace.

    Raises:
        OSError: the kernel is older than 5.8.
    """
    return syscall("pidfd_open", PIDFD_OPEN, os.getpid(), 0)


def fork_into_new_pid_namespace(own: int) -> int:
    """fork(2), the child being process 1 of a new pid namespace.

    Args:
        own: what ``pid_namespace`` returned.

    Raises:
        OSError: no more namespaces or processes.
    """
    unshare(NEWPID)
    try:
        pid = os.fork()
    except OSError:
        setns(own, NEWPID)
        raise
    if pid != 0:
        setns(own, NEWPID)
    return pid


def become(uid: int) -> None:
    """Take a program's uid and gid for good.

    Raises:
        OSError: refused.
    """
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _text(value: str) -> object:
    return ctypes.c_char_p(value.encode())


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        checked(os.write(descriptor, text.encode()), path)
    finally:
        os.close(descriptor)
