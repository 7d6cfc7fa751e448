"""The audit of a verifier finds what is planted: paid hacks, unpaid golds, unsteady verdicts."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from suite.core import registry
from suite.core.audit import Finding, audit
from suite.core.errors import SuiteError
from suite.core.verifier import (
    Hack,
    Judgement,
    Loaded,
    Refusal,
    Verdict,
    Verifier,
    VerifierReward,
)


class Sums(Verifier[int]):
    """Sound: an item is a number, its gold the number in digits; a row "x" is refused."""

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return [{"answer": text} for text in ("12", "x", "7")]

    def item(self, row: Mapping[str, Any]) -> int:
        return int(row["answer"])

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[int]:
        texts = [str(row["answer"]) for row in rows]
        refused = [Refusal(name=t, status="bad_row", reason="no number") for t in texts if t == "x"]
        return Loaded(items=tuple(int(t) for t in texts if t != "x"), refused=tuple(refused))

    def golds(self, item: int) -> Sequence[str]:
        return (str(item),)

    def hacks(self, item: int) -> Sequence[Hack]:
        return (*super().hacks(item), Hack(name="zero", text="0"))

    def judge(self, answers: Sequence[str], items: Sequence[int]) -> list[Judgement]:
        return [self.one(answer, item) for answer, item in zip(answers, items, strict=True)]

    def one(self, answer: str, item: int) -> Judgement:
        right = answer == str(item)
        return Judgement(verdict=Verdict.PASS if right else Verdict.FAIL, score=float(right))


PASSED, FAILED = (
    Judgement(verdict=Verdict.PASS, score=1.0),
    Judgement(verdict=Verdict.FAIL, score=0),
)


class PaysTheEmpty(Sums):
    def one(self, answer: str, item: int) -> Judgement:
        return PASSED if not answer else super().one(answer, item)


class MissesAGold(Sums):
    def one(self, answer: str, item: int) -> Judgement:
        return FAILED if item == 7 else super().one(answer, item)


class NeedsTwoWorkers(Sums):
    def one(self, answer: str, item: int) -> Judgement:
        return FAILED if self.workers == 1 else super().one(answer, item)


class Unsteady(Sums):
    calls = itertools.count()

    def judge(self, answers: Sequence[str], items: Sequence[int]) -> list[Judgement]:
        if next(self.calls):
            return super().judge(answers, items)
        return [PASSED] * len(answers)


class Broken(Sums):
    def one(self, answer: str, item: int) -> Judgement:
        return Judgement(verdict=Verdict.INFRA_ERROR, score=0.0)


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Sums]], list[Finding]]:
    def run(kind: type[Sums]) -> list[Finding]:
        monkeypatch.setattr(
            registry, "make_reward", lambda name, config: VerifierReward(kind(**config))
        )
        return audit("learned/oracle")

    return run


def failed(rows: list[Finding]) -> set[str]:
    return {row.check for row in rows if not row.ok}


def test_a_sound_verifier_fails_nothing(audited: Callable[[type[Sums]], list[Finding]]) -> None:
    rows = audited(Sums)
    assert failed(rows) == set()
    shown = {row.check: row.detail for row in rows}
    assert shown["rows"] == "2 of 3 loaded"
    assert shown["refused, bad_row"] == "1 (x: no number)"
    assert shown["gold scores full marks"] == "2 of 2 as promised (2 pass)"
    assert {"one worker agrees", "latency", "throughput"} <= set(shown)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (PaysTheEmpty, {"not paid: empty"}),
        (MissesAGold, {"gold scores full marks"}),
        (NeedsTwoWorkers, {"one worker agrees"}),
        (Unsteady, {"not paid: empty", "not paid: zero", "two runs agree", "one worker agrees"}),
        (Broken, {"gold scores full marks", "not paid: empty", "not paid: zero"}),
    ],
)
def test_what_is_planted_is_found(
    audited: Callable[[type[Sums]], list[Finding]], kind: type[Sums], expected: set[str]
) -> None:
    assert failed(audited(kind)) == expected


def test_a_reward_that_judges_no_texts_is_refused() -> None:
    with pytest.raises(SuiteError, match="Audit a task that uses it"):
        audit("micro/point")


def test_settings_for_a_task_are_refused() -> None:
    with pytest.raises(SuiteError, match="which is no reward"):
        audit("micro/token", settings={"workers": 1})
