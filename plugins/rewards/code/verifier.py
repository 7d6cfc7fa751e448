"""CodeVerifier: programs that a model wrote, judged by tests that they never see.

Expected values, comparators and asserts stay here (or in a suite's own process); the judged process
gets source and inputs, and answers with typed values that are compared in this one.
"""

import functools
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from suite.core.errors import SuiteError
from suite.core.execution.levels import Level
from suite.core.execution.limits import Limits
from suite.core.execution.program import Run
from suite.core.execution.sandbox import Sandbox
from suite.core.json_lines import json_lines
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.code.hacks import hacks_of
from suite.plugins.rewards.code.items import CodeItem, RowError, read_item, row_name
from suite.plugins.rewards.code.outcome import Outcome, of_cases, of_suite, together, unread
from suite.plugins.rewards.code.programs import Attempt, prepare
from suite.plugins.rewards.code.rows import EXAMPLES
from suite.plugins.rewards.code.synthesis import synthesise

SYNTHESIS_SECONDS = 0.5  # of CPU for a reference on its new inputs: one that is slow there is none

Credit = Literal["all", "share"]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Task:
    """An answer made ready, or the outcome that needs no run."""

    item: CodeItem
    attempt: Attempt | None = None
    outcome: Outcome | None = None


class CodeVerifier(Verifier[CodeItem]):
    """An answer passes if every test holds.

    Args:
        credit: "all": 1 where every test holds, else 0. "share": the share of tests that hold.
        synthesise: how many tests of its own each item gets beside those of its row: inputs near
            the known ones, answered by the reference (synthesis.py). seed: of these inputs.
        level: of the isolation ladder, "L1" to "L3" ("L0" protects no verdict); the best here
            unless given.
        workers: programs at once.
        cpu_seconds, wall_seconds, memory_mb, output_bytes: limits of one program with all its
            calls; a stdin program is launched, and limited, once a test.

    Raises:
        SuiteError: a limit is zero or below, or the level is unknown or does not work here.
    """

    executes_code = True

    def __init__(
        self,
        *,
        credit: Credit = "all",
        synthesise: int = 0,
        seed: int = 0,
        level: str | None = None,
        workers: int = 2,
        cpu_seconds: float = 5.0,
        wall_seconds: float = 15.0,
        memory_mb: int = 512,
        output_bytes: int = 1 << 20,
    ) -> None:
        if credit not in get_args(Credit):
            raise SuiteError(
                f"credit must be one of {', '.join(get_args(Credit))}; got {credit!r}."
            )
        if workers < 1:
            raise SuiteError(f"workers = {workers} judges nothing; use 1 or more.")
        if synthesise < 0:
            raise SuiteError(f"synthesise = {synthesise}: use 0 for none, or how many tests.")
        self.credit: Credit = credit
        self.synthesise, self.seed = synthesise, seed
        self.limits = Limits(
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            memory_mb=memory_mb,
            output_bytes=output_bytes,
        )
        self.level, self.workers = _level(level), workers
        self._sandbox: Sandbox | None = None
        self._closed = False
        self._lock = threading.Lock()

    @property
    def isolation(self) -> str:
        """The level that programs run at."""
        return self._running().level.name

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return EXAMPLES if data is None else (row for _, row in json_lines(data))

    def item(self, row: Mapping[str, Any]) -> CodeItem:
        [item] = self._with_more([read_item(row)])
        return item

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[CodeItem]:
        """Rows as items; a reference that fails its own tests is refused.

        A row without a reference is taken as it is: its tests decide, and nothing vouches for them.
        """
        items: list[CodeItem] = []
        refused: list[Refusal] = []
        for row in rows:
            try:
                items.append(read_item(row))
            except RowError as error:
                reason = str(error).replace("\n", " ")
                refused.append(Refusal(name=row_name(row), status=error.status, reason=reason))
        known = [item for item in items if item.reference is not None]
        judged = self.judge([self.golds(item)[0] for item in known], known)
        wrong = {
            id(item): _refusal(item, one)
            for item, one in zip(known, judged, strict=True)
            if one.verdict is not Verdict.PASS
        }
        kept = [item for item in items if id(item) not in wrong]
        return Loaded(items=tuple(self._with_more(kept)), refused=(*refused, *wrong.values()))

    def _with_more(self, items: list[CodeItem]) -> list[CodeItem]:
        """The items with the tests that ``synthesise`` asks for."""
        if not self.synthesise:
            return items
        limits = replace(self.limits, cpu_seconds=SYNTHESIS_SECONDS)
        run = functools.partial(self._running().run, limits=limits)
        return synthesise(items, run, count=self.synthesise, seed=self.seed)

    def golds(self, item: CodeItem) -> Sequence[str]:
        if item.reference is None:
            return ()
        return (f"```{item.language}\n{item.reference}\n```",)

    def hacks(self, item: CodeItem) -> Sequence[Hack]:
        return hacks_of(item, share=self.credit == "share")

    def judge(self, answers: Sequence[str], items: Sequence[CodeItem]) -> list[Judgement]:
        """Judge answers, one an item; results in order.

        ``parts["tests"]`` is the share of tests that hold. Tests run in order, and a program that
        hangs or dies ends them: those that it did not reach do not hold.
        """
        tasks = [_task(answer, item) for answer, item in zip(answers, items, strict=True)]
        runs = iter(self._cases(tasks))
        suites = iter(self._suites(tasks))
        outcomes = []
        for task in tasks:
            found = [task.outcome] if task.outcome is not None else []
            if task.attempt is not None and task.attempt.program is not None:
                found.append(of_cases(next(runs), task.item, task.attempt))
            if task.attempt is not None and task.attempt.suite is not None:
                found.append(of_suite(next(suites), task.item, task.attempt))
            outcomes.append(together(found))
        return [self._judgement(outcome) for outcome in outcomes]

    def close(self) -> None:
        """End the launchers; judging afterwards is an error."""
        with self._lock:
            self._closed = True
            if self._sandbox is not None:
                self._sandbox.close()

    def _running(self) -> Sandbox:
        with self._lock:
            if self._closed:
                raise SuiteError(
                    "a verdict was asked of a code verifier that was closed.\n"
                    "Make a new one, or ask before close()."
                )
            if self._sandbox is None:
                self._sandbox = Sandbox(self.level, self.workers, self.limits)
            return self._sandbox

    def _cases(self, tasks: Sequence[_Task]) -> list[Run]:
        programs = [
            task.attempt.program
            for task in tasks
            if task.attempt is not None and task.attempt.program is not None
        ]
        return self._running().run(programs)

    def _suites(self, tasks: Sequence[_Task]) -> list[Run]:
        pairs = [
            task.attempt.suite
            for task in tasks
            if task.attempt is not None and task.attempt.suite is not None
        ]
        return self._running().run_suites(pairs)

    def _judgement(self, outcome: Outcome) -> Judgement:
        share = outcome.passed / outcome.total
        full = outcome.verdict is Verdict.PASS
        return Judgement(
            verdict=outcome.verdict,
            score=share if self.credit == "share" else float(full),
            parts={"tests": share},
            feedback=outcome.feedback,
        )


def _task(answer: str, item: CodeItem) -> _Task:
    prepared = prepare(answer, item)
    if isinstance(prepared, str):
        return _Task(item=item, outcome=unread(prepared, item))
    return _Task(item=item, attempt=prepared)


def _level(name: str | None) -> Level | None:
    if name is None:
        return None
    if name not in Level.__members__:
        known = ", ".join(Level.__members__)
        raise SuiteError(f"level = {name!r} is no isolation level; known: {known}.")
    return Level[name]


def _refusal(item: CodeItem, judged: Judgement) -> Refusal:
    masked = judged.verdict is Verdict.INFRA_ERROR
    return Refusal(
        name=item.name,
        status="infra_error" if masked else "gold_error",
        reason=f"its reference: {judged.verdict}, {judged.feedback or 'no reason given'}",
    )
