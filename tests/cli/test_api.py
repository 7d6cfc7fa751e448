"""The Python API does what the command line does."""

import json
from pathlib import Path

import pytest

import suite
from suite.core.errors import SuiteError


def test_run_evaluate_sample_and_load_agree_with_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    outcome = suite.run(
        task="micro/unmasking",
        algo="rloo",
        seed=1,
        out=folder,
        settings={"train.num_steps": 2, "controls.enabled": False},
    )
    tuned = json.loads((folder / "controls.json").read_text())["tuned"]
    assert outcome.controls["tuned"] == tuned
    assert suite.load_run(folder) == outcome
    assert suite.evaluate(folder)["reward"] == pytest.approx(tuned["reward"], abs=1e-6)
    rows = suite.sample(folder, num_samples=5)
    assert len(rows) == 5
    assert all({"text", "reward", "held_out"} <= set(row) for row in rows)
    assert suite.sample(folder, num_samples=5) == rows
    assert suite.sample(folder, num_samples=5, seed=1) != rows


def test_an_unknown_option_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="does not take that option"):
        suite.run(task="micro/token", out=tmp_path / "run", sed=1)


def test_a_run_without_progress_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"train.num_steps": 1, "controls.enabled": False}
    suite.run(task="micro/token", out=tmp_path / "run", settings=settings)
    assert capsys.readouterr() == ("", "")
