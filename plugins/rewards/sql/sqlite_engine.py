"""One SQLite query that a model wrote, in a worker: read-only, authorised, bounded.

The connection is opened once for a database and kept: a query can change nothing on it, because
the authorizer lets it read the database's own tables, call the functions below, and nothing else.
What no check can stop inside one instruction (a format of a billion characters) the pool kills.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from suite.plugins.rewards.sql.cells import encode_cell
from suite.plugins.rewards.sql.limits import QueryLimits
from suite.plugins.rewards.sql.sqlite_clock import StoppedClock

# A function that is not named here is refused: random ones (the result is not determined), those
# that tell of the connection, and any that a later SQLite adds.
FUNCTION_NAMES = """
    abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws
    cos cosh count cume_dist current_date current_time current_timestamp date datetime degrees
    dense_rank exp first_value floor format glob group_concat hex ifnull if iif instr json
    json_array json_array_length json_each json_extract json_group_array json_group_object
    json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set
    json_tree json_type json_valid julianday lag last_value lead length like likelihood likely ln
    log log10 log2 lower ltrim max median min mod nth_value ntile nullif octet_length
    percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians rank
    replace round row_number rtrim sign sin sinh soundex sqrt strftime string_agg substr substring
    sum tan tanh time timediff total trim trunc typeof unhex unicode unixepoch unlikely upper
    zeroblob -> ->>
"""
FUNCTIONS = frozenset(FUNCTION_NAMES.split())
TABLE_FUNCTIONS = ("json_each", "json_tree")
# Tables of SQLite itself: the schema, the statements of the connection, pages, pragmas.
HIDDEN_PREFIXES = ("sqlite_", "pragma_", "fts3tokenize", "dbstat", "bytecode", "tables_used")
CAPS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 0,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
STEPS = 5000  # instructions between two looks at the clock
BATCH = 256  # rows fetched at once
UNREADABLE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_BUSY")
BAD_SOURCE = (
    "syntax error",
    "incomplete input",
    "unrecognized token",
    "one statement at a time",
    "null character",
    "tree is too large",
    "too many",
    "parser stack overflow",
    "query string is too large",
)


class SqliteDatabase:
    """A database file, opened so that nothing can be written or learned beside its tables.

    Args:
        path: the file. reverse: unordered scans run backwards, so that an answer which relies on
            the order of rows on disk is seen. instant: what the clock says.
    """

    def __init__(self, path: Path, *, reverse: bool, instant: str, limits: QueryLimits) -> None:
        self.limits = limits
        self._deadline = 0.0
        uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=0)
        connection.text_factory = _text
        self._connection = connection
        for pragma, value in {
            "trusted_schema": 0,
            "query_only": 1,
            "temp_store": 2,  # memory: sorting writes no file
            "hard_heap_limit": limits.heap_bytes,  # of the whole process
            "reverse_unordered_selects": int(reverse),
        }.items():
            connection.execute(f"PRAGMA {pragma} = {value}")
        self.tables = frozenset(
            name.lower()
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
            )
            if not name.lower().startswith("sqlite_")
        )
        for name in TABLE_FUNCTIONS:  # before the authorizer: their first use declares a table
            connection.execute(f"SELECT * FROM {name}('[]')").fetchall()
        StoppedClock(instant).install(connection)
        for category, cap in CAPS.items():
            connection.setlimit(category, cap)
        connection.set_progress_handler(self._late, STEPS)
        connection.set_authorizer(self._authorize)

    def _late(self) -> bool:
        return time.thread_time() > self._deadline

    def _authorize(
        self, action: int, one: str | None, two: str | None, schema: str | None, _: str | None
    ) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (two or "").lower() in FUNCTIONS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and self._may_read((one or "").lower(), two, schema):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str, column: str | None, schema: str | None) -> bool:
        if table in self.tables:
            return schema in ("main", None)
        if table in TABLE_FUNCTIONS:
            return True
        # Without a column it may be the name of a common table expression.
        return not column and not table.startswith(HIDDEN_PREFIXES)

    def run(self, sql: str, *, deadline: float) -> dict[str, Any]:
        """The rows of one query, or how it failed; ``deadline``: of ``time.thread_time``."""
        self._deadline = deadline
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql)
            if cursor.description is None:
                return {"status": "no_code", "error": "there is no statement"}
            return self._fetch(cursor)
        except sqlite3.Warning as error:  # two statements, before Python 3.12
            return {"status": "bad_source", "error": str(error)}
        except sqlite3.Error as error:
            return _failure(error)
        except UnicodeEncodeError:
            return {"status": "bad_source", "error": "the text is not Unicode"}
        finally:
            cursor.close()

    def _fetch(self, cursor: sqlite3.Cursor) -> dict[str, Any]:
        rows: list[list[Any]] = []
        size = 0
        while batch := cursor.fetchmany(BATCH):
            for row in batch:
                rows.append([encode_cell(cell) for cell in row])
                size += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
            if len(rows) > self.limits.rows or size > self.limits.bytes:
                return {"status": "flood", "error": f"more than {self.limits.told}"}
        return {"status": "rows", "columns": len(cursor.description), "rows": rows}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _text(data: bytes) -> str:
    """Text as stored: bytes that are no UTF-8 stay apart from each other."""
    return data.decode("utf-8", "surrogateescape")


def _failure(error: sqlite3.Error) -> dict[str, Any]:
    """An error of SQLite as a status; it speaks of the query's own text alone."""
    text, name = str(error), getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_INTERRUPT":
        return {"status": "timeout", "error": "the query ran out of time"}
    if name == "SQLITE_NOMEM":
        return {"status": "oom", "error": "out of memory"}
    if name == "SQLITE_TOOBIG":
        return {"status": "bad_source" if "query" in text else "oom", "error": text}
    if name == "SQLITE_AUTH" or "prohibited" in text or "not authorized" in text:
        return {"status": "denied", "error": text}
    if name.startswith(UNREADABLE):
        return {"status": "infra_error", "error": text}
    if any(part in text for part in BAD_SOURCE):
        return {"status": "bad_source", "error": text}
    return {"status": "error", "error": text}
