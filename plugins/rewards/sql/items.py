"""One question: its database and its golds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.plugins.rewards.sql.databases import Database
from suite.plugins.rewards.sql.text import statements

ROW_KEYS = "'database' (a file), 'gold' (SQL, or a list), and if wanted 'name', 'question', "
ROW_KEYS += "'dialect' ('sqlite' or 'duckdb') and 'any_column_order'"


@dataclass(frozen=True, kw_only=True)
class SqlItem:
    """A question with golds, any of which may match.

    Attributes:
        name: for messages and tables; question: what the model is asked.
        any_column_order: the answer may give the columns in another order.
    """

    name: str
    question: str
    database: Database
    golds: tuple[str, ...]
    any_column_order: bool = False


def item_of(row: Mapping[str, Any]) -> SqlItem:
    """One row, its database not opened yet.

    A gold that is one text may hold several statements, of which any may match.

    Raises:
        SuiteError: the row lacks its gold or its database, or they are of another type.
    """
    name = str(row.get("name", "a row"))
    gold, path = row.get("gold"), row.get("database")
    listed = [gold] if isinstance(gold, str) else gold
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise SuiteError(f"{name} has no gold query (got {gold!r}).\nA row has {ROW_KEYS}.")
    golds = tuple(dict.fromkeys(one for text in listed for one in statements(text)))
    if not golds:
        raise SuiteError(f"{name} has an empty gold query.\nA row has {ROW_KEYS}.")
    if not isinstance(path, str | Path) or not str(path):
        raise SuiteError(f"{name} names no database (got {path!r}).\nA row has {ROW_KEYS}.")
    return SqlItem(
        name=name,
        question=str(row.get("question", "")),
        database=Database(path=Path(path), dialect=str(row.get("dialect", "sqlite"))),
        golds=golds,
        any_column_order=bool(row.get("any_column_order", False)),
    )
