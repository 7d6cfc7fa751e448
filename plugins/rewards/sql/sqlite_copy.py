"""A SQLite file: is it readable, and its perturbed copy."""

import sqlite3
from pathlib import Path
from urllib.parse import quote

from suite.core.errors import SuiteError
from suite.plugins.rewards.sql.copies import Place, Table, perturbed

STATEMENTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"


def check(path: Path) -> None:
    """Open the file once as any reader would.

    Raises:
        SuiteError: it is locked, has changes in a journal beside it, or is no SQLite database.
    """
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and beside.stat().st_size:
            raise SuiteError(
                f"the database {path} has changes that are not written back yet ({beside.name}).\n"
                "Close the program that uses it, or checkpoint it, and start again."
            )
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=0.0)
        try:
            connection.execute(STATEMENTS).fetchall()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise SuiteError(
                f"the database {path} is locked by another program.\n"
                "Close that program, or copy the file and name the copy."
            ) from error
        raise SuiteError(f"the database {path} cannot be opened: {error}.") from error
    except sqlite3.DatabaseError as error:
        raise SuiteError(
            f"{path} is not a SQLite database ({error}).\nName a database file, or set the "
            "dialect of the row ('sqlite' or 'duckdb')."
        ) from error


def write_copy(source: Path, target: Path, *, seed: int) -> None:
    """Write the perturbed copy of ``source`` to the new file ``target``.

    Raises:
        ValueError: the database has virtual tables, which cannot be copied.
        sqlite3.Error: a table cannot be read or written.
    """
    uri = f"file:{quote(str(source))}?mode=ro&immutable=1"
    reader = sqlite3.connect(uri, uri=True)
    writer = sqlite3.connect(target)
    try:
        reader.execute("PRAGMA trusted_schema = 0")
        statements = reader.execute(STATEMENTS).fetchall()
        if any(sql.upper().startswith("CREATE VIRTUAL") for _, _, sql in statements):
            raise ValueError("it has virtual tables")
        tables = [
            read_table(reader, name)
            for kind, name, _ in statements
            if kind == "table" and not name.startswith("sqlite_")
        ]
        for kind, name, sql in statements:
            if kind == "table" and not name.startswith("sqlite_"):
                writer.execute(sql)
        _fill(writer, tables, perturbed(tables, seed=seed))
        for kind, _, sql in statements:
            if kind in ("index", "view"):
                writer.execute(sql)
        writer.commit()
    finally:
        reader.close()
        writer.close()


def read_table(reader: sqlite3.Connection, name: str) -> Table:
    """A table's stored columns, rows and declared references."""
    columns = tuple(
        column[1]
        for column in reader.execute(f"PRAGMA table_xinfo({quoted(name)})")
        if column[6] == 0  # neither hidden nor generated
    )
    listed = ", ".join(map(quoted, columns))
    references: dict[str, Place] = {
        column[3]: (column[2], column[4])
        for column in reader.execute(f"PRAGMA foreign_key_list({quoted(name)})")
        if column[4] is not None
    }
    rows = tuple(reader.execute(f"SELECT {listed} FROM {quoted(name)}"))
    return Table(name=name, columns=columns, rows=rows, references=references)


def _fill(
    writer: sqlite3.Connection, tables: list[Table], rows: dict[str, list[tuple[object, ...]]]
) -> None:
    for table in tables:
        listed = ", ".join(map(quoted, table.columns))
        marks = ", ".join("?" * len(table.columns))
        # A row that a constraint forbids (the same pair again) is left out.
        writer.executemany(
            f"INSERT OR IGNORE INTO {quoted(table.name)} ({listed}) VALUES ({marks})",
            rows[table.name],
        )


def quoted(name: str) -> str:
    """A name as SQL: in double quotes."""
    return '"' + name.replace('"', '""') + '"'
