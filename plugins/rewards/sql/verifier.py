"""SqlVerifier: answers judged by the rows that their SQL returns.

The golds' rows and the comparison stay in this process; workers run one query after another and
know nothing else. Feedback speaks of the answer's own query and names what kind of thing differs,
never what was expected.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.verifier import Hack, Judgement, Loaded, Refusal, Verdict, Verifier
from suite.plugins.rewards.sql import databases, examples, sources
from suite.plugins.rewards.sql.cells import Row, decode_row
from suite.plugins.rewards.sql.comparison import difference
from suite.plugins.rewards.sql.golds import Job, Place, Result
from suite.plugins.rewards.sql.hacks import constants, hacks_of
from suite.plugins.rewards.sql.items import SqlItem, item_of
from suite.plugins.rewards.sql.limits import QueryLimits
from suite.plugins.rewards.sql.parts import (
    DEFAULT_WEIGHTS,
    EXECUTION,
    checked_weights,
    most_of_wrong,
    run_parts,
    score,
    text_parts,
)
from suite.plugins.rewards.sql.pools import QueryPools
from suite.plugins.rewards.sql.prepared import Prepared, prepare_item
from suite.plugins.rewards.sql.text import Extracted, sql_of

INSTANT = "2024-07-01 12:00:00"
VERDICTS = {  # a worker's status that is no rows -> the verdict
    "error": Verdict.FAIL,
    "denied": Verdict.FAIL,
    "timeout": Verdict.TIMEOUT,
    "oom": Verdict.OOM,
    "crash": Verdict.CRASH,
    "flood": Verdict.FLOOD,
    "bad_source": Verdict.BAD_SOURCE,
    "no_code": Verdict.NO_CODE,
    "infra_error": Verdict.INFRA_ERROR,
}

UNREAD = (Verdict.BAD_SOURCE, Verdict.NO_CODE)


class SqlVerifier(Verifier[SqlItem]):
    """An answer passes if its rows are some gold's, on the database and on its perturbed copy.

    Args:
        instant: what the clock says in every query, "YYYY-MM-DD HH:MM:SS", UTC.
        weights: of the parts of the score: execution, schema, ngrams, syntax, executes, format.
        copies: how many seeds are tried for a copy that tells most; 0: no copy is judged.
        refuse_empty: refuse golds that return no rows.
        refuse_same: refuse golds that no copy tells from a constant.
        workers, cpu_seconds (a query on a database), wall_seconds (a job), memory_mb (address
        space of a worker; four times that for DuckDB), max_rows: limits, all positive.

    Raises:
        SuiteError: a limit is zero or below, the instant is no time, or a weight is wrong.
    """

    executes_code = False  # SQL in an engine that only reads; SECURITY.md says what that promises

    def __init__(
        self,
        *,
        instant: str = INSTANT,
        weights: Mapping[str, float] | None = None,
        copies: int = 6,
        refuse_empty: bool = True,
        refuse_same: bool = False,
        workers: int = 2,
        cpu_seconds: float = 1.0,
        wall_seconds: float = 10.0,
        memory_mb: int = 1024,
        max_rows: int = 20_000,
    ) -> None:
        if copies < 0:
            raise SuiteError(f"copies must be 0 or more, got {copies}.")
        for name, limit in {"max_rows": max_rows, "cpu_seconds": cpu_seconds}.items():
            if not limit > 0:
                raise SuiteError(f"{name} must be above zero, got {limit}.\nGive a positive limit.")
        self.weights = checked_weights(DEFAULT_WEIGHTS if weights is None else weights)
        self.seeds = tuple(range(copies))
        self.refuse_empty, self.refuse_same = refuse_empty, refuse_same
        self._pools = QueryPools(
            instant=_instant(instant),
            limits=QueryLimits(cpu_seconds=cpu_seconds, rows=max_rows),
            workers=workers,
            wall_seconds=wall_seconds,
            memory_mb=memory_mb,
        )
        self._prepared: dict[SqlItem, Prepared] = {}
        self._checked: set[databases.Database] = set()
        self._lock = threading.Lock()

    def rows(self, data: Path | None = None) -> Iterable[Mapping[str, Any]]:
        return examples.rows() if data is None else sources.rows_of(data)

    def item(self, row: Mapping[str, Any]) -> SqlItem:
        return item_of(row)

    def load(self, rows: Iterable[Mapping[str, Any]]) -> Loaded[SqlItem]:
        """Rows as items; a gold that does not hold goes, and with its last gold the row.

        Raises:
            SuiteError: a database is missing, locked, or no database.
        """
        items: list[SqlItem] = []
        refused: list[Refusal] = []
        for number, row in enumerate(rows, 1):
            name = str(row.get("name", f"row {number}"))
            try:
                item = item_of({"name": name, **row})
            except SuiteError as error:
                reason = str(error).partition("\n")[0]
                refused.append(Refusal(name=name, status="bad_row", reason=reason))
                continue
            prepared = self.prepared(item)
            if prepared.golds:
                kept = replace(item, golds=tuple(gold.sql for gold in prepared.golds))
                with self._lock:
                    self._prepared[kept] = prepared
                items.append(kept)
            else:
                refused.append(_refusal(name, prepared))
        return Loaded(items=tuple(items), refused=tuple(refused))

    def prepared(self, item: SqlItem) -> Prepared:
        """The item's golds with their rows, worked out once.

        Raises:
            SuiteError: its database is missing, locked, or no database.
        """
        with self._lock:
            known = self._prepared.get(item)
            checked = item.database in self._checked
        if known is not None:
            return known
        if not checked:
            databases.check(item.database)
        made = prepare_item(
            item,
            self._pools.run,
            seeds=self.seeds,
            refuse_empty=self.refuse_empty,
            refuse_same=self.refuse_same,
        )
        with self._lock:
            self._checked.add(item.database)
            return self._prepared.setdefault(item, made)

    def golds(self, item: SqlItem) -> Sequence[str]:
        return item.golds

    def hacks(self, item: SqlItem) -> Sequence[Hack]:
        """Texts that must not be paid; the golds' own rows as constants, where a copy differs."""
        most = most_of_wrong(self.weights)  # a constant runs, so partial weights pay it a part
        wrong = (*hacks_of(), *constants(self.prepared(item)))
        return (*super().hacks(item), *(replace(hack, at_most=most) for hack in wrong))

    def judge(self, answers: Sequence[str], items: Sequence[SqlItem]) -> list[Judgement]:
        prepared = [self.prepared(item) for item in items]
        extracted = [sql_of(answer) for answer in answers]
        jobs = {
            i: _job(item, golds, one.sql)
            for i, (item, golds, one) in enumerate(zip(items, prepared, extracted, strict=True))
            if one.verdict is None and golds.golds
        }
        results = dict(zip(jobs, self._pools.run_all(list(jobs.values())), strict=True))
        return [
            self._judgement(answer, item, golds, one, results.get(i, []))
            for i, (answer, item, golds, one) in enumerate(
                zip(answers, items, prepared, extracted, strict=True)
            )
        ]

    def _judgement(
        self,
        answer: str,
        item: SqlItem,
        prepared: Prepared,
        extracted: Extracted,
        results: list[Result],
    ) -> Judgement:
        if not prepared.golds:  # never the answer's fault, so never a score
            told = _refusal(item.name, prepared)
            return _unscored(Verdict.INFRA_ERROR, f"{told.status}: {told.reason}")
        if extracted.verdict is not None:
            return _unscored(extracted.verdict, extracted.reason)
        verdict, feedback = _verdict(item, prepared, results)
        if verdict is Verdict.INFRA_ERROR:
            return _unscored(verdict, feedback)
        parts = {EXECUTION: float(verdict is Verdict.PASS)}
        read = "" if verdict in UNREAD else extracted.sql  # the engine's parser has the last word
        parts |= text_parts(read, item.golds, item.database.dialect, self.weights)
        parts |= run_parts(answer, ran=results[0]["status"] == "rows", asked=self.weights)
        value = score(parts, self.weights)
        return Judgement(verdict=verdict, score=value, parts=parts, feedback=feedback)

    def close(self) -> None:
        self._pools.close()


