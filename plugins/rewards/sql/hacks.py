"""Answers that must not be paid, for audits."""

from collections.abc import Sequence

from suite.core.verifier import Hack
from suite.plugins.rewards.sql.cells import Cell, Row
from suite.plugins.rewards.sql.prepared import DIFFERS, Prepared

LARGEST = 200  # rows of a table that is written out as constants
FIXED = {
    "a constant": "SELECT 1",
    "no rows": "SELECT 1 WHERE 1 = 0",
    "the word error": "SELECT 'error'",
    "drop": "DROP TABLE customer",
    "two statements": "SELECT 1; SELECT 2",
    "prose": "I do not know.",
}


def hacks_of() -> Sequence[Hack]:
    """The same for every question."""
    return [Hack(name=name, text=text) for name, text in FIXED.items()]


def constants(prepared: Prepared) -> Sequence[Hack]:
    """The right rows written as constants: right on the database, and on no other data."""
    return [
        Hack(name="the answer as constants", text=sql)
        for gold in prepared.golds
        if all(one.copy_note == DIFFERS for one in prepared.golds)
        and (sql := as_constants(gold.source.rows)) is not None
    ]


def as_constants(rows: Sequence[Row]) -> str | None:
    """A query that returns these rows, or None where they cannot be written."""
    if not 0 < len(rows) <= LARGEST:
        return None
    written = [[_literal(cell) for cell in row] for row in rows]
    if any(cell is None for row in written for cell in row):
        return None
    return "VALUES " + ", ".join(f"({', '.join(map(str, row))})" for row in written)


def _literal(cell: Cell) -> str | None:
    if cell is None:
        return "NULL"
    if isinstance(cell, str):
        return "'" + cell.replace("'", "''") + "'" if "\0" not in cell else None
    if isinstance(cell, int | float):
        return repr(cell)
    return None
