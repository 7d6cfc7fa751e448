"""Samplers as arms of a claim: they draw from the base, and nothing trains."""

from dataclasses import replace
from pathlib import Path

import pytest

from suite.core import claim_bench, registry
from suite.core.claim_arms import load_claim
from suite.core.claim_result import claim_result
from suite.core.claims import run_claim
from suite.core.errors import SuiteError
from suite.core.progress import Silent
from suite.core.task import Arm, Claim

SAMPLED = Claim(
    name="micro-claim",
    paper=198,
    statement="The best of eight draws is better than one.",
    task="micro/unmasking",
    method=Arm(label="best of 8", algo="sampler:best_of_n", overrides={"sampler.n": 8}),
    baseline=Arm(label="one draw", algo="sampler:best_of_n", overrides={"sampler.n": 1}),
    metric="held_out",
    direction="higher",
    minimum_effect=0.05,
    seeds=(1, 2),
    tuning_seed=0,
    minutes=0.5,
    settings={"train.eval_samples": 16},
)


def test_a_sampler_as_an_arm_draws_from_the_base_and_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_bench, "run_once", None)  # calling it would fail
    result = run_claim(SAMPLED, tmp_path, Silent())
    best, one = result.cells["method", 1].numbers, result.cells["baseline", 1].numbers
    assert best["reward"] > one["reward"] + 0.5
    assert (best["reward_calls"], one["reward_calls"]) == (16 * 8, 16)
    assert "suite.plugins.samplers.best_of_n.plugin" in result.cells["method", 1].key.code
    assert not claim_result(SAMPLED, tmp_path).stale


def test_a_sampler_is_neither_matched_on_a_curve_nor_set_against_a_control(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    matched = replace(SAMPLED, match="reward")
    controlled = replace(SAMPLED, baseline=Arm(label="base", algo="control:best_of_n"))
    for wrong, why in ((matched, "no curve to match"), (controlled, "a method that trains")):
        monkeypatch.setattr(registry, "make_claim", lambda name, claim=wrong: claim)
        with pytest.raises(SuiteError, match=why):
            load_claim("micro-claim")
