"""The stopped clock gives one instant for every way to ask, and SQLite's own arithmetic."""

import sqlite3
import time

import pytest

from suite.plugins.rewards.sql.sqlite_clock import StoppedClock

INSTANT = "2024-07-01 12:00:00"


@pytest.fixture
def stopped() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    StoppedClock(INSTANT).install(connection)
    return connection


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("date('now')", "2024-07-01"),
        ("date()", "2024-07-01"),
        ("time('NOW')", "12:00:00"),
        ("datetime('now', '-1 month')", "2024-06-01 12:00:00"),
        ("date('now', 'start of month', '+1 month', '-1 day')", "2024-07-31"),
        ("strftime('%Y-%W')", "2024-27"),
        ("strftime('%s', 'now')", "1719835200"),
        ("julianday('now') - julianday('2024-06-30 12:00:00')", 1.0),
        ("CURRENT_DATE", "2024-07-01"),
        ("current_time", "12:00:00"),
        ("CURRENT_TIMESTAMP", "2024-07-01 12:00:00"),
    ],
)
def test_every_way_to_ask_for_the_time_gives_the_instant(
    stopped: sqlite3.Connection, expression: str, value: object
) -> None:
    assert stopped.execute(f"SELECT {expression}").fetchone()[0] == value


@pytest.mark.parametrize(
    "expression",
    [
        "date('2020-02-29', '+1 year')",
        "datetime(0, 'unixepoch')",
        "time('25:00')",
        "strftime('%j %w', '2021-03-04')",
        "julianday(2460000.5)",
        "date(NULL)",
        "date('today')",
        "strftime('%Y', 'x')",
    ],
)
def test_other_times_are_what_sqlite_says(stopped: sqlite3.Connection, expression: str) -> None:
    plain = sqlite3.connect(":memory:")
    query = f"SELECT {expression}"
    assert stopped.execute(query).fetchone() == plain.execute(query).fetchone()


def test_no_spelling_tells_the_real_time(ask) -> None:
    year = time.strftime("%Y")
    query = "SELECT {} || '' FROM customer WHERE id = 1"
    spellings = [
        "date('now')", "strftime('%Y')", "CURRENT_TIMESTAMP", "datetime('now', 'localtime')",
        "date('now', 'utc')", "datetime('now', 'subsec')", "date('subsec')", "unixepoch('now')",
    ]  # fmt: skip
    runs = ask.verifier._pools.run_all(
        [{"sql": query.format(s), "on": [_place(ask.path)]} for s in spellings]
    )
    assert year != "2024"
    for (result,) in runs:
        text = str(result["rows"][0][0])
        assert "2024" in text or text in ("1719835200", "None")


def _place(path: object) -> dict[str, object]:
    return {"path": str(path), "dialect": "sqlite", "reverse": False}


def test_both_sides_read_the_same_clock_and_it_can_be_set(shop) -> None:
    from suite.plugins.rewards.sql.verifier import SqlVerifier

    row = {"database": str(shop), "gold": "SELECT name FROM customer WHERE joined > date('now')"}
    with SqlVerifier(workers=1, instant="2024-06-25 00:00:00") as verifier:
        (item,) = verifier.load([row]).items
        answers = ["SELECT name FROM customer WHERE joined > '2024-06-25'", row["gold"]]
        assert [one.score for one in verifier.judge(answers, [item, item])] == [1.0, 1.0]
    with SqlVerifier(workers=1) as later:
        assert [one.status for one in later.load([row]).refused] == ["gold_empty"]
