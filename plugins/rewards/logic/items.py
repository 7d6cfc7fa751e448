"""What an item is, whatever it asks for: a gold, questions that prove it, a draft of a verdict.

A question is a list of formulas; the solver says whether one model makes all of them true.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.errors import SuiteError
from suite.core.verifier import Hack, Judgement, Verdict
from suite.plugins.rewards.logic.grammar import parse
from suite.plugins.rewards.logic.tree import FormulaError, Node, Symbol, signature

Question = tuple[Node, ...]
PARTS = ("format", "correct")


class RowError(SuiteError):
    """A row without an item; ``status`` is what refusals are counted by."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class LogicItem(ABC):
    """One row that can be judged."""

    name: str

    @abstractmethod
    def golds(self) -> tuple[str, ...]:
        """Answers with full marks."""

    @abstractmethod
    def hacks(self) -> tuple[Hack, ...]:
        """Answers that must not be paid."""

    @abstractmethod
    def proofs(self) -> tuple[Question, ...]:
        """The questions whose answers prove the gold right."""

    @abstractmethod
    def gold_error(self, outcomes: Sequence[str]) -> str | None:
        """What is wrong with the gold; None: it is proved. One outcome a question of ``proofs``."""

    @abstractmethod
    def draft(self, answer: str) -> Judgement | Question:
        """The verdict, or the question that must be unsatisfiable for a pass."""


def passed() -> Judgement:
    """Full marks."""
    return Judgement(verdict=Verdict.PASS, score=1.0, parts={"format": 1.0, "correct": 1.0})


def failed(verdict: Verdict, feedback: str, *, readable: bool = True) -> Judgement:
    """No marks; ``feedback`` speaks of the answer alone."""
    parts = {"format": float(readable), "correct": 0.0}
    return Judgement(verdict=verdict, score=0.0, parts=parts, feedback=feedback)


def read_formulas(texts: Any, what: str, *, repair_scope: bool) -> tuple[Node, ...]:
    """The formulas of a row.

    Raises:
        RowError: they are no list of texts ("bad_row"), or one cannot be read ("unreadable").
    """
    if not isinstance(texts, list | tuple) or not all(isinstance(one, str) for one in texts):
        raise RowError("bad_row", f"'{what}' must be a list of formulas, got {texts!r:.80}.")
    found = []
    for text in texts:
        try:
            found.append(parse(text, repair_scope=repair_scope))
        except FormulaError as error:
            raise RowError(
                "unreadable", f"{error.status}: {text.strip()[:120]!r}: {error}."
            ) from error
    return tuple(found)


def symbols_of(formulas: Sequence[Node]) -> Mapping[str, Symbol]:
    """The symbols of one row's formulas.

    Raises:
        RowError: a name is used in two ways ("clash").
    """
    try:
        return signature(formulas)
    except FormulaError as error:
        raise RowError("clash", f"{error}.") from error
