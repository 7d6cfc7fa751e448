"""DuckDB behind the same interface: read-only, shut in, its clock stopped, its types kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

duckdb = pytest.importorskip("duckdb")

from suite.plugins.rewards.sql.duckdb_copy import write_copy  # noqa: E402
from suite.plugins.rewards.sql.verifier import SqlVerifier  # noqa: E402

SCRIPT = """
CREATE TABLE maker (id INTEGER PRIMARY KEY, name VARCHAR, founded DATE);
CREATE TABLE car (id INTEGER PRIMARY KEY, maker_id INTEGER, price DECIMAL(10, 2), fast BOOLEAN);
INSERT INTO maker VALUES (1, 'Ax', '1990-01-02'), (2, 'By', '2001-05-06'), (3, 'Co', '2024-06-20');
INSERT INTO car VALUES (1, 1, 10.50, TRUE), (2, 1, 20.25, FALSE), (3, 2, 30.00, TRUE),
    (4, 3, 5.75, NULL), (5, 3, 8.00, FALSE);
"""
GOLD = "SELECT COUNT(*) FROM car"


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cars") / "cars.duckdb"
    connection = duckdb.connect(str(path))
    connection.execute(SCRIPT)
    connection.close()
    return path


@pytest.fixture(scope="module")
def ducks() -> Iterator[SqlVerifier]:
    with SqlVerifier(workers=1, cpu_seconds=0.5) as verifier:
        yield verifier


def verdict(verifier: SqlVerifier, path: Path, answer: str, gold: str) -> str:
    item = verifier.item({"database": str(path), "dialect": "duckdb", "gold": gold})
    return str(verifier.judge([f"```sql\n{answer}\n```"], [item])[0].verdict)


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        ("SELECT count(id) FROM car", GOLD, "pass"),
        ("SELECT 5", GOLD, "fail"),  # on the copy
        ("SELECT fast FROM car", "SELECT CAST(fast AS INTEGER) FROM car", "fail"),
        ("SELECT CAST(price AS DOUBLE) FROM car", "SELECT price FROM car", "pass"),
        ("SELECT CAST(price AS VARCHAR) FROM car", "SELECT price FROM car", "fail"),
        (
            "FROM maker SELECT name ORDER BY founded",
            "SELECT name FROM maker ORDER BY founded",
            "pass",
        ),
        (
            "SELECT name FROM maker ORDER BY name DESC",
            "SELECT name FROM maker ORDER BY founded",
            "fail",
        ),
        (
            "SELECT name FROM maker WHERE founded > date '2024-06-01'",
            "SELECT name FROM maker WHERE founded > current_date - INTERVAL 30 DAY",
            "pass",
        ),
    ],
)
def test_rows_are_compared_as_for_sqlite(
    ducks: SqlVerifier, cars: Path, answer: str, gold: str, expected: str
) -> None:
    assert verdict(ducks, cars, answer, gold) == expected


HOSTILE = {
    "DROP TABLE car": {"fail"},
    "INSERT INTO car VALUES (9, 1, 1, TRUE) RETURNING id": {"fail"},
    "CREATE TEMP TABLE car AS SELECT 1": {"fail"},
    "CREATE TEMP MACRO now() AS 1": {"fail"},
    "ATTACH 'x.duckdb'": {"fail"},
    "COPY car TO 'x.csv'": {"fail"},
    "EXPORT DATABASE 'x'": {"fail"},
    "INSTALL httpfs": {"fail"},
    "LOAD httpfs": {"fail"},
    "SET threads = 8": {"fail"},
    "PRAGMA database_list": {"fail"},
    "CALL pragma_version()": {"fail"},
    "SELECT * FROM read_csv('/etc/passwd')": {"fail"},
    "SELECT content FROM read_text('/etc/passwd')": {"fail"},
    "SELECT * FROM '/etc/passwd'": {"fail"},
    "SELECT * FROM glob('/*')": {"fail"},
    "SELECT getenv('HOME')": {"fail"},
    "SELECT current_setting('memory_limit')": {"fail"},
    "SELECT * FROM duckdb_settings()": {"fail"},
    "SELECT * FROM information_schema.tables": {"fail"},
    "SELECT * FROM query('SELECT 5')": {"fail"},
    "SELECT random()": {"fail"},
    "SELECT uuid()": {"fail"},
    "SELECT system.main.now()": {"fail"},
    "SELECT main.now()": {"fail"},
    "SELECT age(date '2020-01-01')": {"fail"},
    "SELECT 5; DROP TABLE car": {"bad_source"},
    "SELECT": {"bad_source"},
    "SELECT COUNT(*) FROM range(1000000000000)": {"timeout"},
    "SELECT list(i) FROM range(1000000000) t(i)": {"oom", "timeout"},
    "SELECT * FROM range(10000000)": {"flood"},
    "SELECT repeat('x', 1000000000)": {"timeout", "oom", "flood"},
    "SELECT 'error'": {"fail"},
}


@pytest.mark.parametrize("answer", HOSTILE)
def test_a_hostile_statement_gets_its_verdict_and_leaves_nothing(
    ducks: SqlVerifier, cars: Path, answer: str
) -> None:
    before = cars.read_bytes()
    assert verdict(ducks, cars, answer, GOLD) in HOSTILE[answer]
    assert verdict(ducks, cars, GOLD, GOLD) == "pass"
    assert verdict(ducks, cars, "SELECT today()", "SELECT date '2024-07-01'") == "pass"
    assert cars.read_bytes() == before
    assert [file.name for file in cars.parent.iterdir()] == [cars.name]


def test_the_copy_differs_and_keeps_references(cars: Path, tmp_path: Path) -> None:
    write_copy(cars, tmp_path / "copy.duckdb", seed=0)
    copy = duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True)
    count = copy.execute(GOLD).fetchone()
    orphans = copy.execute(
        "SELECT COUNT(*) FROM car WHERE maker_id NOT IN (SELECT id FROM maker)"
    ).fetchone()
    copy.close()
    assert count != (5,)
    assert orphans == (0,)
