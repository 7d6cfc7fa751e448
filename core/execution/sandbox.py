"""Sandbox: runs programs that a model wrote, several at a time, and says what came of each.

A worker is a thread here and a launcher beside it, which forks a fresh child for every program.
What a run costs and shows is its own: a program that hangs holds up one worker until its deadline.

    with Sandbox() as sandbox:
        program = Program(source="def add(a, b): return a + b", entry="add", calls=(((1, 2), {}),))
        [run] = sandbox.run([program])
        run.results[0].value  # 3
"""

import asyncio
import dataclasses
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

from suite.core.errors import SuiteError
from suite.core.execution import languages, wire
from suite.core.execution.launch import Launcher, LaunchError
from suite.core.execution.levels import Level, best_level, require_level
from suite.core.execution.limits import Limits
from suite.core.execution.program import Call, CallResult, Program, ProgramError, Run
from suite.core.execution.session import EndedError, Session
from suite.core.verifier import Verdict

__all__ = ["CallResult", "Program", "ProgramError", "Run", "Sandbox"]

Job = Callable[["_Worker"], Run]
LOST = "the launcher was lost while the program ran"


class Sandbox:
    """A pool of launchers.

    Args:
        level: of the isolation ladder; the highest that works here unless given. L0 protects no
            verdict and must be asked for by name.
        workers: programs at once; the number of cores unless given.
        limits: of every launch.
    """

    def __init__(
        self, level: Level | None = None, workers: int | None = None, limits: Limits | None = None
    ) -> None:
        self.level = best_level() if level is None else require_level(level)
        if self.level is Level.L0 and level is None:
            raise SuiteError(
                "no isolation above L0 works here, and L0 cannot protect a verdict from the code "
                "that it judges.\nRun `suite doctor` for the reasons, or ask for level L0 by name."
            )
        self.limits = limits or Limits()
        count = (os.cpu_count() or 1) if workers is None else workers
        if count < 1:
            raise SuiteError(f"a sandbox with {count} workers runs nothing; use 1 or more.")
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Run]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._process = os.getpid()
        self._workers = [_Worker(self.level) for _ in range(count)]
        self._threads = [
            threading.Thread(target=worker.serve, args=(self._jobs,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()
        # Also where nobody calls close(): the launchers' folders are removed at exit.
        self._ending = weakref.finalize(self, _end, self._jobs, self._threads)

    def run(self, programs: Iterable[Program], *, limits: Limits | None = None) -> list[Run]:
        """Run programs; results in their order.

        Raises:
            SuiteError: the sandbox was closed, a language is unknown or its program missing, or
                an input is of no plain type.
        """
        return [future.result() for future in self._submit(programs, limits)]

    async def arun(self, programs: Iterable[Program], *, limits: Limits | None = None) -> list[Run]:
        """``run`` for asyncio; the loop goes on meanwhile."""
        futures = self._submit(programs, limits)
        return list(await asyncio.gather(*map(asyncio.wrap_future, futures)))

    def run_suites(self, pairs: Sequence[tuple[Program, Program]]) -> list[Run]:
        """Run test suites, each against a candidate in a process of its own.

        The suite's program names ``stub``, and one call that starts it; what it asks of the stub is
        called in the candidate, whose process never holds the suite's text.

        Args:
            pairs: (suite, candidate); the candidate's ``calls`` are not used.

        Returns:
            The runs of the suites. Where the candidate ended (a timeout, a crash), its verdict.
        """
        jobs = []
        for suite, candidate in pairs:
            for one in (suite, candidate):
                languages.check(one)
            jobs.append(self._suite_job(suite, candidate))
        return [future.result() for future in self._put(jobs)]

    def close(self) -> None:
        """End the launchers: programs under way end within their limits, others never start."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._ending()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # --- jobs ----------------------------------------------------------------------------------

    def _submit(self, programs: Iterable[Program], limits: Limits | None) -> list[Future[Run]]:
        chosen = limits or self.limits
        jobs = []
        for program in programs:
            languages.check(program)
            refused = _refused(program)
            nodes = [_encoded(call) for call in program.calls]
            jobs.append(self._job(program, nodes, chosen, refused))
        return self._put(jobs)

    def _job(self, program: Program, nodes: list[Any], limits: Limits, refused: Run | None) -> Job:
        if refused is not None:
            return lambda worker: refused
        return lambda worker: worker.run(program, nodes, limits)

    def _suite_job(self, suite: Program, candidate: Program) -> Job:
        refused = _refused(candidate) or _refused(suite)
        if refused is not None:
            return lambda worker: refused
        nodes = [_encoded(call) for call in suite.calls]
        return lambda worker: worker.run_suite(suite, nodes, candidate, self.limits)

    def _put(self, jobs: Sequence[Job]) -> list[Future[Run]]:
        with self._lock:
            if self._closed:
                raise _closed()
            if os.getpid() != self._process:
                raise SuiteError(
                    "a sandbox was made in another process, and its launchers are that one's.\n"
                    "Make one after the fork."
                )
            futures: list[Future[Run]] = []
            for job in jobs:
                future: Future[Run] = Future()
                self._jobs.put((job, future))
                futures.append(future)
        return futures


def _end(
    jobs: "queue.SimpleQueue[tuple[Job, Future[Run]] | None]", threads: list[threading.Thread]
) -> None:
    """Tell those who wait for programs not begun, then let the workers finish."""
    while True:
        try:
            entry = jobs.get_nowait()
        except queue.Empty:
            break
        if entry is not None and entry[1].set_running_or_notify_cancel():
            entry[1].set_exception(_closed())
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join()


def _closed() -> SuiteError:
    return SuiteError(
        "a verdict was asked of a sandbox that was closed.\nMake a new one, or ask before close()."
    )


def _refused(program: Program) -> Run | None:
    """Sources that are none, told without a launch."""
    if not program.source.strip():
        return Run(verdict=Verdict.NO_CODE, detail="the source is empty")
    try:
        program.source.encode("utf-8")
    except UnicodeEncodeError:
        return _bad("UnicodeError", "it holds half of a surrogate pair")
    if "\0" in program.source:
        return _bad("SyntaxError", "it holds a NUL")
    return None


def _bad(kind: str, message: str) -> Run:
    error = ProgramError(kind=kind, message=message)
    return Run(verdict=Verdict.BAD_SOURCE, error=error, detail="it does not compile")


def _encoded(call: Call) -> Any:
    args, kwargs = call
    try:
        return wire.encode((list(args), dict(kwargs)))
    except wire.WireError as error:
        raise SuiteError(
            f"an input of a test cannot be sent to a program: {error}.\n"
            "Inputs are plain values: numbers, text, and lists, tuples, sets and dicts of them."
        ) from None


class _Worker:
    """One launcher, replaced when it is lost, and a second one for test suites."""

    def __init__(self, level: Level) -> None:
        self.level = level
        self.launchers: dict[int, Launcher] = {}

    def serve(self, jobs: "queue.SimpleQueue[tuple[Job, Future[Run]] | None]") -> None:
        """Job after job, until there is None."""
        while (entry := jobs.get()) is not None:
            job, future = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job(self))
            except BaseException as error:  # noqa: BLE001  # the caller hears it from its future
                future.set_exception(error)
        for slot in list(self.launchers):
            self._lose(slot)

    def run(self, program: Program, nodes: list[Any], limits: Limits) -> Run:
        """Run a program, and once more if the machinery failed it."""
        run = self._attempt(program, nodes, limits)
        if run.verdict is not Verdict.INFRA_ERROR:
            return run
        again = self._attempt(program, nodes, limits)
        return _charged(run, again)

    def _attempt(self, program: Program, nodes: list[Any], limits: Limits) -> Run:
        results: list[CallResult] = []
        clocks = _Clocks()
        try:
            if program.entry is not None:
                self._launch(0, program, limits, "", clocks, _calls(nodes, results))
            else:
                for text in program.stdin or ("",):
                    self._launch(0, program, limits, text, clocks, _prints(results))
        except EndedError as ended:
            return clocks.run(ended.verdict, results, ended)
        return clocks.run(Verdict.PASS, results)

    def run_suite(
        self, suite: Program, nodes: list[Any], candidate: Program, limits: Limits
    ) -> Run:
        """Run a suite whose stub is answered by the candidate."""
        results: list[CallResult] = []
        clocks = _Clocks()

        def both(session: Session) -> None:
            session.load()

            def inner(served: Session) -> None:
                served.load()
                asked = 0

                def answer(node: Any) -> dict[str, Any]:
                    nonlocal asked
                    asked += 1
                    return _relayed(served, asked, node)

                for index, one in enumerate(nodes):
                    results.append(session.call(index, one, answer))

            self._launch(1, candidate, limits, "", clocks, inner)

        try:
            self._launch(0, suite, limits, "", clocks, both)
        except EndedError as ended:
            return clocks.run(ended.verdict, results, ended)
        return clocks.run(Verdict.PASS, results)

    def _launch(
        self,
        slot: int,
        program: Program,
        limits: Limits,
        stdin: str,
        clocks: "_Clocks",
        conversation: Callable[[Session], None],
    ) -> None:
        """One launch from start to nothing left.

        Raises:
            EndedError: with the verdict, unless the conversation came to its end.
        """
        session: Session | None = None
        try:
            session = Session(self._launcher(slot), program, limits, stdin)
            try:
                conversation(session)
            except EndedError as ended:
                session.finish()
                raise session.verdict_of_end(ended) from None
            session.finish()
        except LaunchError as error:
            self._lose(slot)
            # A program that could choose to be masked would never lose: see _charged.
            detail = LOST if session is not None and session.started else str(error)
            raise EndedError(Verdict.INFRA_ERROR, detail) from error
        finally:
            if session is not None:
                clocks.add(session)
                session.close()

    def _launcher(self, slot: int) -> Launcher:
        if slot not in self.launchers:
            self.launchers[slot] = Launcher(self.level)
        return self.launchers[slot]

    def _lose(self, slot: int) -> None:
        launcher = self.launchers.pop(slot, None)
        if launcher is not None:
            launcher.stop()


class _Clocks:
    """Time spent, over the launches of one program."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.cpu = 0.0

    def add(self, session: Session) -> None:
        self.cpu += session.gone["cpu"] if session.gone else 0.0

    def run(
        self, verdict: Verdict, results: list[CallResult], ended: EndedError | None = None
    ) -> Run:
        return Run(
            verdict=verdict,
            results=tuple(results),
            seconds=time.monotonic() - self.start,
            cpu_seconds=self.cpu,
            error=ended.error if ended else None,
            detail=ended.detail if ended else None,
        )


def _charged(first: Run, again: Run) -> Run:
    """The second attempt's run; a launcher lost twice while the same source ran is its doing."""
    if first.detail == again.detail == LOST:
        return dataclasses.replace(again, verdict=Verdict.CRASH)
    return again


def _calls(nodes: list[Any], results: list[CallResult]) -> Callable[[Session], None]:
    def conversation(session: Session) -> None:
        session.load()
        for index, node in enumerate(nodes):
            results.append(session.call(index, node))

    return conversation


def _prints(results: list[CallResult]) -> Callable[[Session], None]:
    return lambda session: results.append(session.read_and_print())


def _relayed(served: Session, index: int, node: Any) -> dict[str, Any]:
    """What a suite asked, called in the candidate: rebuilt on the way, so nothing else passes."""
    try:
        asked = wire.encode(wire.decode(node))
    except wire.WireError:
        return {"k": "failed", "e": ["TypeError", "an argument cannot be sent", None]}
    result = served.call(index, asked)
    if result.error is not None:
        return {"k": "failed", "e": [result.error.kind, result.error.message, None]}
    return {"k": "answer", "v": wire.encode(result.value)}
