"""A process that imports the suite once and forks a fresh child for every line on its input.

Forking from the test process itself would hand down threads and random states of other tests. A
line is JSON: {"run": options} or {"resume": folder}, "folder", and how the child is to die:
"seconds" (killed from outside), "event" (its n-th file operation in the folder) or "file" (the
n-th time it opens a file of that name there). Answers {"signal", "code", "seconds", "events"}.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import Any

import torch

import suite
import suite.core.execute
import suite.core.report
import suite.plugins.algorithms.policy_gradient.plugin
import suite.plugins.policies.micro.plugin
from suite.core import api

WATCHED = {"open", "os.mkdir", "os.rename", "os.truncate", "os.remove", "shutil.rmtree"}


class Trap:
    """An audit hook that counts file operations in one folder and kills at the chosen one."""

    def __init__(self, folder: str, event: int | None, file: tuple[str, int] | None) -> None:
        self.folder, self.event, self.file = folder, event, file
        self.events = self.opened = 0

    def __call__(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name not in WATCHED or not str(arguments[0]).startswith(self.folder):
            return
        self.events += 1
        if self.file is not None and str(arguments[0]).endswith(self.file[0]):
            self.opened += 1
        if self.events == self.event or (self.file is not None and self.opened == self.file[1]):
            os.kill(os.getpid(), signal.SIGKILL)


def child(request: dict[str, Any], answer: int) -> None:
    """Run or resume; the number of file operations goes back through the pipe."""
    file = request.get("file")
    trap = Trap(request["folder"], request.get("event"), tuple(file) if file else None)
    sys.addaudithook(trap)
    code = 0
    try:
        if "run" in request:
            suite.run(out=request["folder"], **request["run"])
        else:
            api.resume(request["folder"])
    except BaseException:  # noqa: BLE001 - a forked child must not return to the server's loop
        traceback.print_exc()
        code = 1
    os.write(answer, str(trap.events).encode())
    os._exit(code)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Fork, kill from outside where that is asked, and wait."""
    reads, writes = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        child(request, writes)
    os.close(writes)
    seconds = request.get("seconds")
    if seconds is not None:
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)  # not waited for yet, so the id is still the child's
    _, status = os.waitpid(pid, 0)
    events = os.read(reads, 64)
    os.close(reads)
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - started,
        "events": int(events or 0),
    }


def main() -> None:
    """Serve until the input closes; the standard output carries answers alone."""
    torch.set_num_threads(1)
    assert threading.active_count() == 1, "a fork would lose the other threads"
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
