"""What a worker of the SQL verifier does: run one query on a few databases.

A job is ``{"sql": text, "on": [{"path", "dialect", "reverse"}, ...]}``; the answer has one result
a database, up to the first that gave no rows: ``{"status": "rows", "columns": C, "rows": [[...]]}``
or ``{"status": ..., "error": ...}``. No gold ever comes here as a gold: a job says a query and
where to run it.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from suite.plugins.rewards.sql.limits import QueryLimits
from suite.plugins.rewards.sql.sqlite_engine import SqliteDatabase

MOST_OPEN = 64  # databases kept open


class OpenDatabase(Protocol):
    """An engine's database, ready for queries."""

    def run(self, sql: str, *, deadline: float) -> dict[str, Any]:
        """The rows of one query, or how it failed."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class Executor:
    """Runs jobs; keeps databases open between them."""

    def __init__(self, *, instant: str, limits: QueryLimits) -> None:
        self.instant = instant
        self.limits = limits
        self._open: dict[tuple[str, str, bool], OpenDatabase] = {}

    def answer(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Run the job's query on its databases, in order, until one gives no rows."""
        results: list[dict[str, Any]] = []
        for place in job["on"]:
            results.append(self._run(job["sql"], place))
            if results[-1]["status"] != "rows":
                break
        return results

    def _run(self, sql: str, place: Mapping[str, Any]) -> dict[str, Any]:
        # A MemoryError goes through: what an engine holds after it is not to be trusted, and the
        # pool replaces the worker.
        deadline = time.thread_time() + self.limits.cpu_seconds
        return self._database(place).run(sql, deadline=deadline)

    def _database(self, place: Mapping[str, Any]) -> OpenDatabase:
        # DuckDB has no reversed scans, and opens a file once a process.
        reverse = bool(place["reverse"]) and place["dialect"] == "sqlite"
        key = (place["path"], place["dialect"], reverse)
        if key not in self._open:
            if len(self._open) >= MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            self._open[key] = self._opened(*key)
        return self._open[key]

    def _opened(self, path: str, dialect: str, reverse: bool) -> OpenDatabase:
        if dialect == "sqlite":
            return SqliteDatabase(
                Path(path), reverse=reverse, instant=self.instant, limits=self.limits
            )
        from suite.plugins.rewards.sql.duckdb_engine import DuckDatabase

        return DuckDatabase(Path(path), instant=self.instant, limits=self.limits)

    def close(self) -> None:
        """Close every database."""
        while self._open:
            self._open.popitem()[1].close()


_executor: list[Executor] = []  # one a process, made by prepare


def prepare(setup: Mapping[str, Any]) -> None:
    """Called once in a worker: the instant and the limits."""
    os.environ["TZ"] = "UTC"  # 'localtime' means the same on every machine
    time.tzset()
    _executor[:] = [Executor(instant=setup["instant"], limits=QueryLimits(**setup["limits"]))]


def execute(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Called with every job."""
    return _executor[0].answer(job)
