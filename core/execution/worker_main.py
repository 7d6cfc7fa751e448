"""What a worker process runs: one function, called with one job after another.

Started by path, not imported: it loads the standard library alone, so a worker is as light as the
function that it was made for. Frames are eight bytes of length and JSON, on two private pipes;
what the function prints goes nowhere.
"""

import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

HEADER = 8
LONGEST_ERROR = 500  # characters
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38


def main() -> None:
    """Boot, say so, and answer jobs until the pipe closes."""
    jobs, answers = int(sys.argv[1]), int(sys.argv[2])
    for descriptor in (jobs, answers):
        os.set_inheritable(descriptor, False)
    boot = json.loads(_read(jobs) or b"{}")
    try:
        _bind_to_parent(boot["parent"])
        function = _load(boot)
    except BaseException as error:  # noqa: BLE001 - whatever a module raises at import is told
        _write(answers, json.dumps({"error": _told(error), "user": _is_suite_error(error)}))
        return
    _write(answers, json.dumps({"ready": True}))
    while (job := _read(jobs)) is not None:
        answer, healthy = _answer(function, job, boot["cpu_seconds"], boot["answer_bytes"])
        _write(answers, answer)
        if not healthy:
            return


def _bind_to_parent(parent: int) -> None:
    """Die with the parent, and never gain rights by exec."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((PR_SET_PDEATHSIG, signal.SIGKILL), (PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"prctl({option}) failed")
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(0)


def _load(boot: dict[str, Any]) -> Callable[[Any], Any]:
    """Set the limits, import the function, and call its module's ``prepare``."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    memory = boot["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    sys.path[:] = boot["path"]
    module_name, _, name = boot["target"].partition(":")
    module = importlib.import_module(module_name)
    function: Callable[[Any], Any] = getattr(module, name)
    if boot["setup"] is not None:
        module.prepare(boot["setup"])
    return function


def _answer(
    function: Callable[[Any], Any], job: bytes, cpu_seconds: float, most_bytes: int
) -> tuple[str, bool]:
    """One job's frame, and whether the worker may go on."""
    # The kernel ends the process when the timer fires: no handler, so C code cannot outlast it.
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
    try:
        answer = json.dumps({"value": function(json.loads(job))})
    except MemoryError:
        return json.dumps({"verdict": "oom", "error": "out of memory"}), False
    except BaseException as error:  # noqa: BLE001 - SystemExit too: one job must not end a worker
        return json.dumps({"verdict": "crash", "error": _told(error)}), True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    if len(answer) > most_bytes:
        told = f"an answer of {len(answer)} bytes; at most {most_bytes} are read"
        return json.dumps({"verdict": "flood", "error": told}), True
    return answer, True


def _told(error: BaseException) -> str:
    """The error in one line. Its text may be unprintable: then its class alone."""
    try:
        text = " ".join(str(error).split()) if not _is_suite_error(error) else str(error)
    except Exception:  # noqa: BLE001 - a __str__ that raises
        text = ""
    if _is_suite_error(error):
        return text
    return f"{type(error).__name__}: {text}"[:LONGEST_ERROR].removesuffix(": ")


def _is_suite_error(error: BaseException) -> bool:
    return any(kind.__name__ == "SuiteError" for kind in type(error).__mro__)


def _read(descriptor: int) -> bytes | None:
    """One frame, or None where the pipe was closed."""
    header = _read_exactly(descriptor, HEADER)
    if header is None:
        return None
    return _read_exactly(descriptor, int.from_bytes(header, "big"))


def _read_exactly(descriptor: int, size: int) -> bytes | None:
    parts = []
    while size:
        part = os.read(descriptor, min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(descriptor: int, text: str) -> None:
    data = memoryview(len(text).to_bytes(HEADER, "big") + text.encode("ascii"))
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
