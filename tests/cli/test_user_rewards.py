"""--reward and --reward-cmd: what they are given, and each way in which they can go wrong."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from suite.core import user_rewards

Suite = Callable[..., Result]

SCORES = """
import numpy
def count(texts): return [text.count("A") for text in texts]
def single(texts): return numpy.asarray(count(texts), dtype=numpy.float32)
def one(texts): return [1.0]
def boom(texts): raise KeyError("z")
def leave(texts): raise SystemExit(0)
def nan(texts): return [float("nan")] * len(texts)
def text(texts): return ["1"] * len(texts)
def none(texts): return None
"""
# Counts A without knowing JSON: one number a line.
COUNT = """awk '{print gsub(/A/, "")}'"""


@pytest.fixture(autouse=True)
def scores(tmp_path: Path) -> Path:
    """A user's file of rewards, where the command runs."""
    path = tmp_path / "score.py"
    path.write_text(SCORES)
    return path


def final_rewards(folder: Path) -> str:
    """The samples after training with their scores."""
    return (folder / "samples_after.jsonl").read_text()


def test_a_function_and_a_command_that_agree_give_the_same_run(
    suite: Suite, short: tuple[str, ...], tmp_path: Path
) -> None:
    for name, option in (
        ("function", ("--reward", "score.py:count")),
        ("array", ("--reward", "score.py:single")),
        ("command", ("--reward-cmd", COUNT)),
    ):
        result = suite(*short, *option, "--out", name)
        assert result.exit_code == 0, result.output
    wanted = final_rewards(tmp_path / "function")
    assert '"reward": 2.0' in wanted
    assert final_rewards(tmp_path / "command") == wanted
    assert final_rewards(tmp_path / "array") == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("nope", "has no function 'nope'"),
        ("one", "answered 1 numbers for"),
        ("boom", "raised KeyError: 'z'"),
        ("leave", "raised SystemExit"),
        ("nan", "answered nan, which is not a finite number"),
        ("text", "answered '1', which is not a finite number"),
        ("none", "answered None, which is not a list of numbers"),
    ],
)
def test_a_wrong_function_is_told_and_the_folder_is_free_again(
    suite: Suite, short: tuple[str, ...], name: str, wanted: str
) -> None:
    result = suite(*short, "--reward", f"score.py:{name}", "--out", "out")
    assert result.exit_code == 2, result.output
    assert wanted in result.output
    mended = suite(*short, "--reward", "score.py:count", "--out", "out")
    assert mended.exit_code == 0, mended.output


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("false", "exit code 1 (nothing on stderr)"),
        ("echo oh >&2; exit 3", "exit code 3 (oh)"),
        ("no-such-command", "exit code 127"),
        ("cat", "could not convert string to float"),
        ("echo 1", "1 lines for"),
        ("awk '{print \"nan\"}'", "answered nan"),
    ],
)
def test_a_wrong_command_is_told(
    suite: Suite, short: tuple[str, ...], command: str, wanted: str
) -> None:
    result = suite(*short, "--reward-cmd", command, "--out", "out")
    assert result.exit_code == 2, result.output
    assert wanted in result.output


def test_a_command_that_hangs_is_ended_with_its_children(
    suite: Suite, short: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = user_rewards.CommandReward.__init__.__kwdefaults__
    assert wait is not None
    monkeypatch.setitem(wait, "seconds", 0.3)
    monkeypatch.setitem(wait, "tries", 1)
    result = suite(*short, "--reward-cmd", "(sleep 1; touch survived) & wait", "--out", "out")
    assert result.exit_code == 2, result.output
    assert "no answer within 0.3 s" in result.output
    time.sleep(1.0)
    assert not (tmp_path / "survived").exists()


def test_a_function_that_breaks_in_training_is_mended_and_the_run_resumed(
    suite: Suite, short: tuple[str, ...], scores: Path, tmp_path: Path
) -> None:
    broken = SCORES + "\nasked = 0\ndef count(texts):\n    global asked\n    asked += 1\n"
    broken += "    assert asked < 4, 'broken'\n    return [text.count('A') for text in texts]\n"
    wanted = suite(*short, "--reward", "score.py:count", "--out", "whole")
    assert wanted.exit_code == 0
    scores.write_text(broken)
    result = suite(*short, "--reward", "score.py:count", "--out", "out")
    assert result.exit_code == 2, result.output
    assert "raised AssertionError: broken" in result.output
    scores.write_text(SCORES)
    assert suite("resume", "out").exit_code == 0
    assert final_rewards(tmp_path / "out") == final_rewards(tmp_path / "whole")


def test_a_task_that_its_environment_scores_takes_no_reward(suite: Suite) -> None:
    options = ("--reward", "score.py:count", "--out", "out")
    result = suite("run", "--task", "micro/cartpole", *options)
    assert result.exit_code == 2, result.output
    assert "would not be read" in result.output


def test_a_rewards_name_takes_the_place_of_the_tasks_reward(suite: Suite, tmp_path: Path) -> None:
    """It takes settings of [reward]; the folder says what scored the run, and how to repeat it."""
    small = ("--set", "train.num_steps=1", "--set", "train.eval_samples=4", "--no-controls")
    level = ("--set", "reward.quality=50")
    result = suite(
        "run", "--task", "image/micro", "--reward", "image/jpeg", *small, *level, "--out", "named"
    )
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "named" / "run.json").read_text())["reward"] == "image/jpeg"
    rows = [json.loads(line) for line in final_rewards(tmp_path / "named").splitlines()]
    assert all(-1.0 < row["reward"] < -0.3 for row in rows)  # kilobytes of a JPEG of 4 x 4 pixels
    again = suite("run", "--config", "named/config.toml", "--out", "again")
    assert again.exit_code == 0, again.output
    assert final_rewards(tmp_path / "again") == final_rewards(tmp_path / "named")


def test_a_name_that_no_reward_has_is_told_where_names_are(
    suite: Suite, short: tuple[str, ...]
) -> None:
    result = suite(*short, "--reward", "image/jpg")
    assert result.exit_code == 2
    assert "no reward named 'image/jpg'. Did you mean 'image/jpeg'?" in result.output
    assert "--reward score.py:" in result.output


def test_settings_of_a_reward_that_is_a_function_are_refused(
    suite: Suite, short: tuple[str, ...]
) -> None:
    result = suite(*short, "--reward", "score.py:count", "--set", "reward.quality=50")
    assert result.exit_code == 2
    assert "a reward of your own takes its place" in result.output
