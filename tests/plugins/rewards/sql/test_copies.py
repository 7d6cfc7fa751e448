"""A perturbed copy keeps what held for the rows, changes counts, and spares the source."""

import hashlib
import sqlite3
from pathlib import Path

import pytest

from suite.plugins.rewards.sql.copies import Table, perturbed
from suite.plugins.rewards.sql.databases import Database, copy_of
from suite.plugins.rewards.sql.sqlite_copy import read_table, write_copy

SEEDS = range(6)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.fixture(params=SEEDS)
def copy(request: pytest.FixtureRequest, shop: Path, tmp_path: Path) -> Path:
    write_copy(shop, tmp_path / "copy.sqlite", seed=request.param)
    return tmp_path / "copy.sqlite"


def test_every_reference_in_a_copy_is_whole(copy: Path) -> None:
    assert rows(copy, "PRAGMA foreign_key_check") == []
    assert rows(copy, "SELECT COUNT(*) FROM purchase") != [(0,)]


def test_unique_columns_stay_unique_and_types_stay(copy: Path, shop: Path) -> None:
    assert rows(copy, "SELECT COUNT(*) - COUNT(DISTINCT title) FROM product") == [(0,)]
    assert rows(copy, "SELECT COUNT(*) - COUNT(DISTINCT name) FROM customer") == [(0,)]
    kinds = "SELECT DISTINCT typeof(price), typeof(title), typeof(id) FROM product"
    assert rows(copy, kinds) == rows(shop, kinds)
    schema = "SELECT type, name, sql FROM sqlite_master ORDER BY name"
    assert rows(copy, schema) == rows(shop, schema)


def test_counts_change_in_every_copy(copy: Path, shop: Path) -> None:
    count = "SELECT (SELECT COUNT(*) FROM customer) * 100 + (SELECT COUNT(*) FROM purchase)"
    assert rows(copy, count) != rows(shop, count)


def test_a_seed_gives_one_copy_and_the_source_is_only_read(shop: Path, tmp_path: Path) -> None:
    before = hashlib.sha256(shop.read_bytes()).hexdigest()
    everything = "SELECT * FROM purchase"
    for name in ("a", "b"):
        write_copy(shop, tmp_path / name, seed=3)
    assert rows(tmp_path / "a", everything) == rows(tmp_path / "b", everything)
    assert hashlib.sha256(shop.read_bytes()).hexdigest() == before
    assert [file.name for file in shop.parent.iterdir()] == [shop.name]


def test_references_are_found_by_name_where_they_are_not_declared() -> None:
    author = Table(
        name="author", columns=("aid", "name"), rows=((1, "a"), (2, "b"), (3, "c")), references={}
    )
    writes = Table(
        name="writes", columns=("aid", "pages"), rows=((1, 4), (1, 5), (3, 6)), references={}
    )
    for seed in range(20):
        copy = perturbed([author, writes], seed=seed)
        ids = {aid for aid, _ in copy["author"]}
        assert {aid for aid, _ in copy["writes"]} <= ids
        # Whose name is marked has a new id, and the other way round.
        assert all((aid > 3) == name.endswith(" bis") for aid, name in copy["author"])


def test_low_stays_below_high_in_a_copy() -> None:
    prices = tuple((f"d{i}", i + 0.25, i + 0.75) for i in range(30))
    table = Table(name="price", columns=("day", "low", "high"), rows=prices, references={})
    for seed in range(10):
        assert all(low < high for _, low, high in perturbed([table], seed=seed)["price"])


def test_a_copy_is_built_once_and_again_where_the_source_changed(
    shop: Path, tmp_path: Path
) -> None:
    path = tmp_path / "changing.sqlite"
    path.write_bytes(shop.read_bytes())
    first, _ = copy_of(Database(path=path), seed=0)
    again, _ = copy_of(Database(path=path), seed=0)
    assert first is not None
    assert first == again
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM purchase WHERE id > 5")
    connection.commit()
    connection.close()
    changed, _ = copy_of(Database(path=path), seed=0)
    assert changed is not None
    assert changed != first


def test_a_database_that_cannot_be_copied_says_why(tmp_path: Path) -> None:
    path = tmp_path / "virtual.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE VIRTUAL TABLE note USING fts5(text)")
    connection.commit()
    connection.close()
    assert copy_of(Database(path=path), seed=0) == (None, "it has virtual tables")


def test_generated_columns_are_not_copied_as_values(tmp_path: Path) -> None:
    path, target = tmp_path / "a.sqlite", tmp_path / "b.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE t (a INTEGER, b AS (a * 2)); INSERT INTO t (a) VALUES (1), (2), (3);"
    )
    assert read_table(connection, "t").columns == ("a",)
    connection.close()
    write_copy(path, target, seed=0)
    assert rows(target, "SELECT COUNT(*) FROM t WHERE b = 2 * a")[0][0] > 3
