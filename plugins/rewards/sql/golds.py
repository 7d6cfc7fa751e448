"""What a gold returns on one database, or why that is not determined.

A gold is run three times: as it is, with unordered scans reversed (SQLite), and without LIMIT but
with its sort keys (analysis.py). It is determined there if the three agree: rows that LIMIT cuts
off do not tie with rows that it keeps, unless they are equal, and nothing rests on the order in
which rows lie on disk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.plugins.rewards.sql.analysis import (
    ParseError,
    Probe,
    Shape,
    UndeterminedError,
    parse,
    shape,
    sort_probes,
)
from suite.plugins.rewards.sql.cells import Row, decode_row
from suite.plugins.rewards.sql.comparison import (
    Expected,
    blocks_of,
    difference,
    same_multiset,
    unordered,
)
from suite.plugins.rewards.sql.databases import Database

Result = Mapping[str, Any]  # what worker.py answers for one database
Job = dict[str, Any]
RunJobs = Callable[[Sequence[Job]], list[Result]]


class GoldError(ValueError):
    """A gold that cannot be judged by.

    Attributes:
        status: gold_error (it does not run), gold_empty, gold_undetermined, or gold_unparsed
            (sqlglot does not read it, so whether order counts is not known).
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Place:
    """A database, and whether its unordered scans run backwards."""

    database: Database
    reverse: bool = False

    def job(self, sql: str) -> Job:
        """The job that runs one query here."""
        return {"sql": sql, "on": [self.described]}

    @property
    def described(self) -> dict[str, Any]:
        """As a job names it."""
        path, dialect = str(self.database.path), self.database.dialect
        return {"path": path, "dialect": dialect, "reverse": self.reverse}


def expect(golds: Sequence[str], database: Database, run: RunJobs) -> list[Expected | GoldError]:
    """What each gold returns on the database; no gold stops another."""
    forward, backward = Place(database=database), Place(database=database, reverse=True)
    runs = run([place.job(gold) for gold in golds for place in (forward, backward)])
    outcomes: list[Expected | GoldError] = []
    for number, gold in enumerate(golds):
        try:
            outcomes.append(_expected(gold, forward, runs[2 * number : 2 * number + 2], run))
        except GoldError as error:
            outcomes.append(error)
    return outcomes


def _expected(gold: str, place: Place, runs: Sequence[Result], run: RunJobs) -> Expected:
    (num_columns, rows), (_, backward) = map(_table, runs)
    try:
        tree = parse(gold, place.database.dialect)
        asked = shape(tree)
        if asked.ordered or asked.limited:
            probes = sort_probes(tree, num_columns, place.database.dialect)
            expected = _by_keys(num_columns, rows, asked, probes, place, run)
        else:
            expected = unordered(num_columns, rows)
    except ParseError as error:
        raise GoldError("gold_unparsed", f"its syntax is not understood: {error}") from error
    except UndeterminedError as error:
        raise GoldError("gold_undetermined", str(error)) from error
    if difference(expected, num_columns, backward) is not None:
        raise GoldError("gold_undetermined", "it returns what lies first on disk")
    return expected


def _table(result: Result) -> tuple[int, list[Row]]:
    if result["status"] != "rows":
        raise GoldError("gold_error", f"{result['status']}: {result['error']}")
    return int(result["columns"]), [decode_row(row) for row in result["rows"]]


def _by_keys(
    num_columns: int,
    rows: Sequence[Row],
    asked: Shape,
    probes: Sequence[Probe],
    place: Place,
    run: RunJobs,
) -> Expected:
    """The expected table where order or a LIMIT counts."""
    if asked.offset is None:
        raise UndeterminedError("its OFFSET is no number")
    for probe in probes:
        (result,) = run([place.job(probe.sql)])
        if result["status"] == "rows" and result["columns"] == num_columns + probe.extra:
            full = [decode_row(row) for row in result["rows"]]
            return _window(num_columns, rows, full, probe, asked)
    raise UndeterminedError(f"its sort keys cannot be read ({result.get('error', 'columns')})")


def _window(
    num_columns: int, rows: Sequence[Row], full: Sequence[Row], probe: Probe, asked: Shape
) -> Expected:
    """The rows that LIMIT keeps, in the blocks of all rows."""
    assert asked.offset is not None
    start, stop = asked.offset, asked.offset + len(rows)
    blocks = blocks_of([tuple(row[i] for i in probe.keys) for row in full])
    kept: list[tuple[int, int]] = []
    for first, last in blocks:
        inside = max(first, start), min(last, stop)
        if inside[0] >= inside[1]:
            continue
        if inside != (first, last) and len({row[:num_columns] for row in full[first:last]}) > 1:
            raise UndeterminedError("LIMIT cuts through rows that tie")
        kept.append((inside[0] - start, inside[1] - start))
        block = [row[:num_columns] for row in full[inside[0] : inside[1]]]
        if not same_multiset(block, rows[inside[0] - start : inside[1] - start]):
            raise UndeterminedError("its rows change when its sort keys are read")
    if sum(last - first for first, last in kept) != len(rows):
        raise UndeterminedError("its rows change when its sort keys are read")
    return Expected(
        num_columns=num_columns, rows=tuple(rows), blocks=tuple(kept) or ((0, len(rows)),)
    )
