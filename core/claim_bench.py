"""Measuring a claim's arms: runs in folders that are not kept, on one thread, to repeat exactly."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from suite.core.api import run_config
from suite.core.base import load_base
from suite.core.build import build, freeze_base
from suite.core.claim_arms import (
    ARMS,
    arm_config,
    arm_key,
    choose,
    control_of,
    sampler_of,
    tuning_key,
)
from suite.core.claim_cells import (
    Cell,
    Tried,
    Tuning,
    cell_path,
    plain,
    read_cell,
    read_tuning,
    tuning_path,
    write,
)
from suite.core.config import Config
from suite.core.controls import sampled
from suite.core.errors import SuiteError
from suite.core.progress import Progress, Silent
from suite.core.run_folder import RunFolder, machine
from suite.core.task import Claim

THREADS = 1
NOT_NUMBERS = ("label", "role", "seconds")


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """One run: its controls.json, the evaluations of its training, and its wall time, seconds."""

    rows: Mapping[str, Mapping[str, Any]]
    curve: tuple[Mapping[str, Any], ...]
    seconds: float


@dataclass(eq=False)
class Bench:
    """Measures arms of one claim; a run that two arms need is made once."""

    claim: Claim
    folder: Path
    progress: Progress
    finished: dict[str, Measured] = field(default_factory=dict)

    def run_of(self, arm: str, overrides: Mapping[str, Any], seed: int) -> Measured:
        """The run that holds the arm."""
        config = arm_config(self.claim, arm, overrides, seed)
        text = config.to_toml()
        if text not in self.finished:
            drawn = sampler_of(getattr(self.claim, arm)) is not None
            self.finished[text] = draw_once(config) if drawn else run_once(config)
        return self.finished[text]

    def row(self, arm: str, measured: Measured) -> Mapping[str, Any]:
        """The arm's final numbers.

        Raises:
            SuiteError: the arm is a control that the task does not have.
        """
        control = control_of(self.claim.baseline)
        if arm == "method" or control is None:
            return measured.rows["tuned"]
        row = measured.rows[control]
        if "skipped" in row:
            raise SuiteError(
                f"the claim '{self.claim.name}' compares with {control}, and the task "
                f"'{self.claim.task}' has none: {row['skipped']}.\nName another task or baseline."
            )
        return row

    def tuned(self, arm: str) -> tuple[Tried, ...]:
        """Every configuration of the arm's grid with its score on the tuning seed."""
        claim = self.claim
        grid = getattr(claim, arm).grid
        if len(grid) == 1:
            return (Tried(overrides=plain(grid[0]), score=None),)
        path, key = tuning_path(self.folder, claim.name, arm), tuning_key(claim, arm)
        known = read_tuning(path)
        if known is not None and known.key == key:
            return known.tried
        tried, seconds = [], 0.0
        for overrides in grid:
            self.progress.say(f"{claim.name}: {arm}, tuning {dict(overrides)}")
            measured = self.run_of(arm, overrides, claim.tuning_seed)
            score = number(self.row(arm, measured), claim.metric)
            tried.append(Tried(overrides=plain(overrides), score=score))
            seconds += measured.seconds
        write(path, Tuning(key=key, tried=tuple(tried), seconds=round(seconds, 2)))
        return tuple(tried)

    def cell(self, arm: str, tried: tuple[Tried, ...], seed: int) -> Cell:
        """Measure one cell."""
        claim, overrides = self.claim, choose(self.claim, tried)
        measured = self.run_of(arm, overrides, seed)
        row, is_control = self.row(arm, measured), control_of(claim.baseline) is not None
        shared = self.row("baseline", measured)["seconds"] if is_control else 0.0
        own = measured.seconds - shared if arm == "method" else shared
        limit = arm_config(claim, arm, overrides, seed).train.max_seconds
        return Cell(
            claim=claim.name,
            arm=arm,
            label=str(row["label"]),
            seed=seed,
            key=arm_key(claim, arm, overrides, seed),
            overrides=plain(overrides),
            tuning=tried,
            numbers={k: v for k, v in row.items() if k not in NOT_NUMBERS},
            curve=() if is_control else measured.curve,
            seconds=round(own if is_control else measured.seconds, 2),
            machine=machine("cpu"),
            timed="steps" in row or limit is not None,
        )


def number(row: Mapping[str, Any], metric: str) -> float:
    """One final number.

    Raises:
        SuiteError: the runs do not give it.
    """
    value = row.get(metric)
    if value is None:
        known = ", ".join(sorted(k for k, v in row.items() if isinstance(v, float)))
        raise SuiteError(
            f"the runs give no number called '{metric}'.\nKnown: {known}.\nMend the claim's metric."
        )
    return float(value)


def run_once(config: Config) -> Measured:
    """One run in a folder that is not kept."""
    started = time.monotonic()
    with TemporaryDirectory() as temporary, _threads(THREADS):
        outcome = run_config(config, Path(temporary) / "run", Silent())
        rows = RunFolder(outcome.folder).rows("metrics.jsonl")
    curve = tuple(
        {k: v for k, v in row.items() if k != "kind"} for row in rows if row["kind"] == "eval"
    )
    return Measured(rows=outcome.controls, curve=curve, seconds=time.monotonic() - started)


def draw_once(config: Config) -> Measured:
    """The base's draws through the configuration's sampler, measured as a tuned policy is."""
    started = time.monotonic()
    with _threads(THREADS):
        built = build(config)
        load_base(built, Silent())
        freeze_base(built)
        row = sampled(built)
    return Measured(rows={"tuned": row}, curve=(), seconds=time.monotonic() - started)


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def measure_stale(claim: Claim, folder: Path, progress: Progress) -> None:
    """Write the cells that are missing or stale, seed by seed, so that pairs are whole first.

    Args:
        claim: from ``load_claim``.
        folder: of all claims' cells.
        progress: who hears of it.

    Raises:
        SuiteError: the task or an algorithm does not exist, or a run cannot be made.
    """
    bench = Bench(claim=claim, folder=folder, progress=progress)
    progress.phase(f"claim {claim.name}", len(ARMS) * len(claim.seeds))
    tried = {arm: bench.tuned(arm) for arm in ARMS}
    done = 0
    for seed in claim.seeds:
        for arm in ARMS:
            path = cell_path(folder, claim.name, arm, seed)
            overrides = choose(claim, tried[arm])
            known, now = read_cell(path), arm_key(claim, arm, overrides, seed)
            if known is None or known.tuning != tried[arm] or now.changed_since(known.key):
                progress.say(f"{claim.name}: {arm}, seed {seed}")
                write(path, bench.cell(arm, tried[arm], seed))
            done += 1
            progress.advance(done)
        bench.finished.clear()
