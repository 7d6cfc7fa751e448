"""A small run, its settings and its rows, shared by the tests of resumption and processes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import suite
from suite.core.outcome import Outcome

SMALL = {
    "controls.enabled": False,
    "train.num_steps": 3,
    "train.num_epochs": 2,
    "train.num_minibatches": 2,
    "train.num_contexts": 2,
    "train.group_size": 8,
    "train.checkpoint_every": 1,
    "train.eval_samples": 8,
}


@pytest.fixture
def small() -> Mapping[str, Any]:
    """Settings of a run of 3 steps and 12 updates, with a checkpoint after each."""
    return SMALL


@pytest.fixture
def train() -> Callable[..., Outcome]:
    """Run a small task: (folder, task, algo, further settings and options)."""

    def run(
        folder: Path,
        task: str = "micro/token",
        algo: str = "rloo",
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Outcome:
        merged = {**SMALL, **(settings or {})}
        return suite.run(task=task, algo=algo, out=folder, seed=1, settings=merged, **options)

    return run


@pytest.fixture
def rows() -> Callable[[Path], list[dict[str, Any]]]:
    """The training rows of a run's metrics."""

    def read(folder: Path) -> list[dict[str, Any]]:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        return [row for row in map(json.loads, lines) if row["kind"] == "train"]

    return read
