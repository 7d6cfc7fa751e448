"""Does a level work here? A program at that level tries what the level forbids, and all must fail.

The program runs under the very guard that judged programs get, with the verifier's own process and
files as its targets, so a filter that applies without effect is found as well as one that fails.
"""

import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.core.execution import wire
from suite.core.execution.launch import Launcher, LaunchError
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program
from suite.core.execution.session import EndedError, Session

# An attempt that raises was refused. L0 promises none of this: only its limits are looked at.
ATTEMPTS = """
import ctypes, os, resource, socket

libc = ctypes.CDLL(None, use_errno=True)

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result

def read_memory(pid, address):
    local = ctypes.create_string_buffer(8)
    vectors = (ctypes.c_size_t * 2)(ctypes.addressof(local), 8), (ctypes.c_size_t * 2)(address, 8)
    return checked(libc.process_vm_readv(pid, vectors[0], 1, vectors[1], 1, 0))

def probe(pid, address, folder, port, level):
    attempts = {
        "write a file outside": lambda: open(folder + "/written", "w"),
        "read a file outside": lambda: open(folder + "/secret").read(),
        "list the processes": lambda: os.listdir("/proc"),
        "open a socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "connect": lambda: socket.create_connection(("127.0.0.1", port), 0.2),
        "signal the verifier": lambda: os.kill(pid, 0),
        "read the verifier's memory": lambda: read_memory(pid, address),
        # PTRACE_SEIZE, since an attach that succeeded would stop the verifier for good.
        "trace the verifier": lambda: checked(libc.ptrace(0x4206, pid, 0, 0)),
        "start a process": lambda: os._exit(0) if os.fork() == 0 else None,
        "execute a program": lambda: checked(os.spawnv(os.P_WAIT, "/bin/true", ["true"])),
        "make a namespace": lambda: checked(libc.unshare(0x10000000)),
        "raise its limits": lambda: resource.setrlimit(resource.RLIMIT_CPU, (99, 99)),
    }
    done = []
    for name, attempt in attempts.items() if level > 0 else ():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        done.append(name)
    own = {"pid": os.getpid(), "uid": os.getuid()}
    return done, own, resource.getrlimit(resource.RLIMIT_AS)[1]
"""
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0)


def probe(level: int) -> str | None:
    """None if the level works, else the reason."""
    try:
        launcher = Launcher(level)
    except LaunchError as error:
        return str(error)
    try:
        done, own, memory = _attempt(launcher)
    except (LaunchError, EndedError) as error:
        return str(error)
    finally:
        launcher.stop()
    if memory != LIMITS.memory_mb << 20:
        return "the limit on memory did not hold"
    if done:
        return f"a program could {', '.join(done)}"
    if level >= 2 and (own["pid"] != 1 or own["uid"] == 0):
        return "a program was not the first process of its own namespace, or was root in it"
    return None


def _attempt(launcher: Launcher) -> tuple[list[str], Mapping[str, int], int]:
    canary = bytearray(b"verifier")
    address = id(canary)
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        (Path(folder) / "secret").write_text("secret")
        program = Program(source=ATTEMPTS, entry="probe")
        session = Session(launcher, program, LIMITS, "")
        try:
            session.load()
            arguments = (os.getpid(), address, folder, server.getsockname()[1], int(launcher.level))
            result = session.call(0, wire.encode((list(arguments), {})))
            session.finish()
        except EndedError as ended:
            session.finish()
            raise session.verdict_of_end(ended) from None
        finally:
            session.close()
    if result.error is not None:
        raise LaunchError(f"{result.error.kind}: {result.error.message}")
    done, own, memory = result.value
    return list(done), own, int(memory)


def record(level: int) -> dict[str, Any]:
    """What a launcher of a level says of itself: the namespaces that it entered."""
    launcher = Launcher(level)
    try:
        return {"namespaces": list(launcher.namespaces)}
    finally:
        launcher.stop()
