"""Answers that must not be paid, for audits."""

from collections.abc import Sequence

from suite.core.verifier import Hack
from suite.plugins.rewards.sql.cells import Cell, Row
from suite.plugins.rewards.sql.prepared import TELLING, Prepared

LARGEST = 200  # rows of a table that is written out as constants
CONSTANT = Hack(name="a constant", text="SELECT 1")
FIXED = {
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
    """Constants, the right rows among them: right on the database, and on no other data.

    None where a gold has no copy that tells: how many those are, benchmarks/sql_load.py prints.
    """
    if not all(gold.copy_note in TELLING for gold in prepared.golds):
        return []
    written = [as_constants(gold.source.rows) for gold in prepared.golds]
    right = [Hack(name="the answer as constants", text=sql) for sql in written if sql is not None]
    return [CONSTANT, *right]


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
