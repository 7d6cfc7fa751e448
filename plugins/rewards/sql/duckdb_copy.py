"""A DuckDB file: is it readable, and its perturbed copy."""

from pathlib import Path

import duckdb

from suite.core.errors import SuiteError
from suite.plugins.rewards.sql.copies import Table, perturbed
from suite.plugins.rewards.sql.sqlite_copy import quoted

TABLES = (
    "SELECT table_name, sql FROM duckdb_tables() WHERE schema_name = 'main' AND NOT internal "
    "ORDER BY table_oid"
)
VIEWS = "SELECT sql FROM duckdb_views() WHERE NOT internal ORDER BY view_oid"
SAFE = {"enable_external_access": False, "autoload_known_extensions": False}


def check(path: Path) -> None:
    """Open the file once.

    Raises:
        SuiteError: it is locked by a writer, or is no DuckDB database.
    """
    try:
        duckdb.connect(str(path), read_only=True, config=dict(SAFE)).close()
    except duckdb.Error as error:
        told = str(error).partition("\n")[0]
        if "lock" in told.lower():
            raise SuiteError(
                f"the database {path} is locked by another program.\n"
                "Close that program, or copy the file and name the copy."
            ) from error
        raise SuiteError(f"{path} is not a DuckDB database ({told}).") from error


def write_copy(source: Path, target: Path, *, seed: int) -> None:
    """Write the perturbed copy of ``source`` to the new file ``target``.

    Raises:
        duckdb.Error: a table cannot be read or written.
    """
    reader = duckdb.connect(str(source), read_only=True, config=dict(SAFE))
    writer = duckdb.connect(str(target), config=dict(SAFE))
    try:
        found = reader.execute(TABLES).fetchall()
        tables = [_read_table(reader, name) for name, _ in found]
        rows = perturbed(tables, seed=seed)
        for table, (_, sql) in zip(tables, found, strict=True):
            writer.execute(sql)
            marks = ", ".join("?" * len(table.columns))
            writer.executemany(
                f"INSERT OR IGNORE INTO {quoted(table.name)} VALUES ({marks})", rows[table.name]
            )
        for (sql,) in reader.execute(VIEWS).fetchall():
            writer.execute(sql)
    finally:
        reader.close()
        writer.close()


def _read_table(reader: "duckdb.DuckDBPyConnection", name: str) -> Table:
    result = reader.execute(f"SELECT * FROM {quoted(name)}")
    columns = tuple(column[0] for column in result.description or ())
    return Table(name=name, columns=columns, rows=tuple(result.fetchall()), references={})
