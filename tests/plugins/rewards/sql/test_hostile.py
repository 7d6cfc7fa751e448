"""Statements that try to write, to look around, to eat memory or time, or to be paid for nothing.

None passes, none changes what the next query sees, all end within the limits.
"""

import hashlib
import time
from pathlib import Path

import pytest

R = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r"
HOSTILE = {
    "drop": ("DROP TABLE customer", {"fail"}),
    "delete": ("DELETE FROM customer", {"fail"}),
    "delete, returning": ("DELETE FROM customer RETURNING name", {"fail"}),
    "update": ("UPDATE customer SET name = 'x'", {"fail"}),
    "insert": ("INSERT INTO customer (name) VALUES ('x') RETURNING name", {"fail"}),
    "with insert": ("WITH x AS (SELECT 1) INSERT INTO customer (id) SELECT 99 FROM x", {"fail"}),
    "create": ("CREATE TABLE leak AS SELECT * FROM customer", {"fail"}),
    "temp table": ("CREATE TEMP TABLE customer AS SELECT 1 AS id", {"fail"}),
    "temp view": ("CREATE TEMP VIEW customer AS SELECT 1 AS id", {"fail"}),
    "trigger": ("CREATE TEMP TRIGGER t AFTER DELETE ON car BEGIN SELECT 1; END", {"bad_source"}),
    "virtual table": ("CREATE VIRTUAL TABLE temp.f USING fts5(a)", {"fail"}),
    "attach": ("ATTACH DATABASE '{tmp}/attached.db' AS a", {"fail"}),
    "attach memory": ("ATTACH ':memory:' AS a", {"fail"}),
    "vacuum into": ("VACUUM INTO '{tmp}/vacuumed.db'", {"fail"}),
    "vacuum": ("VACUUM", {"fail"}),
    "begin": ("BEGIN EXCLUSIVE", {"fail"}),
    "savepoint": ("SAVEPOINT s", {"fail"}),
    "reindex": ("REINDEX", {"fail"}),
    "analyze": ("ANALYZE", {"fail"}),
    "pragma journal": ("PRAGMA journal_mode = WAL", {"fail"}),
    "pragma writable": ("PRAGMA writable_schema = ON", {"fail"}),
    "pragma query_only": ("PRAGMA query_only = OFF", {"fail"}),
    "pragma like": ("PRAGMA case_sensitive_like = ON", {"fail"}),
    "pragma list": ("PRAGMA database_list", {"fail"}),
    "pragma function": ("SELECT file FROM pragma_database_list", {"fail"}),
    "schema": ("SELECT sql FROM sqlite_master", {"fail"}),
    "schema, renamed": ("SELECT sql FROM sqlite_schema", {"fail"}),
    "schema, counted": ("SELECT COUNT(*) FROM sqlite_master", {"fail"}),
    "statements": ("SELECT sql FROM sqlite_stmt", {"fail"}),
    "pages": ("SELECT COUNT(*) FROM dbstat", {"fail"}),
    "load_extension": ("SELECT load_extension('{tmp}/x.so')", {"fail"}),
    "readfile": ("SELECT readfile('/etc/passwd')", {"fail"}),
    "writefile": ("SELECT writefile('{tmp}/written', 'x')", {"fail"}),
    "edit": ("SELECT edit('x', 'sh')", {"fail"}),
    "tokenizer": ("SELECT fts3_tokenizer('simple')", {"fail"}),
    "random": ("SELECT random()", {"fail"}),
    "random order": ("SELECT name FROM customer ORDER BY random()", {"fail"}),
    "randomblob": ("SELECT randomblob(1000000000)", {"fail"}),
    "changes": ("SELECT changes() + total_changes() + last_insert_rowid()", {"fail"}),
    "version": ("SELECT sqlite_version(), sqlite_source_id()", {"fail"}),
    "endless": (f"{R}) SELECT COUNT(*) FROM r", {"timeout"}),
    "endless rows": (f"{R}) SELECT n FROM r", {"flood"}),
    "endless text": (f"{R}) SELECT group_concat(n) FROM r", {"oom", "timeout"}),
    "endless sort": (f"{R}) SELECT n FROM r ORDER BY -n", {"timeout", "oom"}),
    "wide rows": (f"{R} LIMIT 10000) SELECT hex(zeroblob(400000)) FROM r", {"flood"}),
    "cross joins": (
        "SELECT COUNT(*) FROM " + ", ".join(f"purchase p{i}" for i in range(12)), {"timeout"}
    ),
    "zeroblob": ("SELECT zeroblob(2000000000)", {"oom"}),
    "hex": ("SELECT hex(zeroblob(999999))", {"oom"}),
    "printf": ("SELECT printf('%.*c', 1000000000, 'x')", {"timeout", "fail", "oom"}),
    "printf width": ("SELECT printf('%999999999d', 1)", {"oom", "fail"}),
    "replace": (
        "SELECT replace(replace(hex(zeroblob(200000)), '0', hex(zeroblob(200000))), '0', 'xx')",
        {"oom"},
    ),
    "like": (
        "SELECT hex(zeroblob(499999)) LIKE '" + "%0_" * 30 + "1'", {"timeout", "fail"}
    ),
    "glob": ("SELECT hex(zeroblob(499999)) GLOB '" + "*0?" * 30 + "1'", {"timeout", "fail"}),
    "long pattern": ("SELECT 'a' LIKE '" + "%a" * 5000 + "'", {"fail"}),
    "deep": ("SELECT " + "(" * 5000 + "1" + ")" * 5000, {"bad_source"}),
    "deep not": ("SELECT " + "NOT " * 5000 + "1", {"bad_source"}),
    "terms": ("SELECT " + " + ".join("1" * 1 for _ in range(20000)), {"bad_source"}),
    "columns": ("SELECT " + ", ".join(["1"] * 5000), {"bad_source"}),
    "compounds": (" UNION ALL ".join(["SELECT 1"] * 5000), {"bad_source"}),
    "arguments": ("SELECT max(" + ", ".join(["1"] * 5000) + ")", {"bad_source"}),
    "json": (
        "SELECT json('" + "[" * 20000 + "]" * 20000 + "')", {"fail", "bad_source"}
    ),
    "json bomb": (
        "SELECT COUNT(*) FROM json_each('[0,0,0,0]') a" + "".join(
            f", json_each('[{','.join('0' * 300)}]') j{i}" for i in range(4)
        ),
        {"timeout"},
    ),
    "series": ("SELECT value FROM generate_series(1, 1000000000)", {"fail"}),
    "two": ("SELECT COUNT(*) FROM customer; DROP TABLE customer", {"bad_source"}),
    "hidden second": ("SELECT 1 /* */; -- \nDELETE FROM customer", {"bad_source"}),
    "unclosed comment": ("SELECT 1 /* COUNT(*) FROM customer", {"fail"}),
    "nul": ("SELECT COUNT(*) FROM customer\0; DROP TABLE customer", {"bad_source"}),
    "surrogate": ("SELECT '\ud800'", {"bad_source"}),
    "parameter": ("SELECT ?1", {"fail", "bad_source"}),
    "error": ("SELECT 'error'", {"fail"}),
    "timeout": ("SELECT 'timeout'", {"fail"}),
    "raise": ("SELECT RAISE(ABORT, 'x')", {"fail"}),
    "explain": ("EXPLAIN SELECT COUNT(*) FROM customer", {"fail"}),
    "constant": ("SELECT 6", {"fail"}),
    "constant by size": (
        "SELECT CASE WHEN (SELECT COUNT(*) FROM purchase) = 9 THEN 6 ELSE 0 END", {"fail"}
    ),
    "first on disk": ("SELECT id FROM customer WHERE id = 6", {"fail"}),
    "null": ("SELECT NULL", {"fail"}),
    "no rows": ("SELECT 1 WHERE 0", {"fail"}),
    "always equal": ("SELECT 6 COLLATE nocase UNION SELECT 6.0", {"fail"}),
    "clock": ("SELECT strftime('%s') % 7", {"fail"}),
}  # fmt: skip
GOLD = "SELECT COUNT(*) FROM customer"
WATCH = [
    GOLD,
    "SELECT name FROM customer WHERE name LIKE 'a%'",  # case_sensitive_like would show
    "SELECT id FROM product ORDER BY price DESC",
    "SELECT date('now')",
]


