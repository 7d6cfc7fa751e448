"""A tracker hears what a run writes to metrics.jsonl: in order, once, however the run ends."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import suite
from suite.core.errors import SuiteError

MANIFEST = """module = "{package}.plugin"
[[provides]]
kind = "tracker"
name = "diary"
help = "Keeps what it hears."
"""
PLUGIN = """
from suite.core.hooks import hookimpl

heard = []
fail_at = None


class Diary:
    def __init__(self, *, title="none"):
        self.title = title

    def start(self, folder, config, step):
        heard.append(("start", folder, config["task"], step, self.title))

    def log(self, step, numbers):
        heard.append(("log", step, dict(numbers)))
        if fail_at == step:
            raise ValueError("no ink")

    def finish(self, outcome):
        heard.append(("finish", outcome))


@hookimpl
def suite_make_tracker(name, config):
    return Diary(**config)
"""
SMALL: dict[str, Any] = {
    "train.num_steps": 3,
    "train.group_size": 8,
    "train.eval_every": 2,
    "train.eval_samples": 8,
    "train.checkpoint_every": 1,
    "controls.enabled": False,
}


@pytest.fixture
def diary(site: Any) -> Any:
    """The module of an installed tracker, which keeps what it hears."""
    site.install("diary", plugin=PLUGIN, manifest=MANIFEST)
    from suite.core import registry

    registry.load(registry.find("tracker", "diary"))
    return sys.modules["diary.plugin"]


def run(folder: Path, **settings: Any) -> None:
    suite.run(task="micro/token", out=folder, tracker="diary", settings={**SMALL, **settings})


def test_it_hears_the_numbers_of_the_metrics_file_in_order(diary: Any, tmp_path: Path) -> None:
    run(tmp_path / "run", **{"tracker.title": "mine"})
    first, *logs, last = diary.heard
    assert first == ("start", tmp_path / "run", "micro/token", 0, "mine")
    assert last == ("finish", "finished")
    lines = (tmp_path / "run/metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(word, step) for word, step, _ in logs] == [("log", row["step"]) for row in rows]
    for (_, _, numbers), row in zip(logs, rows, strict=True):
        kind = row["kind"]
        told = {key.partition("/")[2]: value for key, value in numbers.items()}
        assert all(key.startswith(f"{kind}/") for key in numbers)
        assert all(row[key] == value for key, value in told.items())
        assert "reward" in told


def test_a_resumed_run_starts_anew_where_it_stands(diary: Any, tmp_path: Path) -> None:
    diary.fail_at = 2
    with pytest.raises(ValueError, match="no ink"):
        run(tmp_path / "run")
    diary.fail_at = None
    diary.heard.clear()
    from suite.core.api import resume

    resume(tmp_path / "run")
    assert diary.heard[0][0] == "start"
    step = diary.heard[0][3]
    assert step >= 1
    logged = [entry[1] for entry in diary.heard if entry[0] == "log"]
    assert sorted(logged) == logged
    assert step < logged[0] <= logged[-1] == 3
    assert diary.heard[-1] == ("finish", "finished")


def test_a_run_that_fails_is_told_as_failed(diary: Any, tmp_path: Path) -> None:
    diary.fail_at = 2
    with pytest.raises(ValueError, match="no ink"):
        run(tmp_path / "run")
    assert diary.heard[-1] == ("finish", "failed")
    assert [entry[0] for entry in diary.heard].count("finish") == 1


def test_an_unknown_tracker_and_settings_without_one_are_refused(
    diary: Any, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match=r"no tracker named 'diray'\. Did you mean 'diary'"):
        suite.run(task="micro/token", tracker="diray", out=tmp_path / "run")
    with pytest.raises(SuiteError, match=r"\[tracker\] would not be read"):
        suite.run(task="micro/token", out=tmp_path / "run", settings={"tracker.title": "x"})
    assert not (tmp_path / "run").exists()
