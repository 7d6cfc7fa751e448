"""Checks of claims: a sound one passes, each fault is found."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from suite.core import registry
from suite.core.task import Arm, Claim
from suite.testing import check_claim
from suite.testing import claim as checks

GOOD = Claim(
    name="rloo-sft",
    paper=1,
    statement="Climbing the reward beats not climbing it.",
    task="micro/unmasking",
    method=Arm(label="RLOO", algo="rloo", grid=({}, {"train.learning_rate": 0.1})),
    baseline=Arm(label="REINFORCE", algo="reinforce", grid=({}, {"train.learning_rate": 0.1})),
    metric="held_out",
    direction="higher",
    minimum_effect=0.1,
    seeds=(1, 2),
    tuning_seed=0,
    minutes=1.0,
    match="reward",
)


@pytest.fixture
def claim(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace fields of the claim above, and register it."""

    def change(**fields: Any) -> None:
        made = replace(GOOD, **fields)
        monkeypatch.setattr(registry, "make_claim", lambda name: made)

    return change


def test_a_sound_claim_passes(claim: Callable[..., None]) -> None:
    claim()
    check_claim("rloo-sft")


def test_a_control_may_be_a_baseline(claim: Callable[..., None]) -> None:
    control = Arm(label="best of n", algo="control:best_of_n")
    claim(baseline=control, method=Arm(label="RLOO", algo="rloo"), match=None)
    check_claim("rloo-sft")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "other"}, "the claim 'rloo-sft' calls itself 'other'"),
        ({"statement": "two\nlines"}, "state it on one line"),
        ({"paper": 0}, "name its row in docs/papers.md"),
        ({"baseline": replace(GOOD.baseline, label="RLOO")}, "both arms are called 'RLOO'"),
        ({"direction": "up"}, "say 'higher' or 'lower'"),
        ({"method": replace(GOOD.method, grid=({},))}, "its arms try 1 and 2 configurations"),
        ({"seeds": (1,)}, "two or more different seeds"),
        ({"tuning_seed": 1}, "its tuning seed is one of its seeds"),
        ({"minimum_effect": 0.0}, "its minimum effect is not above 0"),
        ({"task": "micro/unmaskin"}, "no task named 'micro/unmaskin'"),
        ({"method": replace(GOOD.method, algo="rlooo")}, "no algorithm named 'rlooo'"),
        (
            {"baseline": Arm(label="x", algo="control:best_of_m"), "match": None,
             "method": Arm(label="RLOO", algo="rloo")},
            "controls.only",
        ),
        (
            {"method": replace(GOOD.method, grid=({}, {"train.lerning_rate": 0.1}))},
            "Did you mean 'learning_rate'",
        ),
        ({"settings": {"algo.bta": 0.1}}, "bta"),
        (
            {"task": "micro/token", "method": replace(GOOD.method, algo="drakes")},
            "which the policy 'micro/token' does not answer",
        ),
        ({"metric": "hold_out"}, "no number of the evaluation is called 'hold_out'; known:"),
        ({"match": "rewrd"}, "no number of the evaluation is called 'rewrd'"),
        ({"minutes": 5.5}, "minutes is 5.5; make it smaller, 5 is the most"),
        ({"minutes": 0.0}, "minutes is 0"),
    ],
)  # fmt: skip
def test_a_fault_of_a_claim_is_found(
    claim: Callable[..., None], fields: dict[str, Any], message: str
) -> None:
    claim(**fields)
    with pytest.raises(AssertionError) as caught:
        check_claim("rloo-sft")
    assert message in str(caught.value)


def test_every_check_of_a_claim_has_a_fault_here() -> None:
    assert len(checks.CLAIM_CHECKS) == 5
