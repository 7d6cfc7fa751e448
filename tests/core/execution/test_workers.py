"""Workers: deadlines kill, only the guilty job pays, order stays, nothing outlives its verdict."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suite.core.errors import SuiteError
from suite.core.execution.workers import WorkerPool
from suite.core.verifier import Verdict

FUNCTIONS = """
import ctypes, os, signal, subprocess, sys, threading, time

ready = None


def prepare(setup):
    global ready
    if "fail" in setup:
        raise RuntimeError("no such setup")
    ready = setup


def act(job):
    kind, *rest = job
    return ACTS[kind](*rest)


def spin():
    while True:
        pass


def spin_in_thread():
    threading.Thread(target=spin, daemon=True).start()
    time.sleep(60)


def fork_then_spin(path):
    child = subprocess.Popen(["sleep", "60"])
    open(path, "w").write(f"{os.getpid()} {child.pid}")
    spin()


def deep():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested


def fail(kind):
    raise {"value": ValueError("two\\n lines"), "exit": SystemExit(3)}[kind]


def killed_once(path):
    if os.path.exists(path):
        return "second time"
    open(path, "w").close()
    os.kill(os.getpid(), signal.SIGKILL)


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError


def unprintable():
    raise Unprintable


def flood_by_hand():
    import resource
    while True:
        os.write(int(sys.argv[2]), (1 << 40).to_bytes(8, "big"))


ACTS = {
    "echo": lambda value: value,
    "pid": os.getpid,
    "spin": spin,
    "regex": lambda: __import__("re").match("(a+)+$", "a" * 40 + "b"),
    "thread": spin_in_thread,
    "sleep": time.sleep,
    "fork": fork_then_spin,
    "memory": lambda: len(bytearray(1 << 40)),
    "flood": lambda: "x" * 10_000_000,
    "flood by hand": flood_by_hand,
    "deep": deep,
    "fail": fail,
    "unprintable": unprintable,
    "exit": lambda: os._exit(0),
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "killed once": killed_once,
    "print": lambda: print("noise" * 1000, flush=True),
    "set": lambda: {1, 2},
    "setup": lambda: ready,
    "environment": lambda: dict(os.environ),
    "no new privileges": lambda: ctypes.CDLL(None).prctl(39, 0, 0, 0, 0),
}
"""


@pytest.fixture(scope="module", autouse=True)
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A module that workers can import, found through this process's sys.path."""
    folder = tmp_path_factory.mktemp("functions")
    (folder / "worker_acts.py").write_text(FUNCTIONS)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield


@pytest.fixture(scope="module")
def pool(functions: None) -> Iterator[WorkerPool]:
    with WorkerPool("worker_acts:act", workers=2, cpu_seconds=0.3, wall_seconds=1.0) as made:
        yield made


