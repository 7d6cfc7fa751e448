"""A run that a budget stopped, resumed with a larger one: as if the budget had been that large."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from suite.core.api import resume
from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.outcome import Outcome
from suite.core.settings import TrainSettings
from suite.core.trainer import Trainer

Train = Callable[..., Outcome]
Rows = Callable[[Path], list[dict[str, Any]]]


def set_budget(folder: Path, old: str, new: str) -> None:
    """Edit the run's config.toml."""
    text = (folder / "config.toml").read_text()
    assert f"{old}\n" in text
    (folder / "config.toml").write_text(text.replace(f"{old}\n", f"{new}\n"))


@pytest.mark.parametrize(
    ("budget", "first", "then", "done"),
    [
        ("max_reward_calls", 40, "max_reward_calls = 1000", 2),
        ("max_reward_calls", 40, "", 2),
        ("max_seconds", 1e-09, "max_seconds = 1000.0", 0),
    ],
)
def test_a_larger_budget_goes_on_and_clears_the_stop(
    tmp_path: Path, train: Train, rows: Rows, budget: str, first: float, then: str, done: int
) -> None:
    train(tmp_path / "whole")
    folder = tmp_path / "run"
    stopped = train(folder, settings={f"train.{budget}": first})
    assert (stopped.info["stopped"], stopped.info["stopped_at"]) == (budget, first)
    assert len(rows(folder)) == done
    set_budget(folder, f"{budget} = {first}", then)
    went_on = resume(folder)
    assert (went_on.info["stopped"], went_on.info["stopped_at"]) == (None, None)
    assert went_on.info["status"] == "finished"
    assert rows(folder) == rows(tmp_path / "whole")
    assert went_on.controls["tuned"]["reward_calls"] == 48


@pytest.mark.parametrize("new", ["40", "39"])
def test_no_larger_budget_only_reports_again(
    tmp_path: Path, train: Train, rows: Rows, new: str
) -> None:
    folder = tmp_path / "run"
    before = train(folder, settings={"train.max_reward_calls": 40})
    set_budget(folder, "max_reward_calls = 40", f"max_reward_calls = {new}")
    assert resume(folder).info == before.info
    assert len(rows(folder)) == 2


def test_a_budget_is_raised_by_more_or_by_none_at_all() -> None:
    settings = TrainSettings(max_reward_calls=50)
    assert settings.raised("max_reward_calls", 49)
    assert not settings.raised("max_reward_calls", 50)
    assert not settings.raised("max_reward_calls", None)  # stopped by an older version: unknown
    assert settings.raised("max_seconds", 9.0)
    assert not settings.raised(None, None)


def test_seconds_of_earlier_sittings_count(small: Mapping[str, Any]) -> None:
    settings = {**small, "train.max_seconds": 50.0}
    built = build(resolve_request(Request(task="micro/token", algo="rloo", settings=settings)))
    freeze_base(built)
    trainer = Trainer(built.run, built.algorithm)
    trainer.progress.seconds = 100.0
    found = trainer.train()
    assert (found.step, found.stopped, found.limit) == (0, "max_seconds", 50.0)
