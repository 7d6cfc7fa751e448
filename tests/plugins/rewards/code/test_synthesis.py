"""Tests made from a reference catch what a row's own few tests let through."""

import random
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_reward
from suite.plugins.rewards.code.synthesis import near
from suite.plugins.rewards.code.verifier import CodeVerifier

ROW: dict[str, Any] = {
    "task_id": 1,
    "text": "The largest of a list.",
    "code": "def largest(values):\n    return max(values)\n",
    "test_list": ["assert largest([1, 2, 9]) == 9", "assert largest([4]) == 4"],
}
LAST = "def largest(values):\n    return values[-1]\n"  # right on both tests of the row


@pytest.mark.parametrize("value", [3, True, 2.5, "word", [1, 2], (1, "a"), {1, 2}, {"a": 1}])
def test_a_near_value_has_the_type(value: Any) -> None:
    draw = random.Random(0)
    found = [near(value, draw) for _ in range(30)]
    assert {type(one) for one in found} == {type(value)}
    assert any(one != value for one in found)


def test_a_wrong_program_that_passes_the_row_fails_the_tests_made() -> None:
    with CodeVerifier(workers=2) as plain, CodeVerifier(workers=2, synthesise=8) as more:
        [item], [longer] = plain.load([ROW]).items, more.load([ROW]).items
        assert plain.judge([LAST], [item])[0].verdict == "pass"
        assert len(longer.cases) == len(item.cases) + 8
        assert more.judge([LAST], [longer])[0].verdict == "fail"
        assert more.judge(more.golds(longer), [longer])[0].verdict == "pass"


def test_a_reward_makes_its_tests_from_the_rows_of_a_run_too() -> None:
    """Contexts hand rows over one at a time, and nothing loads them first."""
    samples = Samples(tokens=None, native=(LAST, ROW["code"]))
    context = Context(index=torch.arange(2), native=(ROW, ROW))
    for made, expected in ((0, [1.0, 1.0]), (8, [0.0, 1.0])):
        reward = make_reward("code/tests", {"synthesise": made, "workers": 1})
        assert reward(samples, context).value.tolist() == expected
        reward.verifier.close()  # type: ignore[attr-defined]


def test_the_tests_are_the_same_for_a_seed() -> None:
    shown = []
    for seed in (0, 0, 1):
        with CodeVerifier(workers=1, synthesise=3, seed=seed) as verifier:
            [item] = verifier.load([ROW]).items
            shown.append([case.call.shown("f") for case in item.cases])
    assert shown[0] == shown[1] != shown[2]


def test_a_reference_that_is_not_determined_gives_no_tests() -> None:
    code = "import time\ndef now(x):\n    return time.time() if x != 1 else 1\n"
    row = {"task_id": 2, "text": "", "code": code, "test_list": ["assert now(1) == 1"]}
    with CodeVerifier(workers=1, synthesise=3) as verifier:
        [item] = verifier.load([row]).items
    assert len(item.cases) == 1


def test_a_negative_number_of_tests_is_refused() -> None:
    with pytest.raises(SuiteError, match="synthesise = -1"):
        CodeVerifier(synthesise=-1)
