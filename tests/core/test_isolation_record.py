"""A run says at which level it ran what the model wrote."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from suite.core.execute import _record_isolation
from suite.core.execution.levels import best_level
from suite.core.run_folder import RunFolder
from suite.core.verifier import VerifierReward
from suite.plugins.rewards.code.verifier import CodeVerifier
from suite.plugins.rewards.maths.verifier import MathsVerifier


def recorded(folder: Path, **rewards: Any) -> Any:
    made = RunFolder.create(folder)
    _record_isolation(SimpleNamespace(**rewards), made)
    return made.info().get("isolation") if (folder / "run.json").exists() else None


def test_the_level_of_a_reward_that_runs_code_is_in_run_json(tmp_path: Path) -> None:
    with CodeVerifier(level="L1", workers=1) as code, MathsVerifier() as maths:
        found = recorded(
            tmp_path / "a", reward=VerifierReward(code), held_out_reward=VerifierReward(maths)
        )
        assert recorded(tmp_path / "b", reward=VerifierReward(maths), held_out_reward=None) is None
    assert found["reward"] == "L1"
    assert found["held_out_reward"] is None
    assert found["best"] == best_level().name
