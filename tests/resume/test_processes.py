"""How many processes, how large a micro-batch, how many rows sampled at once: rounding alone."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from suite.cli import main
from suite.core.checkpoint import sorted_names
from suite.core.errors import SuiteError
from suite.core.outcome import Outcome
from suite.core.processes import Processes

Train = Callable[..., Outcome]
Rows = Callable[[Path], list[dict[str, Any]]]
CELLS = [("micro/token", "rloo"), ("micro/unmasking", "rebel"), ("micro/gaussian", "drakes")]
TOLERANCE = 1e-5


def assert_same(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Every number of every row, to 1e-5 of itself or of one."""
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        assert one.keys() == other.keys()
        for key in one.keys() - {"kind"}:
            close = math.isclose(one[key], other[key], rel_tol=TOLERANCE, abs_tol=TOLERANCE)
            assert close, (one["step"], key, one[key], other[key])


def command(task: str, algo: str, folder: Path, small: Mapping[str, Any], *more: str) -> list[str]:
    """A command line of the small run."""
    sets = [f"--set={k}={json.dumps(v)}" for k, v in small.items()]
    options = ["--task", task, "--algo", algo, "--seed", "1", "--out", str(folder)]
    return ["run", *options, *sets, *more]


@pytest.mark.parametrize(("task", "algo"), CELLS)
def test_two_processes_give_the_metrics_of_one(
    tmp_path: Path, train: Train, rows: Rows, small: Mapping[str, Any], task: str, algo: str
) -> None:
    """Through the command line and the launcher; both workers are seen to have taken part."""
    train(tmp_path / "one", task, algo)
    arguments = command(task, algo, tmp_path / "two", small, "--processes", "2")
    answer = subprocess.run(
        [sys.executable, "-m", "suite.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "two/worker1.log").exists()
    assert_same(rows(tmp_path / "two"), rows(tmp_path / "one"))


@pytest.mark.parametrize("micro_batch_size", [1, 3])
@pytest.mark.parametrize(("task", "algo"), CELLS)
def test_the_micro_batch_size_changes_rounding_alone(
    tmp_path: Path, train: Train, rows: Rows, task: str, algo: str, micro_batch_size: int
) -> None:
    """Against a whole minibatch at once."""
    train(tmp_path / "whole", task, algo)
    settings = {"train.micro_batch_size": micro_batch_size}
    train(tmp_path / "parts", task, algo, settings)
    assert_same(rows(tmp_path / "parts"), rows(tmp_path / "whole"))


@pytest.mark.parametrize(("task", "algo"), CELLS)
def test_the_sample_batch_size_changes_rounding_alone(
    tmp_path: Path, train: Train, rows: Rows, task: str, algo: str
) -> None:
    """Seven rows at a time, which divides neither the 16 samples nor a group."""
    train(tmp_path / "whole", task, algo)
    train(tmp_path / "parts", task, algo, {"train.sample_batch_size": 7})
    assert_same(rows(tmp_path / "parts"), rows(tmp_path / "whole"))


def test_another_learning_rate_is_told_apart(tmp_path: Path, train: Train, rows: Rows) -> None:
    """The comparison above can fail."""
    train(tmp_path / "one")
    train(tmp_path / "other", settings={"train.learning_rate": 2e-3})
    with pytest.raises(AssertionError):
        assert_same(rows(tmp_path / "one"), rows(tmp_path / "other"))


# --- not a number -------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_with_step_term_and_checkpoint(
    tmp_path: Path, small: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, bad: float
) -> None:
    """The reward turns bad in the second step; the first step's four checkpoints are safe."""
    from suite.core.run import Run

    real = Run.ask_reward

    def spoilt(self: Run, reward: Any, samples: Any, context: Any, step: int, purpose: str) -> Any:
        scores = real(self, reward, samples, context, step, purpose)
        if step == 1 and purpose == "train":
            scores.value.fill_(bad)
        return scores

    monkeypatch.setattr(Run, "ask_reward", spoilt)
    folder = tmp_path / "run"
    answer = CliRunner().invoke(main, command("micro/token", "rloo", folder, small))
    assert answer.exit_code == 2
    last = sorted_names(folder / "checkpoints")[-1]
    assert last == "step-000000-update-00000004"
    assert "the loss 'loss/policy' is nan at step 1" in answer.output
    assert f"The last good checkpoint is {last}" in answer.output
    weights = torch.load(folder / "checkpoints" / last / "state.pt", weights_only=False)
    assert math.isfinite(weights["progress"]["sums"]["loss"])


def test_processes_stop_together_when_one_clock_is_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that is early by its own clock stops too, or it would wait for the others."""
    from types import SimpleNamespace

    from suite.core.trainer import Progress, Trainer

    processes = Processes()
    monkeypatch.setattr(processes, "sum", lambda values: {k: v + 1.0 for k, v in values.items()})
    trainer = Trainer.__new__(Trainer)
    trainer.settings = SimpleNamespace(max_seconds=1e9)  # type: ignore[assignment]
    trainer.run = SimpleNamespace(processes=processes)  # type: ignore[assignment]
    trainer.progress = Progress()
    assert trainer._out_of_time(0.0)
    assert trainer.progress.stopped == "max_seconds"


def test_a_worker_that_fails_ends_the_others_and_its_log_is_named(tmp_path: Path) -> None:
    """A folder without a run: both workers refuse; nothing hangs."""
    from suite.plugins.launchers.local.launcher import LocalLauncher

    with pytest.raises(SuiteError) as caught:
        LocalLauncher().launch(tmp_path, 2)
    assert str(caught.value).startswith(f"'{tmp_path}' holds no run.\n")
    assert "of 2 ended with exit code 2" in str(caught.value)
    logs = [tmp_path / f"worker{rank}.log" for rank in range(2)]
    assert any(str(log) in str(caught.value) for log in logs)
    assert "holds no run" in "".join(log.read_text() for log in logs)
    assert "WORLD_SIZE" not in os.environ


def fake_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Workers that run ``body`` (it knows ``rank``) and then wait to be killed."""
    from suite.plugins.launchers.local import launcher

    script = tmp_path / "worker.py"
    script.write_text(
        "import os, sys, time\nfrom suite.core.worker import main\n"
        f"rank = int(os.environ['RANK'])\n{body}\ntime.sleep(60)\n"
    )
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([command[0], str(script), *command[3:]], **options)

    monkeypatch.setattr(launcher.subprocess, "Popen", start)


def test_what_a_worker_refuses_is_told_once_and_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older sitting's words in the same log are not this one's."""
    from suite.plugins.launchers.local.launcher import LocalLauncher

    (tmp_path / "worker1.log").write_text("suite.core.worker: stopped, because\nan old reason\n")
    body = "if rank == 1:\n    sys.argv[1:] = [sys.argv[-1]]\n    sys.exit(main())"
    fake_worker(tmp_path, monkeypatch, body)
    with pytest.raises(SuiteError) as caught:
        LocalLauncher().launch(tmp_path, 2)
    assert str(caught.value).splitlines()[0] == f"'{tmp_path}' holds no run."
    assert "process 1 of 2 ended with exit code 2" in str(caught.value)
    assert "an old reason" not in str(caught.value)


def test_a_fault_of_ours_in_a_worker_is_ours_on_the_screen_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suite.plugins.launchers.local.launcher import LocalLauncher, WorkerFailedError

    fake_worker(tmp_path, monkeypatch, "if rank == 0:\n    raise ValueError('the odd one')")
    with pytest.raises(WorkerFailedError) as caught:
        LocalLauncher().launch(tmp_path, 2)
    assert str(caught.value).startswith("ValueError: the odd one - process 0 of 2 ended with exit")


@pytest.mark.parametrize(
    ("group_size", "said"),
    [
        (2, "a collect of 2 samples cannot be shared by 3 processes."),
        (4, "a minibatch has fewer items than the 3 processes."),
    ],
)
def test_the_reason_of_a_worker_reaches_the_screen_and_the_exit_code(
    tmp_path: Path, small: Mapping[str, Any], group_size: int, said: str
) -> None:
    """Too few samples for three processes, or minibatches of two items: a worker says so."""
    settings = {**small, "train.num_contexts": 1, "train.group_size": group_size}
    words = command("micro/token", "rloo", tmp_path / "run", settings, "--processes", "3")
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 2, answer.output
    assert said in answer.output
    assert "of 3 ended with exit code 2" in answer.output
