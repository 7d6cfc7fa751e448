"""A verifier as a reward: masks what is not the model's fault, and keeps verdicts and parts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.verifier import Judgement, Loaded, Verdict, Verifier, VerifierReward


class Echo(Verifier[str]):
    """Passes an answer that repeats its item; "?" is a failure of the judge."""

    parsed = 0

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return ({"text": "a"},)

    def item(self, row: Mapping[str, Any]) -> str:
        self.parsed += 1
        return str(row["text"])

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[str]:
        return Loaded(items=tuple(map(self.item, rows)))

    def golds(self, item: str) -> Sequence[str]:
        return (item,)

    def judge(self, answers: Sequence[str], items: Sequence[str]) -> list[Judgement]:
        return [self._one(*pair) for pair in zip(answers, items, strict=True)]

    def _one(self, answer: str, item: str) -> Judgement:
        if answer == "?":
            return Judgement(verdict=Verdict.INFRA_ERROR, score=0.0)
        right = answer == item
        verdict = Verdict.PASS if right else Verdict.FAIL
        return Judgement(
            verdict=verdict, score=float(right), parts={"length": len(answer)}, feedback="no match"
        )


ROWS = ({"text": "a"}, {"text": "b"}, {"text": "a"})


def ask(*answers: str) -> Any:
    context = Context(index=torch.zeros(len(answers), dtype=torch.long), native=ROWS)
    return VerifierReward(Echo())(Samples(native=answers), context)


def test_a_failure_of_the_judge_masks_its_sample_alone() -> None:
    scores = ask("a", "?", "b")
    assert scores.valid.tolist() == [True, False, True]
    assert scores.value.tolist() == [1.0, 0.0, 0.0]


def test_rows_are_told_apart_although_train_and_held_out_share_an_index() -> None:
    assert ask("a", "b", "a").value.tolist() == [1.0, 1.0, 1.0]


def test_parts_and_reasons_are_kept() -> None:
    scores = ask("a", "?", "bb")
    assert scores.parts["length"].tolist() == [1.0, 0.0, 2.0]
    assert scores.reason == (None, "infra_error", "fail: no match")


def test_a_row_is_read_once() -> None:
    reward = VerifierReward(Echo())
    context = Context(index=torch.zeros(3, dtype=torch.long), native=ROWS)
    for _ in range(3):
        reward(Samples(native=("a", "b", "c")), context)
    assert reward.verifier.parsed == len(ROWS)


def test_contexts_without_rows_are_an_error_that_says_so() -> None:
    with pytest.raises(SuiteError, match="Use a task whose codec gives texts"):
        VerifierReward(Echo())(Samples(native=("a",)), Context(index=torch.zeros(1).long()))
