"""Database files: checked once, and their perturbed copies in the cache."""

import hashlib
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from suite.core.cache import cache_key, locked, lookup, store
from suite.core.errors import SuiteError, missing_extra, unknown_name

DIALECTS = ("sqlite", "duckdb")
LARGEST_COPIED = 64 << 20  # bytes; a larger database is judged without a copy, and that is stated
COPY_VERSION = 3  # of the perturbation: part of the cache's key
FILE_NAME = "copy.database"


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database file and the engine that reads it."""

    path: Path
    dialect: str = "sqlite"


def check(database: Database) -> None:
    """Whether the file can be judged on.

    Raises:
        SuiteError: it is missing, locked, or no database of this dialect; the dialect is unknown,
            or its engine is not installed.
    """
    if not database.path.is_file():
        raise SuiteError(
            f"there is no database file {database.path}.\n"
            "Name an existing file in the row's 'database', or give the folder with `--data`."
        )
    engine = _engine(database.dialect)
    engine.check(database.path)


def copy_of(database: Database, *, seed: int) -> tuple[Database | None, str]:
    """The perturbed copy for a seed, built once for the file's content; None with the reason.

    The source is only read. An engine that cannot write the copy is a reason, not an error.
    """
    if database.path.stat().st_size > LARGEST_COPIED:
        return None, f"the database is larger than {LARGEST_COPIED} bytes"
    digest = hashlib.sha256(database.path.read_bytes()).hexdigest()
    description = {
        "what": "perturbed copy of a database",
        "sha256": digest,
        "dialect": database.dialect,
        "seed": seed,
        "version": COPY_VERSION,
    }
    key = cache_key(description)
    with locked(key):
        folder = lookup(key)
        if folder is None:
            with tempfile.TemporaryDirectory() as scratch:
                target = Path(scratch) / FILE_NAME
                try:
                    _engine(database.dialect).write_copy(database.path, target, seed=seed)
                except (sqlite3.Error, ValueError) as error:
                    return None, str(error)
                except _duckdb_errors() as error:
                    return None, str(error).partition("\n")[0]
                folder = store(key, {FILE_NAME: target}, description)
    return Database(path=folder / FILE_NAME, dialect=database.dialect), ""


def _engine(dialect: str) -> ModuleType:
    if dialect == "sqlite":
        from suite.plugins.rewards.sql import sqlite_copy

        return sqlite_copy
    if dialect == "duckdb":
        try:
            from suite.plugins.rewards.sql import duckdb_copy
        except ModuleNotFoundError as error:
            raise missing_extra("duckdb", "sql", needed_by="a DuckDB database") from error
        return duckdb_copy
    raise unknown_name(
        "SQL dialect", dialect, DIALECTS, next_step="Correct 'dialect' (or 'db_type') of the row."
    )


def _duckdb_errors() -> tuple[type[Exception], ...]:
    try:
        import duckdb
    except ModuleNotFoundError:
        return ()
    return (duckdb.Error,)
