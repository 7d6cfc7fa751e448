"""A pool of killable workers: our own functions, on data that a model wrote.

The function is trusted, its input is not: a formula may send a solver round for ever, a text may
blow up a parser. So each worker is a process, each job has a deadline in CPU seconds (the kernel's
profiling timer, which counts the worker's threads and needs nobody to look) and a later one in wall
seconds, and a worker that misses one is killed with its process group and replaced. Only the job
that did it pays. What a model wrote is never executed here: see the Sandbox for that.

    with WorkerPool("json:loads", workers=2) as pool:
        [answer.value for answer in pool.map(["[1]", "[2]"])]
"""

import asyncio
import json
import os
import queue
import signal
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from suite.core.errors import SuiteError
from suite.core.execution.worker_process import (
    DeadlineError,
    FloodError,
    WorkerDiedError,
    WorkerProcess,
    WorkerSpec,
    encode,
)
from suite.core.verifier import Verdict

HEADROOM = 1 << 12  # bytes of a frame beyond the answer in it
TIMER_SIGNALS = (-signal.SIGPROF, -signal.SIGXCPU)
# Nothing that a job does makes the kernel send these; somebody else ended the worker.
FOREIGN_SIGNALS = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one job.

    Attributes:
        value: the function's JSON value; None unless the verdict is PASS.
        verdict: PASS: it answered. TIMEOUT, OOM, FLOOD, CRASH (it raised, or its process died), or
            INFRA_ERROR: the worker was ended from outside, twice.
        error: one line on what went wrong. seconds: wall seconds, retry included.
    """

    value: Any
    verdict: Verdict
    error: str | None
    seconds: float


class WorkerPool:
    """Workers that call one function; for any number of threads and tasks at once.

    Args:
        target: "package.module:function". The function takes a JSON value and returns one. Each
            worker imports it once, with this process's sys.path and a clean environment.
        workers: how many processes; they start with the first job.
        cpu_seconds: CPU time of a job; wall_seconds: its wall time.
        memory_mb: address space of a worker, imports included.
        setup: handed once to the module's ``prepare(setup)``; None: it is not called.
        answer_bytes: the longest answer as JSON; a longer one is a flood.
        jobs_per_worker: after so many a worker is replaced, so that leaks stay small.

    Raises:
        SuiteError: a limit is zero or below, or the target is not of this form.
    """

    def __init__(
        self,
        target: str,
        *,
        workers: int = 2,
        cpu_seconds: float = 2.0,
        wall_seconds: float = 10.0,
        memory_mb: int = 1024,
        setup: Mapping[str, Any] | None = None,
        answer_bytes: int = 1 << 20,
        jobs_per_worker: int = 20_000,
    ) -> None:
        limits = {
            "workers": workers,
            "cpu_seconds": cpu_seconds,
            "wall_seconds": wall_seconds,
            "memory_mb": memory_mb,
            "answer_bytes": answer_bytes,
            "jobs_per_worker": jobs_per_worker,
        }
        for name, limit in limits.items():
            if not limit > 0:
                raise SuiteError(f"{name} must be above zero, got {limit}.\nGive a positive limit.")
        module, colon, function = target.partition(":")
        if not (module and colon and function.isidentifier()):
            raise SuiteError(f"a worker's target is 'package.module:function', got '{target}'.")
        spec = WorkerSpec(
            target=target,
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            memory_bytes=int(memory_mb) << 20,
            answer_bytes=answer_bytes,
            setup=setup,
        )
        self._crew = _Crew(spec, size=workers, jobs_per_worker=jobs_per_worker)
        # Threads know the crew alone, so a pool that nobody holds any more ends its processes.
        self._finalizer = weakref.finalize(self, self._crew.close)

    def map(self, jobs: Sequence[Any]) -> list[Answer]:
        """Answers in the order of the jobs.

        Raises:
            SuiteError: the pool is closed, or its function cannot be imported or prepared.
            ValueError: a job is not a JSON value.
        """
        batch = self._submit(jobs)
        try:
            return batch.result()
        finally:
            batch.cancel()  # of use only if the wait was interrupted

    async def amap(self, jobs: Sequence[Any]) -> list[Answer]:
        """As ``map``, without blocking the loop; cancelling drops the jobs that have not begun."""
        return await asyncio.wrap_future(self._submit(jobs))

    def _submit(self, jobs: Sequence[Any]) -> "Future[list[Answer]]":
        return self._crew.submit([encode(job) for job in jobs])

    def close(self) -> None:
        """End the workers; maps in other threads end with an error. A second call does nothing."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Batch:
    """The jobs of one map and the answers that came so far."""

    def __init__(self, num_jobs: int) -> None:
        self.future: Future[list[Answer]] = Future()
        self._answers: list[Answer | None] = [None] * num_jobs
        self._missing = num_jobs
        self._lock = threading.Lock()

    def put(self, index: int, answer: Answer) -> None:
        with self._lock:
            self._answers[index] = answer
            self._missing -= 1
            missing = self._missing
        if not missing:
            self.settle([answer for answer in self._answers if answer is not None])

    def settle(self, outcome: list[Answer] | Exception) -> None:
        """Give the outcome, unless there is one already or nobody waits."""
        try:
            if isinstance(outcome, Exception):
                self.future.set_exception(outcome)
            else:
                self.future.set_result(outcome)
        except InvalidStateError:
            return


@dataclass(frozen=True, kw_only=True, eq=False)
class _Job:
    batch: _Batch
    index: int
    frame: bytes