def _instant(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, TypeError) as error:
        raise SuiteError(f"instant must be a time like '{INSTANT}' (UTC), got {text!r}.") from error


def _job(item: SqlItem, prepared: Prepared, sql: str) -> Job:
    places = [Place(database=item.database)]
    if prepared.copy is not None:
        places.append(Place(database=prepared.copy, reverse=True))
    return {"sql": sql, "on": [place.described for place in places]}


def _verdict(
    item: SqlItem, prepared: Prepared, results: Sequence[Result]
) -> tuple[Verdict, str | None]:
    """The verdict on an answer that ran: does it agree with one gold everywhere?"""
    source, *copy = results
    if source["status"] != "rows":
        return VERDICTS[source["status"]], source["error"]
    tables = [(result["columns"], _decoded(result)) for result in results if "rows" in result]
    closest = None
    for gold in prepared.golds:
        told = difference(gold.source, *tables[0], any_column_order=item.any_column_order)
        closest = closest or told
        if told is not None:
            continue
        if gold.copy is None:
            return Verdict.PASS, None
        if len(tables) > 1:
            told = difference(gold.copy, *tables[1], any_column_order=item.any_column_order)
            if told is None:
                return Verdict.PASS, None
            closest = f"{told}, on other data of the same schema"
    if copy and copy[0]["status"] != "rows":
        return VERDICTS[copy[0]["status"]], copy[0]["error"]
    return Verdict.FAIL, f"the result differs: {closest}"


def _decoded(result: Result) -> list[Row]:
    return [decode_row(row) for row in result["rows"]]


def _unscored(verdict: Verdict, feedback: str | None) -> Judgement:
    return Judgement(verdict=verdict, score=0.0, parts={EXECUTION: 0.0}, feedback=feedback)


def _refusal(name: str, prepared: Prepared) -> Refusal:
    """Why a row has no gold left: the first one's reason."""
    status, _, reason = prepared.dropped[0]
    return Refusal(name=name, status=status, reason=reason)
