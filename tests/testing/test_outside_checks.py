"""Checks of launchers and trackers: sound ones pass, each fault is found."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from suite.core.execute import work
from suite.core.progress import Silent
from suite.core.run_folder import RunFolder
from suite.testing import check_launcher, check_tracker
from suite.testing import outside as checks

TASK = "micro/token"

# --- launchers ----------------------------------------------------------------------------------


class Here:
    """One worker, in this process."""

    def launch(self, folder: Path, processes: int) -> None:
        work(folder, Silent())


class NoLaunch:
    def start(self, folder: Path, processes: int) -> None: ...


class OnlyFolder(Here):
    def launch(self, folder: Path) -> None:  # type: ignore[override]
        work(folder, Silent())


class Hasty(Here):
    """Returns before anything has run."""

    def launch(self, folder: Path, processes: int) -> None: ...


class Unranked(Here):
    """Starts each worker as if it were alone."""

    def launch(self, folder: Path, processes: int) -> None:
        work(folder, Silent())
        metrics = folder / "metrics.jsonl"
        metrics.write_text(metrics.read_text() * processes)


class Quiet(Here):
    def launch(self, folder: Path, processes: int) -> None:
        try:
            work(folder, Silent())
        except Exception:  # noqa: BLE001 - the fault under test
            return


class Liar(Hasty):
    """Writes that the run is finished."""

    def launch(self, folder: Path, processes: int) -> None:
        RunFolder(folder).update(status="finished")
        (folder / "metrics.jsonl").touch()


def test_a_sound_launcher_passes() -> None:
    check_launcher(Here(), task=TASK)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (NoLaunch, "NoLaunch has no method 'launch'"),
        (OnlyFolder, "cannot be called as core does: too many positional arguments"),
        (Hasty, "launch returned while the run's status is 'running'"),
        (Unranked, "the metrics hold the steps \\[1, 2, 1, 2\\] instead of \\[1, 2\\]"),
        (Liar, "the metrics hold the steps \\[\\] instead of"),
        (Quiet, "raise where a worker fails"),
    ],
)
def test_a_fault_of_a_launcher_is_found(kind: type[Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_launcher(kind(), task=TASK)


# --- trackers -----------------------------------------------------------------------------------


class Diary:
    """Holds the order of calls as core keeps it."""

    def __init__(self) -> None:
        self.step: int | None = None

    def start(self, folder: Path, config: Mapping[str, Any], step: int) -> None:
        assert folder.is_dir()
        assert self.step is None
        self.step = step

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        assert self.step is not None
        assert step >= self.step
        self.step = step

    def finish(self, outcome: str) -> None:
        assert self.step is not None
        assert outcome in ("finished", "stopped", "failed")
        self.step = None


class NoFinish:
    start, log = Diary.start, Diary.log


class KeywordOnly(Diary):
    def log(self, *, step: int, numbers: Mapping[str, float]) -> None: ...  # type: ignore[override]


class FiniteOnly(Diary):
    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        [round(value) for value in numbers.values()]


class OneRowAStep(Diary):
    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        assert self.step is not None
        assert step > self.step, "two rows of one step"
        self.step = step


class NewRunsOnly(Diary):
    def start(self, folder: Path, config: Mapping[str, Any], step: int) -> None:
        assert step == 0, "a run begins at 0"
        super().start(folder, config, step)


class Optimist(Diary):
    def finish(self, outcome: str) -> None:
        {"finished": 0}[outcome]


class Needy(Diary):
    """Closes what the first number opened."""

    def start(self, folder: Path, config: Mapping[str, Any], step: int) -> None:
        self.rows: list[float] = []

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        self.rows.append(step)

    def finish(self, outcome: str) -> None:
        self.rows[-1]


class Tidy(Diary):
    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        numbers.pop("train/loss", None)  # type: ignore[attr-defined]


class Nosy(Diary):
    def start(self, folder: Path, config: Mapping[str, Any], step: int) -> None:
        super().start(folder, config, step)
        config["train"].pop("num_steps")


def test_a_sound_tracker_passes() -> None:
    check_tracker(Diary)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (NoFinish, "NoFinish has no method 'finish'"),
        (KeywordOnly, "cannot be called as core does"),
        (FiniteOnly, "It raised ValueError: cannot convert float NaN"),
        (OneRowAStep, "two rows of one step"),
        (NewRunsOnly, "a run begins at 0"),
        (Optimist, "It raised KeyError: 'failed'"),
        (Needy, "It raised IndexError"),
        (Tidy, "the numbers changed; copy them"),
        (Nosy, "the config changed; copy it"),
    ],
)
def test_a_fault_of_a_tracker_is_found(kind: type[Any], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_tracker(kind)


def test_every_check_has_a_fault_here() -> None:
    assert len(checks.LAUNCHER_CHECKS) == 3
    assert len(checks.TRACKER_CHECKS) == 5
