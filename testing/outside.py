"""Conformance of launchers and trackers, on a run of two steps."""

import inspect
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from suite.core.config import Config, Request, resolve_request
from suite.core.execute import start
from suite.core.outside import Launcher, Tracker
from suite.core.progress import Silent
from suite.testing.checks import Check, require, run_checks

PROCESSES = 2
STEPS = 2
SMALL = {
    "train.num_steps": STEPS,
    "train.num_contexts": 1,
    "train.group_size": 8,
    "train.eval_samples": 4,
}


def small_run(task: str) -> Config:
    """Two steps of a task's default algorithm, without controls."""
    return resolve_request(Request(task=task, settings=SMALL, controls=False))


# --- launchers ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class LauncherSubject:
    """A launcher, and the task of the run that it starts."""

    launcher: Launcher
    task: str


def check_launcher(launcher: Launcher, *, task: str) -> None:
    """Hold a launcher to its contract.

    Args:
        launcher: what is checked.
        task: what its processes run, for two steps; a small one, with no base to train.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(LAUNCHER_CHECKS, LauncherSubject(launcher=launcher, task=task))


def launches_a_folder_on_some_processes(subject: LauncherSubject) -> None:
    """``launch(folder, processes)`` is a method."""
    _takes(subject.launcher, "launch", Path("run"), PROCESSES)


def waits_for_a_run_that_finishes(subject: LauncherSubject) -> None:
    """``launch`` runs the prepared folder to its end and then returns."""
    config = replace(small_run(subject.task), processes=PROCESSES)
    with TemporaryDirectory() as place:
        folder = Path(place) / "run"
        start(config, folder, Silent(), launcher=subject.launcher)
        status = json.loads((folder / "run.json").read_text())["status"]
        require(
            status == "finished",
            f"launch returned while the run's status is '{status}'; start suite.core.worker on the "
            "folder in every process, and wait for all",
        )
        rows = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
        steps = [row["step"] for row in rows if row["kind"] == "train"]
        expected = list(range(1, STEPS + 1))
        require(
            steps == expected,
            f"the metrics hold the steps {steps} instead of {expected}; give every process its "
            "RANK and WORLD_SIZE, so that one of them alone writes",
        )


def says_that_a_worker_failed(subject: LauncherSubject) -> None:
    """``launch`` raises where a worker fails: here, in a folder that holds no run."""
    with TemporaryDirectory() as place:
        try:
            subject.launcher.launch(Path(place), 1)
        except Exception:  # noqa: BLE001 - whatever it raises, it has not kept silent
            return
    raise AssertionError("launch returned as if all were well; raise where a worker fails")


LAUNCHER_CHECKS: tuple[Check[LauncherSubject], ...] = (
    launches_a_folder_on_some_processes,
    waits_for_a_run_that_finishes,
    says_that_a_worker_failed,
)

# --- trackers -----------------------------------------------------------------------------------


def _numbers() -> dict[str, float]:
    return {"train/loss": 0.5, "train/reward": math.nan}


def _config() -> dict[str, Any]:
    return {"task": "a/b", "seed": 0, "train": {"num_steps": STEPS}}


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackerSubject:
    """What makes a tracker, anew for every check."""

    make: Callable[[], Tracker]

    def tell(self, *, first: int = 0, outcome: str = "finished") -> None:
        """Tell a new tracker a run from ``first`` on, in the order that core keeps."""
        tracker = self.make()
        with TemporaryDirectory() as folder:
            tracker.start(Path(folder), _config(), first)
            for step in range(first + 1, first + STEPS + 1):
                tracker.log(step, _numbers())
                tracker.log(step, {"eval/held_out": 1.0})
            tracker.finish(outcome)


def check_tracker(make: Callable[[], Tracker]) -> None:
    """Hold a tracker to its contract.

    Args:
        make: a new tracker with the settings that it is checked with.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(TRACKER_CHECKS, TrackerSubject(make=make))


def has_the_three_methods(subject: TrackerSubject) -> None:
    """``start(folder, config, step)``, ``log(step, numbers)`` and ``finish(outcome)``."""
    tracker = subject.make()
    _takes(tracker, "start", Path("run"), _config(), 0)
    _takes(tracker, "log", 1, _numbers())
    _takes(tracker, "finish", "finished")


def hears_a_run(subject: TrackerSubject) -> None:
    """``start``, several ``log`` a step, then ``finish``; numbers may be nan."""
    subject.tell()


def hears_a_run_that_goes_on(subject: TrackerSubject) -> None:
    """A resumed run starts at a step above 0, in a tracker that is new."""
    subject.tell()
    subject.tell(first=1)


def hears_runs_that_end_badly(subject: TrackerSubject) -> None:
    """``finish`` may come straight after ``start``, and say "failed" or "stopped"."""
    for outcome in ("failed", "stopped"):
        tracker = subject.make()
        with TemporaryDirectory() as folder:
            tracker.start(Path(folder), _config(), 0)
            tracker.finish(outcome)
        subject.tell(outcome=outcome)


def leaves_what_it_is_shown(subject: TrackerSubject) -> None:
    """Numbers and config are the run's; a tracker copies what it wants to change."""
    numbers, config = _numbers(), _config()
    tracker = subject.make()
    with TemporaryDirectory() as folder:
        tracker.start(Path(folder), config, 0)
        tracker.log(1, numbers)
        tracker.finish("finished")
    require(config == _config(), "the config changed; copy it")
    require(repr(numbers) == repr(_numbers()), "the numbers changed; copy them")  # nan == nan


TRACKER_CHECKS: tuple[Check[TrackerSubject], ...] = (
    has_the_three_methods,
    hears_a_run,
    hears_a_run_that_goes_on,
    hears_runs_that_end_badly,
    leaves_what_it_is_shown,
)


def _takes(thing: object, name: str, *arguments: object) -> None:
    """Raise unless a thing has a method that takes these arguments by position."""
    method = getattr(thing, name, None)
    require(callable(method), f"{type(thing).__name__} has no method '{name}'")
    assert method is not None
    signature = inspect.signature(method)
    try:
        signature.bind(*arguments)
    except TypeError as error:
        raise AssertionError(f"{name}{signature} cannot be called as core does: {error}") from None
