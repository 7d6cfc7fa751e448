"""Claims: a published method measured against the baseline that its paper names.

A cell is one arm at one seed, kept as a file under a key of everything that its numbers rest on; a
re-run computes stale cells only. Both arms try equally many configurations, on a seed of their own.
An arm may be a control of the other arm's run (``control:NAME``): it then starts from the same
base and spends as many reward calls.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.core import registry
from suite.core.claim_arms import load_claim
from suite.core.claim_bench import Bench, measure_stale
from suite.core.claim_cells import Cell, cell_path, default_folder, differing
from suite.core.claim_result import Result, claim_result
from suite.core.claim_text import result_page, results_table
from suite.core.progress import Progress, Silent
from suite.core.task import Claim


def list_claims(folder: Path | None = None) -> str:
    """Every claim with its verdict, for ``suite claim list``."""
    where = folder or default_folder()
    return results_table([claim_result(claim, where) for claim in all_claims()])


def show_claim(name: str, folder: Path | None = None) -> str:
    """One claim: statement, arms, cells, verdict; for ``suite claim show``.

    Raises:
        SuiteError: there is no such claim.
    """
    return result_page(claim_result(load_claim(name), folder or default_folder()))


def run_claim_by_name(name: str, progress: Progress, folder: Path | None = None) -> str:
    """Measure what is stale and show the claim; for ``suite claim run``."""
    return result_page(run_claim(load_claim(name), folder or default_folder(), progress))


def run_claim(claim: Claim, folder: Path, progress: Progress) -> Result:
    """Measure what is missing or stale, and judge; arguments and errors of ``measure_stale``."""
    measure_stale(claim, folder, progress)
    return claim_result(claim, folder)


def all_claims() -> list[Claim]:
    """Every claim that ships with the suite, by paper and name."""
    names = [entry.name for entry in registry.entries("claim") if entry.built_in]
    return sorted(map(load_claim, names), key=lambda claim: (claim.paper, claim.name))


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """One stored cell, measured again.

    Attributes:
        cell: its file below the folder; different: numbers beyond the tolerance, with both values.
        same_machine: whether processor and torch are those of the stored cell; exact repetition is
            promised only then.
    """

    cell: str
    different: tuple[tuple[str, float | None, float | None], ...]
    same_machine: bool

    @property
    def ok(self) -> bool:
        """Whether every number came out the same."""
        return not self.different


def rerun_cells(
    commit: str,
    count: int = 2,
    folder: Path | None = None,
    claims: Sequence[Claim] | None = None,
) -> list[Repeat]:
    """Measure ``count`` stored cells again, picked by a hash of the commit.

    Stale cells, and arms that train for a wall time, cannot repeat and are not picked; fewer than
    ``count`` answers mean that no more cells were left. ``claims`` is all that ship by default.
    """
    folder = folder or default_folder()
    results = [claim_result(claim, folder) for claim in claims or all_claims()]
    places = [
        (result.claim, cell)
        for result in results
        for place, cell in result.cells.items()
        if place not in result.stale and not result.problem and not cell.timed
    ]

    def order(place: tuple[Claim, Cell]) -> bytes:
        name = f"{commit}/{place[1].claim}/{place[1].arm}/{place[1].seed}"
        return hashlib.blake2b(name.encode()).digest()

    return [_repeat(claim, cell, folder) for claim, cell in sorted(places, key=order)[:count]]


def _repeat(claim: Claim, cell: Cell, folder: Path) -> Repeat:
    bench = Bench(claim=claim, folder=folder, progress=Silent())
    again = bench.cell(cell.arm, cell.tuning, cell.seed)
    path = cell_path(folder, claim.name, cell.arm, cell.seed)
    return Repeat(
        cell=path.relative_to(folder).as_posix(),
        different=tuple(differing(cell.numbers, again.numbers)),
        same_machine=all(again.machine[k] == cell.machine.get(k) for k in ("cpu", "torch")),
    )
