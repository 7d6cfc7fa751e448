"""Self-checks and the budget of reward calls."""

from pathlib import Path

import pytest

import suite
from suite.core.errors import SuiteError

SETTINGS = {
    "train.num_steps": 3, "train.num_contexts": 2, "train.group_size": 4, "train.eval_samples": 8,
}  # fmt: skip


def test_self_checks_are_told_apart_and_leave_the_budget_to_training(tmp_path: Path) -> None:
    """Two steps of eight calls are paid for, and two are made; 4 x 4 calls stand beside them."""
    outcome = suite.run(
        task="micro/token", algo="rloo", out=tmp_path / "run", settings=SETTINGS,
        max_reward_calls=16, controls=False,
    )  # fmt: skip
    checks = {check["name"]: check for check in outcome.info["self_checks"]}
    assert checks["reward calls of the self-checks"]["value"] == 16.0
    assert "do not count" in checks["reward calls of the self-checks"]["detail"]
    assert outcome.info["reward_calls"] == 16
    assert outcome.info["stopped"] == "max_reward_calls"


@pytest.mark.parametrize("algo", ["rloo", "dpo", "tb"])
def test_a_budget_that_does_not_pay_for_the_first_step_is_refused(
    tmp_path: Path, algo: str
) -> None:
    with pytest.raises(SuiteError) as caught:
        suite.run(
            task="micro/gflownet", algo=algo, out=tmp_path / "run", settings=SETTINGS,
            max_reward_calls=7, controls=False,
        )  # fmt: skip
    assert str(caught.value) == (
        "7 reward calls do not pay for the first step.\n"
        "Raise --max-reward-calls, or lower train.num_contexts or train.group_size."
    )
