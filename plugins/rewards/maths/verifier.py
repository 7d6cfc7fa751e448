"""The maths verifier: finds the answer, reads it, compares it with the gold.

Most verdicts are given here in exact arithmetic. Pairs that look equal and are not proved so go to
sympy in workers with a deadline; what it cannot prove fails.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError, unknown_name
from suite.core.execution.workers import Answer, WorkerPool
from suite.core.json_lines import json_lines
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.maths.algebra import rational
from suite.plugins.rewards.maths.comparing import DIFFERENT, Comparison, compare
from suite.plugins.rewards.maths.extraction import WAYS, extract
from suite.plugins.rewards.maths.perturb import perturbations
from suite.plugins.rewards.maths.rows import EXAMPLES, RowError, asks_for_list, gold_text
from suite.plugins.rewards.maths.statements import read
from suite.plugins.rewards.maths.tree import Statement, UnreadableError, Value
from suite.plugins.rewards.maths.trees_as_json import to_json

CONFIRM = "suite.plugins.rewards.maths.confirm:confirm"
HACKS = {
    "empty box": r"\boxed{}",
    "variable": r"\boxed{x}",
    "infinity": r"\boxed{\infty}",
    "tautology": r"\boxed{x = x}",
    "nothing": r"\boxed{\text{ }}",
    "undefined": r"\boxed{0/0}",
    "tower": r"\boxed{9^{9^{9^9}}}",
    "many": r"\boxed{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}",
}


@dataclass(frozen=True, kw_only=True)
class MathsItem:
    """A gold as written and as read; ``commas_separate``: its question asks for a list."""

    name: str
    gold: str
    statement: Statement
    commas_separate: bool = False


class MathsVerifier(Verifier[MathsItem]):
    """Full marks for an answer that states what the gold states, none otherwise.

    Args:
        readable: what an answer that is a number, and another one than the gold, is paid, in
            [0, 1); 0.1 in ReFT (Luong et al., arXiv:2401.08967, section 3). Text that cannot be
            read, what is no single number, and what could not be decided stay at 0.
        order: the ways of finding an answer, tried in this order; see extraction.py.
        workers, cpu_seconds, wall_seconds, memory_mb: of the processes that prove with sympy.

    Raises:
        SuiteError: a way that does not exist, none, or a limit of zero or below.
    """

    def __init__(
        self,
        *,
        readable: float = 0.0,
        order: Sequence[str] = tuple(WAYS),
        workers: int = 2,
        cpu_seconds: float = 2.0,
        wall_seconds: float = 20.0,
        memory_mb: int = 1024,
    ) -> None:
        for way in order:
            if way not in WAYS:
                raise unknown_name(
                    "way of finding an answer", way, WAYS, next_step="Correct 'order'."
                )
        if not order:
            raise SuiteError(f"'order' is empty.\nName at least one of {', '.join(WAYS)}.")
        if not 0 <= readable < 1:
            raise SuiteError(
                f"readable must be at least 0 and below 1, a right answer's score; got {readable}."
            )
        self.readable = readable
        self.order = tuple(order)
        self._pool = WorkerPool(
            CONFIRM,
            workers=workers,
            cpu_seconds=cpu_seconds,
            wall_seconds=wall_seconds,
            memory_mb=memory_mb,
        )
        self._closed = threading.Event()

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return EXAMPLES if data is None else (row for _, row in json_lines(data))

    def item(self, row: Mapping[str, Any]) -> MathsItem:
        gold, commas_separate = gold_text(row), asks_for_list(row)
        name = str(row.get("name", row.get("idx", gold)))
        try:
            statement = read(gold, commas_separate=commas_separate)
        except UnreadableError as error:
            raise RowError(
                "unreadable_gold",
                f"the gold answer {gold!r:.120} cannot be read: {error}.\n"
                "Write it as docs/verifiers/maths.md describes, or leave the row out.",
            ) from error
        return MathsItem(name=name, gold=gold, statement=statement, commas_separate=commas_separate)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[MathsItem]:
        items: list[MathsItem] = []
        refused: list[Refusal] = []
        for number, row in enumerate(rows):
            try:
                items.append(self.item(row))
            except RowError as error:
                name = str(row.get("name", row.get("idx", f"row {number}")))
                refused.append(Refusal(name=name, status=error.status, reason=str(error)))
        judged = self.judge([self.golds(item)[0] for item in items], items)
        pairs = list(zip(items, judged, strict=True))
        refused += [
            Refusal(
                name=item.name,
                status="gold_error",
                reason=f"the gold {item.gold!r:.120} against itself: {one.verdict}, {one.feedback}",
            )
            for item, one in pairs
            if one.verdict is not Verdict.PASS
        ]
        kept = tuple(item for item, one in pairs if one.verdict is Verdict.PASS)
        return Loaded(items=kept, refused=tuple(refused))

    def golds(self, item: MathsItem) -> Sequence[str]:
        """The gold in each form that this verifier's order reads."""
        forms = {
            "boxed": rf"\boxed{{{item.gold}}}",
            "tagged": f"<answer>{item.gold}</answer>",
            "marked": f"#### {item.gold}",
            "stated": f"The answer is {item.gold}",
            "number": item.gold,
        }
        return [forms[self.order[0]]]

    def judge(self, answers: Sequence[str], items: Sequence[MathsItem]) -> list[Judgement]:
        if self._closed.is_set():
            raise SuiteError(
                "the maths verifier is closed.\nJudge before closing it, or make a new one."
            )
        drafts = [self._draft(*pair) for pair in zip(answers, items, strict=True)]
        jobs = [
            [to_json(gold), to_json(answer)]
            for draft in drafts
            for gold, answer in draft.comparison.unproved
        ]
        proofs = iter(self._pool.map(jobs) if jobs else ())
        return [
            _judgement(draft, [next(proofs) for _ in draft.comparison.unproved], self.readable)
            for draft in drafts
        ]

    def _draft(self, answer: str, item: MathsItem) -> "_Draft":
        """What can be said without a proof."""
        found = extract(answer, self.order)
        if found.text is None:
            return _Draft(DIFFERENT, found.reason)
        try:
            statement = read(found.text, commas_separate=item.commas_separate)
        except UnreadableError as error:
            return _Draft(DIFFERENT, f"the answer cannot be read: {error}")
        number = isinstance(statement, Value) and rational(statement.expr) is not None
        return _Draft(compare(item.statement, statement), number=number)

    def hacks(self, item: MathsItem) -> Sequence[Hack]:
        """Texts that hold no answer, and the gold changed a little."""
        plain = [Hack(name="empty", text="")]
        plain += [
            Hack(name=name, text=text)
            for name, text in HACKS.items()
            if name not in ("variable", "tautology") or "x" not in item.gold
        ]
        near = dict(reversed(perturbations(item.gold)))
        return plain + [
            Hack(name=f"other {kind}", text=rf"\boxed{{{text}}}", at_most=self.readable)
            for kind, text in near.items()
        ]

    def close(self) -> None:
        self._closed.set()
        self._pool.close()


