"""Stored measurements of claims: one JSON file a cell (arm x seed), and one an arm's tuning.

They are committed: docs are rendered from them, and CI repeats some of them.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from suite.core.claim_key import Key
from suite.core.discovery import PACKAGE_ROOT
from suite.core.errors import SuiteError

SCHEMA = 1
TOLERANCE, FLOOR = 1e-4, 1e-6  # relative; absolute, for numbers that are 0 but for rounding


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping as a JSON file gives it back."""
    read: dict[str, Any] = json.loads(json.dumps(dict(value)))
    return read


def default_folder() -> Path:
    """Where cells are kept: docs/claims of a working tree, else ./claims."""
    docs = PACKAGE_ROOT / "docs"
    return docs / "claims" if docs.is_dir() else Path("claims")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """One configuration of an arm's grid, and its score on the tuning seed.

    The score is None where the grid holds one configuration: nothing was chosen.
    """

    overrides: Mapping[str, Any]
    score: float | None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One arm at one seed.

    Attributes:
        arm: "method" or "baseline"; label: what tables call it.
        overrides: the configuration that was chosen; tuning: all that were tried.
        numbers: of the final evaluation; curve: the evaluations on the way.
        seconds: wall time of the run, or of the control where the arm is one.
        machine: what it ran on. timed: the arm trained for a wall time, so that a repetition
            cannot give the same numbers.
    """

    claim: str
    arm: str
    label: str
    seed: int
    key: Key
    overrides: Mapping[str, Any]
    tuning: tuple[Tried, ...]
    numbers: Mapping[str, float | None]
    curve: tuple[Mapping[str, float], ...]
    seconds: float
    machine: Mapping[str, Any]
    timed: bool = False
    schema: int = field(default=SCHEMA)


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """All configurations of an arm that were tried, and what the scores rest on."""

    key: str
    tried: tuple[Tried, ...]
    seconds: float


def cell_path(folder: Path, claim: str, arm: str, seed: int) -> Path:
    """The file of one cell."""
    return folder / claim / f"{arm}-seed{seed}.json"


def tuning_path(folder: Path, claim: str, arm: str) -> Path:
    """The file of one arm's tuning."""
    return folder / claim / f"{arm}-tuning.json"


def write(path: Path, record: Cell | Tuning) -> None:
    """Write a record whole, by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".partial")
    temporary.write_text(json.dumps(asdict(record), indent=1) + "\n")
    temporary.replace(path)


def read_cell(path: Path) -> Cell | None:
    """A stored cell, or None where there is none.

    Raises:
        SuiteError: the file cannot be read as a cell.
    """
    row = _read(path)
    if row is None:
        return None
    try:
        tuning = tuple(Tried(**tried) for tried in row.pop("tuning"))
        curve = tuple(row.pop("curve"))
        return Cell(**{**row, "key": Key(**row["key"]), "tuning": tuning, "curve": curve})
    except (KeyError, TypeError) as error:
        raise _broken(path, error) from error


def read_tuning(path: Path) -> Tuning | None:
    """A stored tuning, or None where there is none.

    Raises:
        SuiteError: the file cannot be read as one.
    """
    row = _read(path)
    if row is None:
        return None
    try:
        tried = tuple(Tried(**one) for one in row["tried"])
        return Tuning(key=row["key"], tried=tried, seconds=row["seconds"])
    except (KeyError, TypeError) as error:
        raise _broken(path, error) from error


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        read: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _broken(path, error) from error
    return read


def _broken(path: Path, error: Exception) -> SuiteError:
    return SuiteError(
        f"the stored cell {path} cannot be read: {type(error).__name__}: {error}.\n"
        "Remove it, then run `suite claim run NAME`."
    )


def differing(
    expected: Mapping[str, float | None], found: Mapping[str, float | None]
) -> list[tuple[str, float | None, float | None]]:
    """Numbers that are not the same within ``TOLERANCE``: (name, expected, found)."""
    names: Iterable[str] = sorted({*expected, *found})
    pairs = ((name, expected.get(name), found.get(name)) for name in names)
    return [(name, a, b) for name, a, b in pairs if not _same(a, b)]


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= max(TOLERANCE * max(abs(a), abs(b)), FLOOR)
