"""The launcher: an isolated interpreter that forks one child a program and sees to its end.

It is started as ``python -P -s -S -B`` with an environment of four names, enters its level's
namespaces once, and then serves one program at a time: fork, watch the clocks, kill, reap, tidy.
It never reads a program's source; the child gets that from the verifier over its own channel.
Standard library only.
"""

import gc
import json
import os
import select
import signal
import socket
import stat
import sys
import time
from typing import Any, NoReturn

from suite.core.execution import guard as guards
from suite.core.execution import namespaces, process_tree, python_child, syscalls

TICK = 0.02  # seconds between looks at the clocks of a running program
FAILED = 70  # exit status of a child whose guard did not apply
PRELOADED = (
    "math cmath re collections itertools functools operator heapq bisect string random json typing "
    "datetime decimal fractions copy statistics dataclasses enum abc types textwrap queue array"
)


class Control:
    """Lines of JSON to and from the verifier, with descriptors beside those that start a job."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.buffer = b""
        self.descriptors: list[int] = []

    def send(self, message: dict[str, Any]) -> None:
        """Write one line."""
        self.connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """Read one line.

        Raises:
            EOFError: the verifier is gone.
        """
        while b"\n" not in self.buffer:
            try:
                data, received, _, _ = socket.recv_fds(self.connection, 1 << 16, 3)
            except ConnectionError:
                raise EOFError from None
            if not data:
                raise EOFError
            self.buffer += data
            self.descriptors += received
        line, _, self.buffer = self.buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message


class Zygote:
    """Serves jobs until the verifier goes."""

    def __init__(self, control: Control, config: dict[str, Any]) -> None:
        self.control = control
        self.level: int = config["level"]
        self.work: str = config["work"]
        self.processes: int | None = None
        self.own = -1
        uid = None
        if self.level >= 2:
            self.own = namespaces.pid_namespace()
            read = [*config["read"], *config["run"]]
            self.processes = namespaces.new_root(
                config["base"], read, config["hide"], self.work, config["work_bytes"]
            )
            if os.geteuid() == 0:
                uid = namespaces.INSIDE
                os.chown(self.work, uid, uid)
        elif os.path.isdir("/proc/self"):
            self.processes = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.guard = guards.prepare(
            level=self.level, work=self.work, read=config["read"], run=config["run"], uid=uid
        )
        self.woken = self._wake_on_children()

    def _wake_on_children(self) -> int:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if _LINUX else _pipe()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        return reader

    def serve(self) -> NoReturn:
        """Job after job; the verifier's going is the end."""
        while True:
            try:
                job = self.control.receive()
            except EOFError:
                os._exit(0)
            if job["k"] != "job":
                continue  # the end of a program that had ended by itself
            descriptors, self.control.descriptors = self.control.descriptors, []
            try:
                self._job(job, descriptors)
            except OSError as error:
                for one in descriptors:
                    _close(one)
                self.control.send({"k": "refused", "m": str(error)})

    def _job(self, job: dict[str, Any], descriptors: list[int]) -> None:
        started = time.monotonic()
        if job["language"] != "python" and self.processes is None:
            raise OSError("the memory of other languages is watched in /proc, which is not there")
        try:
            pid = self._fork()
            if pid == 0:
                self._child(job, descriptors)
        finally:
            for one in descriptors:
                _close(one)
        status, why, cpu = self._watch(pid, job, started)
        clean = tidied(self.work)
        self.control.send({"k": "gone", "status": status, "why": why, "cpu": cpu})
        if not clean or why == "alone":
            os._exit(1)  # the next program gets a launcher whose folder is empty

    def _fork(self) -> int:
        if self.level >= 2:
            return namespaces.fork_into_new_pid_namespace(self.own)
        return os.fork()

    def _child(self, job: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """The forked child: guard first, then whatever arrives on the channel."""
        code = FAILED
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            if self.level < 2:
                os.setsid()
            guards.place(descriptors)
            channel = python_child.Channel(guards.CHANNEL, job["limits"]["output_bytes"] + 4096)
            runtime = job["language"] != "python"
            try:
                guards.apply(self.guard, job["limits"], runtime=runtime)
            except (OSError, ValueError) as error:
                channel.send({"k": "infra", "m": f"{type(error).__name__}: {error}"})
                os._exit(FAILED)
            channel.send({"k": "ready"})
            if runtime:
                from suite.core.execution import runtime_child

                runtime_child.run(channel, job)
            else:
                python_child.run(channel)
            code = 0
        finally:
            os._exit(code)

    # --- clocks --------------------------------------------------------------------------------

    def _watch(
        self, pid: int, job: dict[str, Any], started: float
    ) -> tuple[int, str | None, float]:
        """Wait for the end, or bring it about: (wait status, why it was ended, CPU seconds)."""
        poll = select.poll()
        poll.register(self.control.connection, select.POLLIN)
        poll.register(self.woken, select.POLLIN)
        why: str | None = None
        while True:
            done, status, used = os.wait4(pid, os.WNOHANG)
            if done:
                break
            ready = {descriptor for descriptor, _ in poll.poll(1000 * TICK)}
            if self.woken in ready:
                os.read(self.woken, 4096)
            if self.control.connection.fileno() in ready:
                why = self._asked()
            why = why or self._overrun(pid, job, started)
            if why is not None:
                self._kill(pid)
                _, status, used = os.wait4(pid, 0)
                break
        if self.level < 2:
            self._sweep()
        return status, why, used.ru_utime + used.ru_stime

    def _asked(self) -> str:
        """While a program runs there is one thing to be said: end it. Or the verifier is gone."""
        try:
            self.control.receive()
        except EOFError:
            return "alone"
        return "asked"

    def _overrun(self, pid: int, job: dict[str, Any], started: float) -> str | None:
        limits = job["limits"]
        if time.monotonic() - started > limits["wall_seconds"]:
            return "wall"
        alone = self.level >= 1 and job["language"] == "python"
        if self.processes is None:
            return "cpu" if _cpu_clock(pid) > limits["cpu_seconds"] else None
        # At L1 every process of the machine is in the list, and a program that is alone is known.
        pids = [pid] if self.level == 1 and alone else self._below()
        usage = process_tree.usage_of(self.processes, pids)
        if usage.threads > limits["processes"]:
            return "threads"
        if not alone and usage.resident > limits["memory_mb"] << 20:
            return "memory"
        cpu = max(usage.cpu_seconds, _cpu_clock(pid))
        return "cpu" if cpu > limits["cpu_seconds"] else None

    def _below(self) -> list[int]:
        """Processes below this one, by the numbers of the /proc that is watched."""
        assert self.processes is not None
        root = int(os.readlink("self", dir_fd=self.processes))
        return process_tree.descendants(self.processes, root)

    def _kill(self, pid: int) -> None:
        if self.level < 2:
            _signal_group(pid)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _sweep(self) -> None:
        """Without a pid namespace: end what was left behind; orphans have become our children."""
        while self.processes is not None:
            for pid in self._below():
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    continue
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                return
            time.sleep(0.001)


def _cpu_clock(pid: int) -> float:
    """CPU seconds of a process by its own clock (clock_getcpuclockid(3)); 0 if it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # closed already


def _signal_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        return  # it has not made its group yet, or all are gone


def tidied(folder: str) -> bool:
    """Empty a folder in which no process works any more; False if something would not go.

    Links are removed, never followed. Deep trees are flattened as they are met, so that no path
    grows and nothing recurses; the names they get cannot have been taken on purpose.
    """
    try:
        while names := os.listdir(folder):
            for name in names:
                _remove(folder, os.path.join(folder, name))
    except OSError:
        return False
    return True


def _remove(folder: str, path: str) -> None:
    if not _is_folder(path):
        os.unlink(path)
        return
    os.chmod(path, 0o700)
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        if _is_folder(inner):
            os.chmod(inner, 0o700)  # a folder that may not be written cannot be moved
            os.rename(inner, os.path.join(folder, os.urandom(12).hex()))
        else:
            os.unlink(inner)
    os.rmdir(path)


def _is_folder(path: str) -> bool:
    return stat.S_ISDIR(os.lstat(path).st_mode)


# --- start -------------------------------------------------------------------------------------

_LINUX = sys.platform == "linux"


def _pipe() -> tuple[int, int]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    return reader, writer


def main() -> NoReturn:
    """Argument 1: the control socket's number; argument 2: the configuration as JSON."""
    control = Control(socket.socket(fileno=int(sys.argv[1])))
    config = json.loads(sys.argv[2])
    os.environ.clear()
    os.umask(0o022)
    try:
        entered = _enter(control, config)
        zygote = Zygote(control, config)
    except OSError as error:
        control.send({"k": "broken", "m": str(error)})
        os._exit(1)
    for name in PRELOADED.split():
        __import__(name)
    gc.collect()
    gc.freeze()  # shared pages stay shared
    control.send({"k": "up", "namespaces": entered, "watched": zygote.processes is not None})
    zygote.serve()


def _enter(control: Control, config: dict[str, Any]) -> tuple[str, ...]:
    """Namespaces and the process to be; the one that stays outside only waits."""
    if not _LINUX:
        return ()
    syscalls.prctl("become a subreaper", syscalls.PR_SET_CHILD_SUBREAPER, 1)
    if config["level"] < 2:
        return ()

    def ask_for_map() -> bool:
        if not config["map"]:
            return False
        control.send({"k": "map"})
        return bool(control.receive()["mapped"])

    entered = namespaces.enter(ask_for_map)
    pid = os.fork()
    if pid:
        control.connection.close()
        os.waitpid(pid, 0)
        os._exit(0)
    syscalls.prctl("die with the parent", syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    return entered