def is_alive(pid: int) -> bool:
    """Whether a process runs: a zombie that its new parent has yet to collect does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_values_come_back_in_order(pool: WorkerPool) -> None:
    values = [0, -1.5, "\ud800", None, True, {"a": [1, {"b": "\u00e9"}]}, "x" * 300_000]
    answers = pool.map([["echo", value] for value in values])
    assert [answer.value for answer in answers] == values
    assert {answer.verdict for answer in answers} == {Verdict.PASS}
    assert all(answer.error is None and answer.seconds > 0 for answer in answers)
    assert pool.map([]) == []


@pytest.mark.parametrize(
    ("job", "verdict", "error"),
    [
        (["spin"], Verdict.TIMEOUT, "no answer in 0.3 s of CPU time"),
        (["regex"], Verdict.TIMEOUT, "no answer in 0.3 s of CPU time"),
        (["thread"], Verdict.TIMEOUT, "no answer in 0.3 s of CPU time"),
        (["sleep", 60], Verdict.TIMEOUT, "no answer in 1 s"),
        (["memory"], Verdict.OOM, "out of memory"),
        (["flood"], Verdict.FLOOD, "an answer of 10000013 bytes; at most 1048576 are read"),
        (["flood by hand"], Verdict.FLOOD, "an answer above 1048576 bytes"),
        (["deep"], Verdict.CRASH, "RecursionError: maximum recursion depth exceeded"),
        (["fail", "value"], Verdict.CRASH, "ValueError: two lines"),
        (["fail", "exit"], Verdict.CRASH, "SystemExit: 3"),
        (["unprintable"], Verdict.CRASH, "Unprintable"),
        (["set"], Verdict.CRASH, "TypeError: Object of type set is not JSON serializable"),
        (["exit"], Verdict.CRASH, "the worker died: exit status 0"),
        (["abort"], Verdict.CRASH, "the worker died: SIGABRT"),
        (["kill"], Verdict.INFRA_ERROR, "the worker was ended by SIGKILL"),
    ],
)
def test_a_bad_job_costs_itself_alone(
    pool: WorkerPool, job: list[str], verdict: Verdict, error: str
) -> None:
    before, bad, *after = pool.map([["echo", 1], job, ["echo", 2], ["echo", 3]])
    assert (bad.value, bad.verdict) == (None, verdict)
    assert bad.error is not None
    assert bad.error.startswith(error)
    assert [answer.value for answer in (before, *after)] == [1, 2, 3]


def test_a_worker_ended_from_outside_is_asked_once_more(pool: WorkerPool, tmp_path: Path) -> None:
    (answer,) = pool.map([["killed once", str(tmp_path / "mark")]])
    assert (answer.value, answer.verdict) == ("second time", Verdict.PASS)


def test_what_a_worker_started_dies_with_it(pool: WorkerPool, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    (answer,) = pool.map([["fork", str(path)]])
    assert answer.verdict is Verdict.TIMEOUT
    pids = [int(pid) for pid in path.read_text().split()]
    assert len(pids) == 2
    assert wait_until(lambda: not any(map(is_alive, pids)), seconds=0.5)


def wait_until(done: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.01)
    return done()


def test_the_cpu_deadline_counts_each_job_alone() -> None:
    """Forty jobs that together use far more CPU than one may."""
    pool = WorkerPool("worker_acts:act", workers=1, cpu_seconds=0.2, wall_seconds=5.0)
    with pool:
        first, *_, last = answers = pool.map([["echo", ["x" * 300_000] * 3]] * 40 + [["pid"]])
        (pid,) = pool.map([["pid"]])
    assert {answer.verdict for answer in answers} == {Verdict.PASS}
    assert first.value != last.value == pid.value


def test_hanging_jobs_cost_their_limits_and_no_more() -> None:
    with WorkerPool("worker_acts:act", workers=2, cpu_seconds=5.0, wall_seconds=0.4) as pool:
        pool.map([["echo", 1]] * 2)
        start = time.monotonic()
        answers = pool.map([["sleep", 60]] * 4 + [["echo", 1]])
        seconds = time.monotonic() - start
    assert [answer.verdict for answer in answers] == [Verdict.TIMEOUT] * 4 + [Verdict.PASS]
    assert 0.8 <= seconds < 4.0


def test_printing_harms_nothing(pool: WorkerPool) -> None:
    noise, after = pool.map([["print"], ["echo", 1]])
    assert (noise.value, noise.verdict, after.value) == (None, Verdict.PASS, 1)


def test_threads_share_a_pool(pool: WorkerPool) -> None:
    results: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        results[number] = [
            answer.value for answer in pool.map([["echo", number * 100 + i] for i in range(50)])
        ]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [n * 100 + i for i in range(50)] for n in range(4)}


def test_tasks_of_a_loop_share_a_pool(pool: WorkerPool) -> None:
    async def ask() -> tuple[int, list[list[int]]]:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.02)
                beats += 1

        beating = asyncio.create_task(beat())
        jobs = [["sleep", 0.2], ["echo", 7]]
        answers = await asyncio.gather(*(pool.amap(jobs) for _ in range(3)))
        beating.cancel()
        return beats, [[answer.value for answer in batch] for batch in answers]

    beats, values = asyncio.run(ask())
    assert values == [[None, 7]] * 3
    assert beats >= 3  # the loop went on


def test_a_cancelled_task_leaves_the_pool_usable(pool: WorkerPool) -> None:
    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.amap([["sleep", 0.5]] * 20), timeout=0.1)

    start = time.monotonic()
    asyncio.run(ask())
    assert pool.map([["echo", 1]])[0].value == 1
    assert time.monotonic() - start < 4.0  # the eighteen that had not begun were dropped


def test_setup_reaches_prepare() -> None:
    with WorkerPool("worker_acts:act", setup={"a": [1]}) as pool:
        assert pool.map([["setup"]])[0].value == {"a": [1]}


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    with WorkerPool("worker_acts:act") as pool:
        seen, privileges = pool.map([["environment"], ["no new privileges"]])
    assert "SECRET_TOKEN" not in seen.value
    assert privileges.value == (1 if sys.platform == "linux" else privileges.value)


def test_workers_are_renewed_after_their_share_of_jobs() -> None:
    with WorkerPool("worker_acts:act", workers=1, jobs_per_worker=3) as pool:
        pids = [answer.value for answer in pool.map([["pid"]] * 7)]
    assert [len(set(pids[i : i + 3])) for i in (0, 3)] == [1, 1]
    assert len(set(pids)) == 3


@pytest.mark.parametrize(
    "limit", ["workers", "cpu_seconds", "wall_seconds", "memory_mb", "answer_bytes"]
)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_of_zero_or_below_is_refused(limit: str, value: float) -> None:
    with pytest.raises(SuiteError, match=f"^{limit} must be above zero, got {value}"):
        WorkerPool("worker_acts:act", **{limit: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["worker_acts", "worker_acts:", ":act", "worker_acts:a b"])
def test_a_target_of_another_form_is_refused(target: str) -> None:
    with pytest.raises(SuiteError, match=r"target is 'package\.module:function'"):
        WorkerPool(target)


def test_a_function_that_cannot_be_had_is_told() -> None:
    with (
        WorkerPool("no_such_module:act") as pool,
        pytest.raises(SuiteError, match="could not start: ModuleNotFoundError: No module named"),
    ):
        pool.map([1])
    with (
        WorkerPool("worker_acts:act", setup={"fail": True}) as pool,
        pytest.raises(SuiteError, match="could not start: RuntimeError: no such setup"),
    ):
        pool.map([1])


def test_too_little_memory_to_start_is_told() -> None:
    with (
        WorkerPool("worker_acts:act", memory_mb=8) as pool,
        pytest.raises(SuiteError, match=r"could not start.*\n.*8 MB of address space"),
    ):
        pool.map([1])


def test_a_job_that_is_not_json_is_the_callers_mistake(pool: WorkerPool) -> None:
    with pytest.raises(ValueError, match="must be a JSON value"):
        pool.map([["echo", {1, 2}]])


def test_after_closing_there_are_no_verdicts() -> None:
    pool = WorkerPool("worker_acts:act")
    (answer,) = pool.map([["pid"]])
    pool.close()
    pool.close()
    assert wait_until(lambda: not is_alive(answer.value), seconds=0.5)
    with pytest.raises(SuiteError, match="pool of workers for worker_acts:act is closed"):
        pool.map([["pid"]])
    with pytest.raises(SuiteError, match="is closed"):
        asyncio.run(pool.amap([["pid"]]))


def test_closing_ends_a_map_that_waits() -> None:
    pool = WorkerPool("worker_acts:act", workers=1, wall_seconds=60)
    pool.map([["echo", 1]])
    seen: list[str] = []

    def ask() -> None:
        try:
            pool.map([["sleep", 60]])
        except SuiteError as error:
            seen.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    start = time.monotonic()
    pool.close()
    thread.join()
    assert time.monotonic() - start < 1.0
    assert "is closed" in seen[0]


def test_a_pool_that_nobody_holds_ends_its_workers() -> None:
    pool = WorkerPool("worker_acts:act")
    pid = pool.map([["pid"]])[0].value
    del pool
    assert wait_until(lambda: not is_alive(pid), seconds=1.0)


def test_a_fork_is_told_to_make_a_pool_of_its_own(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.map([["echo", 1]])
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(SuiteError, match="this is a fork of it"):
        pool.map([["echo", 1]])


def test_workers_die_with_their_parent() -> None:
    """The parent is killed while a job runs, so that nobody can tidy up."""
    code = (
        "import sys, threading, time\n"
        f"sys.path[:] = {sys.path!r}\n"
        "from suite.core.execution.workers import WorkerPool\n"
        "pool = WorkerPool('worker_acts:act', workers=1, cpu_seconds=60, wall_seconds=60)\n"
        "print(pool.map([['pid']])[0].value, flush=True)\n"
        "pool.map([['spin']])\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(0.1)
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not is_alive(pid), seconds=2.0)
