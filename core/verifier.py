"""The Verifier noun: judges texts that a model wrote against items with known answers.

A verifier is usable alone (``with verifier: verifier.judge(answers, items)``) and as a Reward
through ``VerifierReward``. Its input is untrusted: see SECURITY.md for what each one promises.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

ItemT = TypeVar("ItemT")


class Verdict(StrEnum):
    """What came of one answer. Only INFRA_ERROR masks the sample; it is never a score of 0."""

    PASS = "pass"
    FAIL = "fail"
    TIMEOUT = "timeout"
    OOM = "oom"
    CRASH = "crash"
    FLOOD = "flood"
    BAD_SOURCE = "bad_source"
    NO_CODE = "no_code"
    INFRA_ERROR = "infra_error"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict on one answer.

    Attributes:
        verdict: what came of it; score: in the verifier's bounds, full marks where it passed.
        parts: named components of the score (partial credit), each a number.
        feedback: what a method that learns from text may read: error class, line, first failing
            input. Never an expected value.
    """

    verdict: Verdict
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    feedback: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An item that did not load.

    Attributes:
        name: which row; status: a stable word to count by ("gold_error", "bad_row"); reason: why.
    """

    name: str
    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Loaded(Generic[ItemT]):
    """Rows that became items, and those that were refused, both in the order of the rows."""

    items: tuple[ItemT, ...]
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hack:
    """A text that must not be paid: its name in tables, and the most that it may score."""

    name: str
    text: str
    at_most: float = 0.0


class Verifier(ABC, Generic[ItemT]):
    """Judges answers to items; safe to call from several threads.

    Attributes:
        bounds: (lowest, highest) score. executes_code: it runs what the model wrote.
    """

    bounds: tuple[float, float] = (0.0, 1.0)
    executes_code: bool = False

    @abstractmethod
    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        """The rows of a file in a format that this verifier knows, or its embedded examples.

        Raises:
            SuiteError: the file is missing, cut short, or of another format.
        """

    @abstractmethod
    def item(self, row: Mapping[str, Any]) -> ItemT:
        """One row as an item; its gold is not judged yet.

        Raises:
            SuiteError: the row lacks an answer, or its tests do not parse.
        """

    @abstractmethod
    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[ItemT]:
        """Rows as items. Each gold is judged: one that misses full marks is refused by name."""

    @abstractmethod
    def golds(self, item: ItemT) -> Sequence[str]:
        """Answers that must get full marks, each alone."""

    @abstractmethod
    def judge(self, answers: Sequence[str], items: Sequence[ItemT]) -> list[Judgement]:
        """Judge answers, one an item; results in order."""

    def hacks(self, item: ItemT) -> Sequence[Hack]:
        """Answers that must not be paid; the empty one always."""
        return (Hack(name="empty", text=""),)

    @property
    def isolation(self) -> str | None:
        """The level of the isolation ladder that answers run at, None where none runs."""
        return None

    def close(self) -> None:
        """End the processes that it keeps; judging afterwards is an error."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class VerifierReward(Reward):
    """A verifier as a reward: samples' native texts against the contexts' native rows.

    Verdicts depend on clocks, so they are journaled (``deterministic`` is False).
    """

    views: ClassVar[frozenset[str]] = frozenset({"native"})
    unit = "score"
    deterministic = False

    def __init__(self, verifier: Verifier[Any]) -> None:
        self.verifier = verifier
        self.bounds = verifier.bounds
        self.executes_code = verifier.executes_code
        self._items: dict[int, tuple[Any, Any]] = {}  # by identity of the row, which is kept

    @property
    def isolation(self) -> str | None:
        return self.verifier.isolation

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.native is None or context.native is None:
            raise SuiteError(
                f"{type(self.verifier).__name__} judges texts against rows with answers, and got "
                "samples or contexts without them.\nUse a task whose codec gives texts and whose "
                "contexts give rows."
            )
        judged = self.verifier.judge([str(text) for text in samples.native], self._rows(context))
        names = sorted({name for one in judged for name in one.parts})
        return Scores(
            value=torch.tensor([one.score for one in judged], dtype=torch.float32),
            valid=torch.tensor([one.verdict is not Verdict.INFRA_ERROR for one in judged]),
            reason=tuple(_reason(one) for one in judged),
            parts={n: torch.tensor([one.parts.get(n, 0.0) for one in judged]) for n in names},
        )

    def _rows(self, context: Context) -> list[Any]:
        """Items of the contexts, each row read once; train and held-out rows share no index."""
        assert context.native is not None
        return [self._item(row) for row in context.native]

    def _item(self, row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        if id(row) not in self._items:
            self._items[id(row)] = (row, self.verifier.item(row))
        return self._items[id(row)][1]


def _reason(judgement: Judgement) -> str | None:
    if judgement.verdict is Verdict.PASS:
        return None
    feedback = f": {judgement.feedback}" if judgement.feedback else ""
    return f"{judgement.verdict}{feedback}"
