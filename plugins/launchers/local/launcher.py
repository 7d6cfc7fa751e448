"""Starts one worker a rank on this machine; torch's variables tell each its place."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from suite.core.errors import SuiteError
from suite.core.worker import REASON, USER

POLL_SECONDS = 0.2


class WorkerFailedError(RuntimeError):
    """A fault of ours in another process."""


class LocalLauncher:
    """Workers over loopback (gloo on the CPU, nccl on GPUs); one that fails ends them all."""

    def launch(self, folder: Path, processes: int) -> None:
        """Run the prepared folder on ``processes`` workers and wait.

        Raises:
            SuiteError: a worker met what the user must mend (its own message comes first), or was
                killed.
            WorkerFailedError: a worker failed by a fault of ours: its last words, and its log.
        """
        before = [_size(_log(folder, rank)) for rank in range(processes)]
        port = _free_port()
        workers = [self._start(folder, rank, processes, port) for rank in range(processes)]
        try:
            failed = _wait(workers)
        finally:
            for worker in workers:
                if worker.poll() is None:
                    worker.kill()
                worker.wait()
        if failed is not None:
            code, log = workers[failed].returncode, _log(folder, failed)
            where = (
                f"process {failed} of {processes} ended with exit code {code}.\nIts log is {log}; "
                f"`suite resume {folder}` goes on from the last checkpoint."
            )
            said = _last_words(log, before[failed])
            if code > 0 and code != USER:
                raise WorkerFailedError(f"{said} - {where}")
            raise SuiteError(f"{said}\n{where}" if code == USER else where)

    def _start(self, folder: Path, rank: int, size: int, port: int) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(size),
            "LOCAL_WORLD_SIZE": str(size),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
        with _log(folder, rank).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "suite.core.worker", str(folder)],
                env=environment,
                stdout=log,
                stderr=log,
            )


def _wait(workers: list[subprocess.Popen[bytes]]) -> int | None:
    """The rank that failed first, or None when all have ended well.

    Of several that ended between two looks, the one with a message for the user is the cause: the
    others lost their partner.
    """
    while True:
        codes = [worker.poll() for worker in workers]
        failed = [rank for rank, code in enumerate(codes) if code not in (None, 0)]
        if failed:
            return min(failed, key=lambda rank: codes[rank] != USER)
        if all(code == 0 for code in codes):
            return None
        time.sleep(POLL_SECONDS)


def _log(folder: Path, rank: int) -> Path:
    return folder / f"worker{rank}.log"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _last_words(log: Path, start: int) -> str:
    """The message for the user in what this sitting wrote, or the last line of a traceback."""
    said = log.read_bytes()[start:].decode(errors="replace").strip()
    _, found, message = said.rpartition(f"{REASON}\n")
    return message if found else (said.splitlines() or ["nothing was said"])[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
