"""logic/formula: labels, formulas and models, each against an item with a proved gold.

Most verdicts need no solver. A formula that is not the gold up to the names of its variables goes
to z3 in workers with a deadline; what z3 leaves open is a timeout and never paid.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.execution.workers import Answer, WorkerPool
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.logic.examples import EXAMPLES
from suite.plugins.rewards.logic.formula import read_formula
from suite.plugins.rewards.logic.items import LogicItem, Question, RowError, failed, passed
from suite.plugins.rewards.logic.label import read_label
from suite.plugins.rewards.logic.rows import read_rows
from suite.plugins.rewards.logic.satisfied import read_satisfied
from suite.plugins.rewards.logic.tree import to_json

SATISFY = "suite.plugins.rewards.logic.solver:satisfy"
REMEMBERED = 4096  # verdicts of the solver that are kept: groups of samples repeat each other


class LogicVerifier(Verifier[LogicItem]):
    """Full marks for the right label, an equivalent formula, or a model; none otherwise.

    Args:
        ask: what FOLIO's rows ask for, "label" or "formula".
        unproved: rows whose label no formulas prove: "refuse", or "keep" on the data's word.
        steps: the solver's budget for one question, in its own count; it decides what is unknown.
        workers, cpu_seconds, wall_seconds, memory_mb: of the solver's processes.

    Raises:
        SuiteError: a value that is none of these, or a limit of zero or below.
    """

    def __init__(
        self,
        *,
        ask: str = "label",
        unproved: str = "refuse",
        steps: int = 1_000_000,
        workers: int = 2,
        cpu_seconds: float = 5.0,
        wall_seconds: float = 30.0,
        memory_mb: int = 1024,
    ) -> None:
        for name, value, known in (
            ("ask", ask, ("label", "formula")),
            ("unproved", unproved, ("refuse", "keep")),
        ):
            if value not in known:
                raise SuiteError(f"{name} must be '{known[0]}' or '{known[1]}', got {value!r}.")
        if steps <= 0:
            raise SuiteError(f"steps must be above zero, got {steps}.\nGive a positive limit.")
        self.ask, self.unproved = ask, unproved
        self._pool = WorkerPool(
            SATISFY,
            workers=workers,
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            memory_mb=memory_mb,
            setup={"steps": steps},
        )
        self._known: OrderedDict[str, Judgement] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return EXAMPLES if data is None else read_rows(data, self.ask)

    def item(self, row: Mapping[str, Any]) -> LogicItem:
        """A row as an item; see rows.py.

        Raises:
            RowError: a SuiteError with the status that refusals are counted by.
        """
        name = str(row.get("name", "a row without a name"))
        if "formulas" in row:
            return read_satisfied(row, name)
        if "formula" in row:
            return read_formula(row, name)
        return read_label(row, name, unproved=self.unproved)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[LogicItem]:
        """Items with proved golds.

        Statuses of the others: bad_row, no_formula (nothing proves the label), unreadable, clash
        (a symbol used in two ways), gold_error (proved wrong, trivial, or left open).
        """
        found = [self._read(row) for row in rows]
        items = [one for one in found if isinstance(one, LogicItem)]
        errors = dict(zip(map(id, items), self._gold_errors(items), strict=True))
        kept, refused = [], []
        for one in found:
            if isinstance(one, Refusal):
                refused.append(one)
            elif (reason := errors[id(one)]) is not None:
                refused.append(Refusal(name=one.name, status="gold_error", reason=reason))
            else:
                kept.append(one)
        return Loaded(items=tuple(kept), refused=tuple(refused))

    def _read(self, row: Mapping[str, Any]) -> LogicItem | Refusal:
        try:
            return self.item(row)
        except RowError as error:
            name = str(row.get("name", "a row without a name"))
            return Refusal(name=name, status=error.status, reason=str(error))

    def _gold_errors(self, items: Sequence[LogicItem]) -> list[str | None]:
        """What is wrong with each gold: by proof, and as an answer like any other."""
        proofs = [item.proofs() for item in items]
        asked = iter(self._ask([questions for questions in proofs if questions]))
        answers = [next(asked) if questions else None for questions in proofs]
        errors = [_gold_error(item, answer) for item, answer in zip(items, answers, strict=True)]
        pairs = [
            (number, gold)
            for number, item in enumerate(items)
            if errors[number] is None
            for gold in item.golds()
        ]
        judged = self.judge([gold for _, gold in pairs], [items[number] for number, _ in pairs])
        for (number, _), one in zip(pairs, judged, strict=True):
            if one.verdict is not Verdict.PASS:
                errors[number] = f"the gold against itself: {one.verdict}, {one.feedback}"
        return errors

    def _ask(self, jobs: Sequence[Sequence[Question]]) -> list[Answer]:
        """The solver's outcomes, one list a job."""
        if not jobs:
            return []
        return self._pool.map([[list(map(to_json, q)) for q in job] for job in jobs])

    def golds(self, item: LogicItem) -> Sequence[str]:
        return item.golds()

    def hacks(self, item: LogicItem) -> Sequence[Hack]:
        return item.hacks()

    def judge(self, answers: Sequence[str], items: Sequence[LogicItem]) -> list[Judgement]:
        if self._closed.is_set():
            raise SuiteError(
                "the logic verifier is closed.\nJudge before closing it, or make a new one."
            )
        drafts = [item.draft(text) for text, item in zip(answers, items, strict=True)]
        keys = [None if isinstance(one, Judgement) else _key(one) for one in drafts]
        decided = self._decide({k: d for k, d in zip(keys, drafts, strict=True) if k is not None})
        return [
            one if isinstance(one, Judgement) else decided[str(key)]
            for key, one in zip(keys, drafts, strict=True)
        ]

    def _decide(self, questions: Mapping[str, Any]) -> dict[str, Judgement]:
        """A verdict for each different question; those that were proved are remembered."""
        with self._lock:
            known = {key: self._known[key] for key in questions if key in self._known}
        asked = [key for key in questions if key not in known]
        answers = self._ask([[questions[key]] for key in asked])
        fresh = {key: _verdict(answer) for key, answer in zip(asked, answers, strict=True)}
        with self._lock:
            for key, one in fresh.items():
                if one.verdict in {Verdict.PASS, Verdict.FAIL}:
                    self._known[key] = one
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known | fresh

    def close(self) -> None:
        self._closed.set()
        self._pool.close()


def _key(question: Question) -> str:
    return json.dumps([to_json(formula) for formula in question])


def _gold_error(item: LogicItem, answer: Answer | None) -> str | None:
    if answer is None:
        return item.gold_error(())
    if answer.verdict is not Verdict.PASS:
        return f"the solver did not decide it: {answer.verdict}, {answer.error}"
    return item.gold_error(answer.value)


def _verdict(answer: Answer) -> Judgement:
    """What the solver's answer to "is there a model where they differ?" means."""
    if answer.verdict is not Verdict.PASS:
        return failed(answer.verdict, f"the formula was not decided: {answer.error}")
    outcome = answer.value[0]
    if outcome == "unsat":
        return passed()
    if outcome == "sat":
        return failed(Verdict.FAIL, "the formula says something else")
    return failed(Verdict.TIMEOUT, "the formula was not decided within the solver's budget")
