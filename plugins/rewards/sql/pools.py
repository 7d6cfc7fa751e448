"""The workers that run queries: a pool for each engine, because their address spaces differ."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from suite.core.execution.workers import Answer, WorkerPool
from suite.core.verifier import Verdict
from suite.plugins.rewards.sql.databases import DIALECTS
from suite.plugins.rewards.sql.golds import Job, Result
from suite.plugins.rewards.sql.limits import QueryLimits

TARGET = "suite.plugins.rewards.sql.worker:execute"
BEYOND_QUERIES = 0.5  # CPU seconds of a job: reading, encoding
# DuckDB reserves address space for its threads and its allocator long before it uses it; what it
# uses is held by its own memory limit.
ADDRESS_SPACE = {"sqlite": 1, "duckdb": 4}


class QueryPools:
    """Runs jobs of worker.py; processes of an engine start with its first job."""

    def __init__(
        self,
        *,
        instant: str,
        limits: QueryLimits,
        workers: int,
        wall_seconds: float,
        memory_mb: int,
    ) -> None:
        self._pools = {
            dialect: WorkerPool(
                TARGET,
                workers=workers,
                cpu_seconds=2 * limits.cpu_seconds + BEYOND_QUERIES,
                wall_seconds=wall_seconds,
                memory_mb=memory_mb * ADDRESS_SPACE[dialect],
                setup={"instant": instant, "limits": asdict(limits)},
                answer_bytes=4 * (limits.bytes + 32 * limits.rows),
            )
            for dialect in DIALECTS
        }

    def run_all(self, jobs: Sequence[Job]) -> list[list[Result]]:
        """A job's results, one a database; one that never came has its verdict as the status.

        Raises:
            SuiteError: the pools are closed.
        """
        answers: dict[int, Answer] = {}
        for dialect, pool in self._pools.items():
            mine = [i for i, job in enumerate(jobs) if job["on"][0]["dialect"] == dialect]
            answers |= dict(zip(mine, pool.map([jobs[i] for i in mine]), strict=True))
        return [_results(answers[i]) for i in range(len(jobs))]

    def run(self, jobs: Sequence[Job]) -> list[Result]:
        """The results of jobs on one database each."""
        return [results[-1] for results in self.run_all(jobs)]

    def close(self) -> None:
        """End the workers."""
        for pool in self._pools.values():
            pool.close()


def _results(answer: Answer) -> list[Any]:
    if answer.verdict is Verdict.PASS:
        return list(answer.value)
    return [{"status": str(answer.verdict), "error": answer.error or ""}]
