"""Starts one worker a rank on this machine; torch's variables tell each its place."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from suite.core.errors import SuiteError

POLL_SECONDS = 0.2


class LocalLauncher:
    """Workers over loopback (gloo on the CPU, nccl on GPUs); one that fails ends them all."""

    def launch(self, folder: Path, processes: int) -> None:
        """Run the prepared folder on ``processes`` workers and wait.

        Raises:
            SuiteError: a worker failed; its last words are in the run's log.
        """
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
            raise SuiteError(
                f"process {failed} of {processes} ended with exit code "
                f"{workers[failed].returncode}.\nIts log is {folder / f'worker{failed}.log'}; "
                f"`suite resume {folder}` goes on from the last checkpoint."
            )

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
        with (folder / f"worker{rank}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "suite.core.worker", str(folder)],
                env=environment,
                stdout=log,
                stderr=log,
            )


def _wait(workers: list[subprocess.Popen[bytes]]) -> int | None:
    """The rank that failed first, or None when all have ended well."""
    while True:
        codes = [worker.poll() for worker in workers]
        for rank, code in enumerate(codes):
            if code not in (None, 0):
                return rank
        if all(code == 0 for code in codes):
            return None
        time.sleep(POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
