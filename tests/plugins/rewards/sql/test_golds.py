"""Golds at load: what is determined, and what an answer may then do."""

import pytest

from suite.plugins.rewards.sql.analysis import parse, shape

BY_CITY = "SELECT name, city FROM customer WHERE city IS NOT NULL ORDER BY city"


def test_order_counts_where_the_outermost_select_asks_for_it(ask) -> None:
    gold = "SELECT title FROM product ORDER BY price"
    assert ask.verdict("SELECT title FROM product ORDER BY price", gold) == "pass"
    assert ask.verdict("SELECT title FROM product ORDER BY price DESC", gold) == "fail"
    assert ask.verdict("SELECT title FROM product", gold) == "fail"


def test_order_in_a_subquery_or_in_a_string_is_no_order(ask) -> None:
    gold = "SELECT title FROM (SELECT title, 'order by' FROM product ORDER BY price)"
    assert ask.verdict("SELECT title FROM product ORDER BY price DESC", gold) == "pass"


@pytest.mark.parametrize("tie", ["name", "name DESC", "id DESC", "joined"])
def test_rows_that_tie_on_the_golds_keys_may_come_in_any_order(ask, tie: str) -> None:
    assert ask.verdict(f"{BY_CITY}, {tie}", BY_CITY) == "pass"


def test_a_tie_on_a_key_that_is_not_shown_is_known(ask) -> None:
    gold = "SELECT title FROM product ORDER BY kind"
    assert ask.verdict("SELECT title FROM product ORDER BY kind, price", gold) == "pass"
    assert ask.verdict("SELECT title FROM product ORDER BY kind DESC", gold) == "fail"


def test_a_sort_expression_over_an_alias_is_read_as_sqlite_reads_it(ask) -> None:
    gold = (
        "SELECT kind, AVG(price) AS mean FROM product GROUP BY kind "
        "ORDER BY CASE WHEN mean IS NULL THEN 1 ELSE 0 END, -mean"
    )
    assert (
        ask.verdict("SELECT kind, AVG(price) FROM product GROUP BY 1 ORDER BY 2 DESC", gold)
        == "pass"
    )
    assert ask.verdict("SELECT kind, AVG(price) FROM product GROUP BY 1 ORDER BY 2", gold) == "fail"


@pytest.mark.parametrize(
    ("gold", "status"),
    [
        ("SELECT name FROM customer LIMIT 2", "gold_undetermined"),
        ("SELECT name FROM customer ORDER BY city LIMIT 3", "gold_undetermined"),  # Oslo twice
        ("SELECT name FROM customer ORDER BY joined LIMIT 2", None),
        ("SELECT name FROM customer LIMIT 100", None),  # cuts nothing off
        ("SELECT city FROM customer WHERE city = 'Oslo' LIMIT 1", None),  # the rows are equal
        ("SELECT name FROM customer ORDER BY joined LIMIT 2 OFFSET 1", None),
        ("SELECT name FROM customer ORDER BY city LIMIT 2 OFFSET 1", "gold_undetermined"),
        ("SELECT name FROM (SELECT name FROM customer LIMIT 2)", "gold_undetermined"),
        ("SELECT group_concat(name) FROM customer", "gold_undetermined"),
        ("SELECT name FROM nowhere", "gold_error"),
        ("SELECT random()", "gold_error"),
        ("DELETE FROM customer", "gold_error"),
        ("SELECT name FROM customer WHERE 0", "gold_empty"),
        ("SELECT DISTINCT name FROM customer ORDER BY joined", "gold_undetermined"),
        ("", "bad_row"),
    ],
)
def test_a_gold_that_is_not_determined_is_refused_by_name(
    ask, gold: str, status: str | None
) -> None:
    assert ask.refused(gold) == status


def test_golds_that_do_not_hold_go_and_the_others_stay(ask) -> None:
    rows = [{"database": str(ask.path), "gold": "SELECT nothing; SELECT COUNT(*) FROM customer"}]
    (item,) = ask.verifier.load(rows).items
    assert item.golds == ("SELECT COUNT(*) FROM customer",)
    assert [
        status
        for status, _, _ in ask.verifier.prepared(ask.item(*rows[0]["gold"].split(";"))).dropped
    ] == ["gold_error"]


def test_any_gold_may_match_but_not_one_here_and_another_on_the_copy(ask) -> None:
    names, ids = "SELECT name FROM customer", "SELECT id FROM customer"
    assert ask.verdict(names, names, ids) == "pass"
    assert ask.verdict(ids, names, ids) == "pass"
    mixed = (
        "SELECT CASE WHEN (SELECT COUNT(*) FROM customer) = 6 THEN name ELSE id END FROM customer"
    )
    assert ask.verdict(mixed, names, ids) == "fail"


def test_distinct_and_duplicates_are_respected(ask) -> None:
    gold = "SELECT city FROM customer"
    assert ask.verdict("SELECT DISTINCT city FROM customer", gold) == "fail"
    assert ask.verdict("SELECT city FROM customer", "SELECT DISTINCT city FROM customer") == "fail"


def test_names_of_columns_play_no_part_and_their_order_only_if_it_is_not_freed(ask) -> None:
    gold = "SELECT id, name FROM customer"
    assert ask.verdict("SELECT id AS x, name AS y FROM customer", gold) == "pass"
    assert ask.verdict("SELECT name, id FROM customer", gold) == "fail"
    assert ask.verdict("SELECT name, id FROM customer", gold, any_column_order=True) == "pass"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", (False, False, 0)),
        ("SELECT a FROM t ORDER BY a LIMIT 3", (True, True, 0)),
        ("SELECT a FROM t LIMIT 3 OFFSET 2", (False, True, 2)),
        ("SELECT a FROM t LIMIT 2, 3", (False, True, 2)),
        ("SELECT a FROM t LIMIT 3 OFFSET (SELECT 1)", (False, True, None)),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1", (True, False, 0)),
        ("WITH x AS (SELECT a FROM t ORDER BY a LIMIT 1) SELECT a FROM x", (False, False, 0)),
    ],
)
def test_the_shape_is_that_of_the_outermost_select(sql: str, expected: tuple[object, ...]) -> None:
    found = shape(parse(sql, "sqlite"))
    assert (found.ordered, found.limited, found.offset) == expected