class _Crew:
    """A thread for each worker; all take jobs from one queue."""

    def __init__(self, spec: WorkerSpec, *, size: int, jobs_per_worker: int) -> None:
        self.spec = spec
        self._process = os.getpid()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._batches: weakref.WeakSet[_Batch] = weakref.WeakSet()
        self._posts = [_Post(spec, jobs_per_worker=jobs_per_worker) for _ in range(size)]
        self._threads: list[threading.Thread] = []
        self._closing = False

    def submit(self, frames: list[bytes]) -> "Future[list[Answer]]":
        batch = _Batch(len(frames))
        with self._lock:
            if self._closing:
                raise self._closed()
            if os.getpid() != self._process:
                raise SuiteError(
                    f"the pool of workers for {self.spec.target} belongs to process "
                    f"{self._process}, and this is a fork of it.\nMake a pool of its own here."
                )
            self._batches.add(batch)
            self._start_threads()
        for index, frame in enumerate(frames):
            self._queue.put(_Job(batch=batch, index=index, frame=frame))
        if not frames:
            batch.settle([])
        return batch.future

    def _start_threads(self) -> None:
        """Once. Workers end with the thread that started them, so the threads stay."""
        for post in self._posts[len(self._threads) :]:
            thread = threading.Thread(target=self._work, args=(post,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        if os.getpid() != self._process:  # a fork of the owner ends
            return
        with self._lock:
            if self._closing:
                return
            self._closing = True
            batches = list(self._batches)
        for batch in batches:
            batch.settle(self._closed())
        for post in self._posts:
            post.retire()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _closed(self) -> SuiteError:
        return SuiteError(
            f"the pool of workers for {self.spec.target} is closed.\n"
            "Judge before closing it, or make a new one."
        )

    def _work(self, post: "_Post") -> None:
        """A thread's life: jobs from the queue until None comes."""
        try:
            while (job := self._queue.get()) is not None:
                if job.batch.future.done():
                    continue
                try:
                    job.batch.put(job.index, post.answer(job.frame))
                except Exception as error:  # noqa: BLE001 - the one who waits must hear of it
                    job.batch.settle(error)
        finally:
            post.vacate()


class _RetiredError(Exception):
    """The pool was closed while a worker was about to start."""


class _Post:
    """A worker's place: starts one when there is a job, replaces it when it is spent."""

    def __init__(self, spec: WorkerSpec, *, jobs_per_worker: int) -> None:
        self.spec = spec
        self._jobs_per_worker = jobs_per_worker
        self._worker: WorkerProcess | None = None
        self._num_jobs = 0
        self._lock = threading.Lock()
        self._retired = False

    def answer(self, frame: bytes) -> Answer:
        """Ask once, and once more if the worker was ended by somebody else."""
        start = time.monotonic()
        value, verdict, error = self._ask(frame)
        if verdict is Verdict.INFRA_ERROR and not self._retired:
            value, verdict, error = self._ask(frame)
        seconds = time.monotonic() - start
        return Answer(value=value, verdict=verdict, error=error, seconds=seconds)

    def retire(self) -> None:
        """From another thread: start no worker any more, and end the one that works."""
        with self._lock:
            self._retired = True
            if self._worker is not None:
                self._worker.interrupt()

    def vacate(self) -> None:
        """Kill the worker, if there is one."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _ask(self, frame: bytes) -> tuple[Any, Verdict, str | None]:
        try:
            worker = self._ready()
        except (WorkerDiedError, DeadlineError, OSError, _RetiredError) as error:
            self.vacate()
            return None, Verdict.INFRA_ERROR, f"a worker did not start: {type(error).__name__}"
        except SuiteError:
            self.vacate()
            raise
        answered = self._exchange(worker, frame)
        if isinstance(answered, dict) and "value" in answered:
            return answered["value"], Verdict.PASS, None
        if isinstance(answered, dict):
            verdict, error_line = Verdict(answered["verdict"]), str(answered["error"])
            spent = verdict is Verdict.OOM
        else:
            (verdict, error_line), spent = answered, True
        if spent:
            self.vacate()
        return None, verdict, error_line

    def _exchange(
        self, worker: WorkerProcess, frame: bytes
    ) -> dict[str, Any] | tuple[Verdict, str]:
        """What the worker told, or how it failed to."""
        spec = self.spec
        most = spec.answer_bytes + HEADROOM
        try:
            told = worker.exchange(frame, seconds=spec.wall_seconds, most_bytes=most)
            answered: dict[str, Any] = json.loads(told)
        except DeadlineError:
            return Verdict.TIMEOUT, f"no answer in {spec.wall_seconds:g} s"
        except FloodError:
            return Verdict.FLOOD, f"an answer above {spec.answer_bytes} bytes"
        except WorkerDiedError as died:
            return self._cause(died.status)
        except (ValueError, RecursionError) as error:
            return Verdict.CRASH, f"an answer that cannot be read: {type(error).__name__}"
        return answered

    def _ready(self) -> WorkerProcess:
        if self._num_jobs >= self._jobs_per_worker:
            self.vacate()
        if self._worker is None:
            self._start()
        assert self._worker is not None
        self._num_jobs += 1
        return self._worker

    def _start(self) -> None:
        with self._lock:
            if self._retired:
                raise _RetiredError
            worker = self._worker = WorkerProcess(self.spec)
            self._num_jobs = 0
        try:
            worker.boot()
        except WorkerDiedError as died:
            if died.status in FOREIGN_SIGNALS:
                raise
            raise worker.not_started(self._cause(died.status)[1]) from None

    def _cause(self, status: int) -> tuple[Verdict, str]:
        if status in TIMER_SIGNALS:
            return Verdict.TIMEOUT, f"no answer in {self.spec.cpu_seconds:g} s of CPU time"
        if status in FOREIGN_SIGNALS:
            return Verdict.INFRA_ERROR, f"the worker was ended by {signal.Signals(-status).name}"
        told = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return Verdict.CRASH, f"the worker died: {told}"
