"""A run whose training oracle has seen the evaluation data stops, in the API and on the shell."""

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import suite
from suite.cli import main
from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.oracle import Oracle, OracleReward, OracleSettings, hash_shares, row_hashes
from suite.core.oracle import train_oracle as fit
from suite.core.reward import Reward

FAST = {
    "train.num_steps": 1,
    "train.group_size": 4,
    "train.eval_samples": 4,
    "controls.enabled": False,
}


def every_string() -> torch.Tensor:
    """All 4^4 strings of the micro domain, [256, 4]."""
    return torch.cartesian_prod(*[torch.arange(4)] * 4)


def oracle_of(rows: torch.Tensor) -> Oracle:
    # 5 letters: id 4 is the micro domain's padding.
    settings = OracleSettings(model="ridge", validation_share=0.2, test_share=0.2)
    return fit(rows, rows.sum(dim=1).float(), settings, 0, num_letters=5)


def serve(monkeypatch: pytest.MonkeyPatch, training: Oracle, held_out: Oracle) -> None:
    """Let the task's two rewards be these oracles; its held-out one is asked for with noise."""

    def make(name: str, config: dict[str, object]) -> Reward:
        return OracleReward(held_out if "noise" in config else training, unit="none")

    monkeypatch.setattr(registry, "make_reward", make)


def test_a_run_whose_oracles_share_rows_stops_with_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strings = every_string()
    serve(monkeypatch, oracle_of(strings[:200]), oracle_of(strings[150:]))
    shared = len(oracle_of(strings[:200]).training_rows & oracle_of(strings[150:]).training_rows)
    assert shared > 0
    command = ["run", "--task", "micro/token", "--algo", "rloo", "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(main, [*command, "--no-controls", "--set", "train.num_steps=1"])
    assert done.exit_code == 2
    assert "self-checks failed before the first update:" in done.output
    assert f"oracles were trained on disjoint data: {shared} of the held-out" in done.output
    assert "train the two on different rows" in done.output
    assert "Nothing was trained." in done.output
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_run_whose_oracles_share_none_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strings = every_string()
    first = hash_shares(row_hashes(strings), "half") < 0.5
    serve(monkeypatch, oracle_of(strings[first]), oracle_of(strings[~first]))
    outcome = suite.run(task="micro/token", algo="rloo", out=tmp_path / "run", settings=FAST)
    checks = {check["name"]: check for check in outcome.info["self_checks"]}
    assert checks["oracles were trained on disjoint data"]["ok"]
    assert checks["oracles were trained on disjoint data"]["value"] == 0.0


def test_a_measured_table_that_the_oracle_learned_from_is_no_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The held-out reward looks values up: it has learned nothing, but names its rows."""
    strings = every_string()
    training = oracle_of(strings[:128])
    serve(monkeypatch, training, oracle_of(strings[128:]))
    monkeypatch.setattr(
        OracleReward, "evaluation_rows", frozenset(row_hashes(strings[:9])), raising=False
    )
    with pytest.raises(SuiteError, match="oracles were trained on disjoint data"):
        suite.run(task="micro/token", algo="rloo", out=tmp_path / "run", settings=FAST)
