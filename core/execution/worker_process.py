"""One worker process, seen from its parent: start, exchange a frame, kill.

Every wait has a deadline. A worker is the leader of a session of its own, so that killing its
group ends what it started as well.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.execution import worker_main

KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
# One thread a worker, and one hash seed: an answer may not depend on the order of a set.
SET_VARIABLES = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
BOOT_SECONDS = 120.0  # a cold import of a large package on a busy machine
LONGEST_BOOT = 1 << 16  # bytes of the first frame
STATUS_SECONDS = 1.0  # between the end of a pipe and the end of its process


@dataclass(frozen=True, kw_only=True)
class WorkerSpec:
    """What a worker is made for, and its limits."""

    target: str
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    answer_bytes: int
    setup: Mapping[str, Any] | None


class DeadlineError(Exception):
    """No frame came in time."""


class WorkerDiedError(Exception):
    """The worker closed its pipe; ``status`` is its exit status, negative for a signal."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


class FloodError(Exception):
    """A frame is longer than may be read."""


class WorkerProcess:
    """A started worker. Not for two threads at once."""

    def __init__(self, spec: WorkerSpec) -> None:
        self.spec = spec
        jobs, self._to = os.pipe()
        self._from, answers = os.pipe()
        # As isolated as -I, which would also ignore the hash seed: the environment is ours.
        command = [sys.executable, "-s", "-P", worker_main.__file__, str(jobs), str(answers)]
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(jobs, answers),
                env={**kept, **SET_VARIABLES},
                cwd="/",
                start_new_session=True,
            )
        except OSError:
            os.close(self._to)
            os.close(self._from)
            raise
        finally:
            os.close(jobs)
            os.close(answers)
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self._open = True
        self._lock = threading.Lock()

    def boot(self) -> None:
        """Wait until the function is imported and prepared.

        Raises:
            SuiteError: it cannot be imported, or preparing failed; the message says why.
            WorkerDiedError, DeadlineError: the process ended, or took longer than BOOT_SECONDS.
        """
        spec = self.spec
        boot = {
            "parent": os.getpid(),
            "path": [str(Path(entry).absolute()) for entry in sys.path],
            "target": spec.target,
            "setup": None if spec.setup is None else dict(spec.setup),
            "cpu_seconds": spec.cpu_seconds,
            "memory_bytes": spec.memory_bytes,
            "answer_bytes": spec.answer_bytes,
        }
        frame = encode(boot)
        told = json.loads(self.exchange(frame, seconds=BOOT_SECONDS, most_bytes=LONGEST_BOOT))
        if told.get("user"):
            raise SuiteError(told["error"])
        if "error" in told:
            raise self.not_started(told["error"])

    def not_started(self, reason: str) -> SuiteError:
        """The error for a worker that cannot be had."""
        return SuiteError(
            f"a worker for {self.spec.target} could not start: {reason}.\n"
            f"It has {self.spec.memory_bytes >> 20} MB of address space and this process's "
            "sys.path."
        )

    def exchange(self, frame: bytes, *, seconds: float, most_bytes: int) -> bytes:
        """Send one frame and read one.

        Raises:
            DeadlineError: no whole frame came in time.
            WorkerDiedError: the worker ended.
            FloodError: the frame is longer than ``most_bytes``.
        """
        deadline = time.monotonic() + seconds
        received = bytearray()
        unsent = memoryview(frame)
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            unsent = self._send(unsent)
            if unsent:
                selector.register(self._to, selectors.EVENT_WRITE)
            while not _is_whole(received, most_bytes):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise DeadlineError
                for key, _ in selector.select(left):
                    if key.fd == self._from:
                        received += self._receive()
                    else:
                        unsent = self._send(unsent)
                        if not unsent:
                            selector.unregister(self._to)
        return bytes(received[worker_main.HEADER :])

    def _send(self, unsent: memoryview) -> memoryview:
        try:
            return unsent[os.write(self._to, unsent) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise WorkerDiedError(self._status()) from None

    def _receive(self) -> bytes:
        try:
            part = os.read(self._from, 1 << 16)
        except BlockingIOError:
            return b""
        if not part:
            raise WorkerDiedError(self._status())
        return part

    def _status(self) -> int:
        """How it ended, as Popen tells it; 0 for one that closed its pipe and lives on.

        It stays a zombie: while nobody has waited for it, its id cannot become another's, so that
        killing its group later kills its own children alone.
        """
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        deadline = time.monotonic() + STATUS_SECONDS
        while time.monotonic() < deadline:
            ended = os.waitid(os.P_PID, self._process.pid, options)
            if ended is not None:
                by_exit = ended.si_code == os.CLD_EXITED
                return ended.si_status if by_exit else -ended.si_status
            time.sleep(0.001)
        return 0

    def interrupt(self) -> None:
        """Kill its group from another thread; the owner still has to call ``kill``."""
        with self._lock:
            if self._open:
                self._kill_group()

    def kill(self) -> None:
        """End it and its descendants, and wait for it. A second call does nothing."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._kill_group()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def encode(value: Any) -> bytes:
    """A JSON value as a frame.

    Raises:
        ValueError: it is not a JSON value.
    """
    try:
        body = json.dumps(value).encode("ascii")
    except (TypeError, RecursionError) as error:
        raise ValueError(f"a job must be a JSON value: {error}") from error
    return len(body).to_bytes(worker_main.HEADER, "big") + body


def _is_whole(received: bytearray, most_bytes: int) -> bool:
    if len(received) < worker_main.HEADER:
        return False
    size = int.from_bytes(received[: worker_main.HEADER], "big")
    if size > most_bytes:
        raise FloodError
    return len(received) >= worker_main.HEADER + size