def test_the_list_is_long_enough() -> None:
    assert len(HOSTILE) >= 30


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_statement_gets_its_verdict_and_leaves_nothing(
    ask, tmp_path: Path, name: str
) -> None:
    sql, verdicts = HOSTILE[name]
    item = ask.item(GOLD)
    before = [ask.verifier._pools.run_all([_job(ask.path, query)])[0] for query in WATCH]
    copy = ask.verifier.prepared(item).copy.path
    folders = {path: _state(path.parent) for path in (ask.path, copy)}
    started = time.monotonic()
    (judged,) = ask.verifier.judge([f"```sql\n{sql.replace('{tmp}', str(tmp_path))}\n```"], [item])
    assert str(judged.verdict) in verdicts, judged.feedback
    assert judged.score == 0.0
    assert time.monotonic() - started < 10.0
    assert [ask.verifier._pools.run_all([_job(ask.path, query)])[0] for query in WATCH] == before
    assert {path: _state(path.parent) for path in (ask.path, copy)} == folders
    assert not list(tmp_path.iterdir())
    assert ask.verdict(GOLD, GOLD) == "pass"


def _job(path: Path, sql: str) -> dict[str, object]:
    return {"sql": sql, "on": [{"path": str(path), "dialect": "sqlite", "reverse": False}]}


def _state(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_a_bomb_costs_itself_and_not_the_batch(ask) -> None:
    item = ask.item(GOLD)
    bomb = "SELECT printf('%.*c', 1000000000, 'x')"
    answers = [GOLD, bomb, GOLD, bomb, GOLD]
    verdicts = [str(one.verdict) for one in ask.verifier.judge(answers, [item] * 5)]
    assert verdicts[::2] == ["pass"] * 3
    assert set(verdicts[1::2]) <= {"timeout", "fail", "oom"}


def test_reading_a_common_table_or_a_json_list_is_no_crime(ask) -> None:
    counted = "WITH c AS (SELECT id FROM customer) SELECT COUNT(*) FROM c"
    assert ask.verdict(counted, GOLD) == "pass"
    listed = "SELECT COUNT(*) FROM customer WHERE id IN (SELECT value FROM json_each('[1, 2, 3]'))"
    assert ask.verdict(listed, "SELECT COUNT(*) FROM customer WHERE id <= 3") == "pass"
