"""What stored cells say of a claim: which are stale, the paired differences, the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.core.claim_arms import ARMS, arm_config, arm_key
from suite.core.claim_bench import number
from suite.core.claim_cells import (
    Cell,
    cell_path,
    plain,
    read_cell,
    read_tuning,
    tuning_path,
)
from suite.core.claim_key import Key
from suite.core.claim_stats import Verdict, at_level, judge, matched_level
from suite.core.errors import SuiteError
from suite.core.task import Claim


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both arms at one seed: their numbers, and the difference in the claim's favour.

    Attributes:
        level: the value of the ``match`` metric at which they are compared, or None.
    """

    seed: int
    method: float
    baseline: float
    difference: float
    level: float | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """A claim as its stored cells have it.

    Attributes:
        cells: by (arm, seed), those that exist; stale: why, by (arm, seed), those that are;
            drifted: those that core has changed since, which alone makes none stale.
        pairs: the seeds at which both arms are measured; verdict: None before all seeds are.
        seconds: wall time of all cells and of the tuning.
        problem: why the claim cannot be measured here, or "".
    """

    claim: Claim
    cells: Mapping[tuple[str, int], Cell]
    stale: Mapping[tuple[str, int], tuple[str, ...]]
    drifted: frozenset[tuple[str, int]] = frozenset()
    pairs: tuple[Pair, ...] = ()
    verdict: Verdict | None = None
    seconds: float = 0.0
    problem: str = ""

    @property
    def word(self) -> str:
        """The verdict in a word or two, for tables."""
        if self.verdict is None:
            return "not measured" if not self.cells else "incomplete"
        return self.verdict.word + (" (stale)" if self.stale else "")


def claim_result(claim: Claim, folder: Path) -> Result:
    """What the stored cells say, and which of them are stale; nothing is run."""
    paths = {(a, s): cell_path(folder, claim.name, a, s) for s in claim.seeds for a in ARMS}
    read = {place: read_cell(path) for place, path in paths.items()}
    cells = {place: cell for place, cell in read.items() if cell is not None}
    try:
        keys = {p: arm_key(claim, c.arm, c.overrides, c.seed) for p, c in cells.items()}
        arm_config(claim, "method", {}, claim.seeds[0])
    except SuiteError as error:
        problem = str(error).partition("\n")[0]
        return Result(claim=claim, cells=cells, stale={}, problem=problem)
    stale = {p: why for p, cell in cells.items() if (why := _stale(claim, cell, keys[p]))}
    drifted = frozenset(p for p, cell in cells.items() if keys[p].drifted_since(cell.key))
    whole = [s for s in claim.seeds if all((arm, s) in cells for arm in ARMS)]
    pairs = tuple(compare(claim, *(cells[arm, seed] for arm in ARMS)) for seed in whole)
    verdict = None
    if len(whole) == len(claim.seeds):
        verdict = judge([pair.difference for pair in pairs], claim.minimum_effect)
    tunings = [read_tuning(tuning_path(folder, claim.name, arm)) for arm in ARMS]
    seconds = sum(one.seconds for one in (*cells.values(), *tunings) if one is not None)
    return Result(
        claim=claim, cells=cells, stale=stale, drifted=drifted, pairs=pairs, verdict=verdict,
        seconds=seconds,
    )  # fmt: skip


def _stale(claim: Claim, cell: Cell, now: Key) -> tuple[str, ...]:
    """Why a cell is stale. Another torch is no reason to read: it is shown with the numbers."""
    tried = [one.overrides for one in cell.tuning]
    if tried != [plain(overrides) for overrides in getattr(claim, cell.arm).grid]:
        return ("grid",)
    reasons = now.changed_since(cell.key)
    return tuple(reason for reason in reasons if not reason.startswith("torch "))


def compare(claim: Claim, method: Cell, baseline: Cell) -> Pair:
    """Both arms at one seed, at the end of their runs or where ``match`` is equal."""
    level = None
    if claim.match is None:
        values = [number(cell.numbers, claim.metric) for cell in (method, baseline)]
    else:
        level = matched_level(method.curve, baseline.curve, claim.match)
        values = [
            at_level(cell.curve, claim.match, level, claim.metric) for cell in (method, baseline)
        ]
    sign = 1.0 if claim.direction == "higher" else -1.0
    return Pair(
        seed=method.seed,
        method=values[0],
        baseline=values[1],
        difference=sign * (values[0] - values[1]),
        level=level,
    )