@dataclass(frozen=True)
class _Draft:
    """A comparison before its proofs.

    Attributes:
        unread: why the answer could not be read; number: it is one number.
    """

    comparison: Comparison
    unread: str | None = None
    number: bool = False


def _judgement(draft: _Draft, proofs: Sequence[Answer], readable: float) -> Judgement:
    """The verdict. Feedback speaks of the answer alone: it must not tell the gold."""
    if draft.unread is not None:
        return _failed(Verdict.FAIL, draft.unread, readable=False)
    if not draft.comparison.same:
        paid = readable if draft.number else 0.0
        return _failed(Verdict.FAIL, "the answer is another one", score=paid)
    broken = next((proof for proof in proofs if proof.verdict is not Verdict.PASS), None)
    if broken is not None:
        return _failed(broken.verdict, f"the answer could not be decided: {broken.error}")
    if not all(proof.value is True for proof in proofs):
        return _failed(Verdict.FAIL, "the answer was not proved equal")
    return Judgement(verdict=Verdict.PASS, score=1.0, parts={"format": 1.0, "correct": 1.0})


def _failed(
    verdict: Verdict, feedback: str, *, readable: bool = True, score: float = 0.0
) -> Judgement:
    parts = {"format": float(readable), "correct": 0.0}
    return Judgement(verdict=verdict, score=score, parts=parts, feedback=feedback)
