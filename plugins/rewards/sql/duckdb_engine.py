"""One DuckDB query that a model wrote, in a worker: read-only, no files, no settings, bounded.

DuckDB has no authorizer. Its own parser says what the statement is and, as JSON, which functions
and tables it names; a query outside the rules below is not run. Its clock is stopped by temporary
macros, which its names find before the built-in functions.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from suite.plugins.rewards.sql.cells import encode_cell
from suite.plugins.rewards.sql.limits import QueryLimits

BATCH = 256
SERIALIZE = "SELECT json_serialize_sql(?)"  # the statement's tree, by DuckDB's parser
LONGEST = 100_000  # characters of a query
SETTINGS: dict[str, Any] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "threads": 1,
    "temp_directory": "",
}
# Undetermined, or telling of the machine, the settings or the connection.
DENIED_WORDS = """
    random uuid gen_random_uuid uuidv4 uuidv7 setseed nextval currval getenv current_setting
    getvariable version pg_backend_pid txid_current current_query in_search_path current_database
    current_schema current_schemas current_catalog current_user session_user user query query_table
    glob which_secret sniff_csv checkpoint force_checkpoint write_log sleep_ms sleep timeofday
    clock_timestamp statement_timestamp get_current_timestamp_ns repeat_row test_all_types summary
    hash_random json_execute_serialized_sql from_substrait
"""
DENIED = frozenset(DENIED_WORDS.split())
DENIED_PREFIXES = ("duckdb_", "pragma_", "read_", "parquet_", "pg_", "enable_", "disable_")
SYSTEM_TABLES = ("duckdb_", "pg_", "pragma_", "sqlite_", "information_schema")


class DuckDatabase:
    """A DuckDB file, opened read-only with the doors shut."""

    def __init__(self, path: Path, *, instant: str, limits: QueryLimits) -> None:
        self.limits = limits
        settings = {**SETTINGS, "memory_limit": f"{limits.heap_bytes}B"}
        self._connection = duckdb.connect(str(path), read_only=True, config=settings)
        for macro in stopped_clock(instant):
            self._connection.execute(f"CREATE TEMP MACRO {macro}")
        self._connection.execute("SET lock_configuration = true")

    def run(self, sql: str, *, deadline: float) -> dict[str, Any]:
        """The rows of one query, or how it failed; the time limit is on the wall's clock."""
        del deadline  # DuckDB cannot ask: a timer interrupts it, and the pool counts CPU seconds
        if (refusal := self._refusal(sql)) is not None:
            return refusal
        timer = threading.Timer(self.limits.cpu_seconds, self._connection.interrupt)
        timer.start()
        try:
            return self._fetch(self._connection.execute(sql))
        except duckdb.Error as error:
            return _failure(error)
        finally:
            timer.cancel()
            timer.join()

    def _refusal(self, sql: str) -> dict[str, Any] | None:
        """Why the query is not run, or None."""
        if len(sql) > LONGEST or "\0" in sql:
            return {"status": "bad_source", "error": "too long, or with a null character"}
        try:
            statements = self._connection.extract_statements(sql)
        except duckdb.OutOfMemoryException as error:
            raise MemoryError from error
        except (duckdb.Error, UnicodeEncodeError) as error:
            return {"status": "bad_source", "error": _first_line(error)}
        if not statements:
            return {"status": "no_code", "error": "there is no statement"}
        if len(statements) > 1:
            return {"status": "bad_source", "error": "there are several statements"}
        if statements[0].type != duckdb.StatementType.SELECT:
            return {"status": "denied", "error": f"{statements[0].type} is not a query"}
        return self._denied(sql)

    def _denied(self, sql: str) -> dict[str, Any] | None:
        try:
            ((text,),) = self._connection.execute(SERIALIZE, [sql]).fetchall()
            tree = json.loads(text)
        except duckdb.OutOfMemoryException as error:
            raise MemoryError from error
        except (duckdb.Error, ValueError, RecursionError) as error:
            return {"status": "denied", "error": f"cannot be read: {_first_line(error)}"}
        if tree.get("error", True):
            return {"status": "denied", "error": "a statement of this form is not read"}
        for node in _nodes(tree):
            if (told := _objection(node)) is not None:
                return {"status": "denied", "error": told}
        return None

    def _fetch(self, result: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
        rows: list[list[Any]] = []
        size = 0
        while batch := result.fetchmany(BATCH):
            for row in batch:
                rows.append([encode_cell(cell) for cell in row])
                size += sum(len(cell) for cell in row if isinstance(cell, str | bytes))
            if len(rows) > self.limits.rows or size > self.limits.bytes:
                return {"status": "flood", "error": f"more than {self.limits.told}"}
        return {"status": "rows", "columns": len(result.description or ()), "rows": rows}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def stopped_clock(instant: str) -> list[str]:
    """Macros for every built-in that reads the clock; ``instant`` in UTC."""
    zoned, plain = f"TIMESTAMPTZ '{instant}+00'", f"TIMESTAMP '{instant}'"
    day, time = f"CAST({plain} AS DATE)", f"CAST({plain} AS TIME)"
    values = {
        "now": zoned,
        "get_current_timestamp": zoned,
        "transaction_timestamp": zoned,
        "current_timestamp": zoned,
        "today": day,
        "current_date": day,
        "get_current_time": time,
        "current_time": time,
        "current_localtime": time,
        "localtime": time,
        "current_localtimestamp": plain,
        "localtimestamp": plain,
    }
    return [f"{name}() AS {value}" for name, value in values.items()]


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _objection(node: dict[str, Any]) -> str | None:
    """Why a node of the statement is not allowed, or None."""
    if "function_name" in node:
        name = str(node["function_name"]).lower()
        path = (node.get("qualified_name") or {}).get("path") or ()
        if node.get("catalog") or node.get("schema") or len(path) > 1:
            return f"not authorized: the function {name} of a named schema"
        if name in DENIED or name.startswith(DENIED_PREFIXES):
            return f"not authorized to use function: {name}"
        arguments = node.get("arguments", node.get("children"))  # its name before DuckDB 2
        if name == "age" and len(arguments or ()) == 1:
            return "not authorized: age() of one argument reads the clock"
    if node.get("type") == "BASE_TABLE":
        table = str(node.get("table_name", "")).lower()
        schema = str(node.get("schema_name") or "main").lower()
        if node.get("catalog_name") or schema != "main" or table.startswith(SYSTEM_TABLES):
            return f"not authorized: the table {table}"
    return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _failure(error: duckdb.Error) -> dict[str, Any]:
    """An error of DuckDB as a status.

    Raises:
        MemoryError: it ran out of memory; the database is not used again.
    """
    text = _first_line(error)
    if isinstance(error, duckdb.InterruptException):
        return {"status": "timeout", "error": "the query ran out of time"}
    if isinstance(error, duckdb.OutOfMemoryException):
        raise MemoryError from error
    if isinstance(error, duckdb.PermissionException):
        return {"status": "denied", "error": text}
    if isinstance(error, duckdb.ParserException | duckdb.SyntaxException):
        return {"status": "bad_source", "error": text}
    if isinstance(error, duckdb.IOException | duckdb.FatalException):
        return {"status": "infra_error", "error": text}
    return {"status": "error", "error": text}
