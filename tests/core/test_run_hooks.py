"""The seven run hooks of a plugin that a run has loaded: when, how often, with which step."""

import sys
from pathlib import Path
from typing import Any

import pytest

import suite
from suite.core import registry
from suite.core.errors import SuiteError

WATCHER = """
from suite.core.hooks import hookimpl

seen = []
fail_at = None


@hookimpl
def suite_make_tracker(name, config):
    return object()


def note(name, step=None, what=None):
    seen.append((name, step, what))
    if fail_at == name:
        raise ValueError("a bad plugin")


@hookimpl
def suite_on_run_start(run):
    note("start")


@hookimpl
def suite_after_reward(run, step, trajectory, scores):
    note("reward", step, (len(trajectory), len(scores.value)))


@hookimpl
def suite_after_collect(run, step, experience):
    note("collect", step, len(experience.items))


@hookimpl
def suite_before_update(run, step):
    note("before", step)


@hookimpl
def suite_after_update(run, step, metrics):
    note("after", step, "loss" in metrics)


@hookimpl
def suite_on_checkpoint(run, step, path):
    note("checkpoint", step, path.name)


@hookimpl
def suite_on_run_end(run, outcome):
    note("end", None, outcome)
"""
MANIFEST = """module = "{package}.plugin"

[[provides]]
kind = "tracker"
name = "watcher"
help = "Notes every hook."
"""
SETTINGS = {
    "train.num_steps": 2, "train.num_contexts": 2, "train.group_size": 4, "train.num_epochs": 2,
    "train.checkpoint_every": 3, "train.eval_samples": 8,
}  # fmt: skip


@pytest.fixture
def watcher(site: Any) -> Any:
    """A loaded plugin that notes what it hears."""
    site.install("watcher", plugin=WATCHER, manifest=MANIFEST)
    registry.make_tracker("watcher", {})
    return sys.modules["watcher.plugin"]


def run(folder: Path, **more: Any) -> None:
    """Four updates in two steps of eight samples, with controls: they and the base are silent."""
    settings = {**SETTINGS, **more.pop("settings", {})}
    suite.run(task="micro/unmasking", algo="rloo", out=folder / "run", settings=settings, **more)


def test_all_seven_hooks_come_in_order_with_the_step_of_the_metrics(
    watcher: Any, tmp_path: Path
) -> None:
    run(tmp_path)
    assert watcher.seen == [
        ("start", None, None),
        ("reward", 1, (8, 8)), ("collect", 1, 8), ("before", 1, None), ("after", 1, True),
        ("reward", 2, (8, 8)), ("collect", 2, 8), ("before", 2, None),
        ("checkpoint", 1, "step-000001-update-00000003"),
        ("after", 2, True), ("checkpoint", 2, "step-000002-update-00000004"),
        ("end", None, "finished"),
    ]  # fmt: skip


def test_a_run_that_its_budget_ends_is_told_as_stopped(watcher: Any, tmp_path: Path) -> None:
    run(tmp_path, max_reward_calls=8, controls=False)
    assert watcher.seen[-1] == ("end", None, "stopped")
    assert [name for name, *_ in watcher.seen].count("after") == 1


def test_a_run_that_fails_is_told_as_failed_and_the_reason_passes(
    watcher: Any, tmp_path: Path
) -> None:
    watcher.fail_at = "before"
    with pytest.raises(ValueError, match="a bad plugin"):
        run(tmp_path, controls=False)
    assert watcher.seen[-2:] == [("before", 1, None), ("end", None, "failed")]


def test_a_hook_that_fails_at_the_end_of_a_failure_does_not_hide_it(
    watcher: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise SuiteError("the disk is full")

    monkeypatch.setattr("suite.core.trainer.save_checkpoint", broken)
    watcher.fail_at = "end"
    with pytest.raises(SuiteError, match="the disk is full") as caught:
        run(tmp_path, controls=False)
    assert "and the hook suite_on_run_end failed: a bad plugin" in caught.value.__notes__


def test_a_run_that_is_refused_before_it_starts_is_not_told(watcher: Any, tmp_path: Path) -> None:
    with pytest.raises(SuiteError):
        run(tmp_path, settings={"algo.nonsense": 1})
    assert watcher.seen == []


def test_an_algorithm_that_scores_inside_its_updates_has_no_scores_to_show(
    watcher: Any, tmp_path: Path
) -> None:
    suite.run(
        task="micro/unmasking", algo="drakes", out=tmp_path / "run", settings=SETTINGS,
        controls=False,
    )  # fmt: skip
    names = [name for name, *_ in watcher.seen]
    assert names == [
        "start", "collect", "before", "after", "collect", "before", "checkpoint", "after",
        "checkpoint", "end",
    ]  # fmt: skip
