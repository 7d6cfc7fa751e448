"""When two tables are the same: types, tolerance, order, ties, duplicates, columns."""

import random
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from suite.plugins.rewards.sql.cells import decode_row, encode_cell
from suite.plugins.rewards.sql.comparison import (
    Expected,
    blocks_of,
    difference,
    same_cell,
    same_multiset,
    tolerance,
    unordered,
)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, "1", False),
        (1, 2, False),
        ("a", "A", False),
        (None, None, True),
        (None, 0, False),
        (None, "", False),
        (b"a", "a", False),
        (0.1 + 0.2, 0.3, True),
        (100.0, 100.00005, True),
        (100.0, 100.0002, False),
        (10**15, 10**15 + 1, False),
        (1719835200, 1719835201.0, False),  # Unix times a second apart
        (2460492.5, 2460493.5, False),  # Julian days a day apart
        (0.0, 1e-13, True),
        (0.0, 1e-9, False),
        (float("inf"), float("inf"), True),
        (float("inf"), 1e308, False),
        (Decimal("1.50"), 1.5, True),
        (Decimal("1.50"), "1.50", False),
        (("bool", "True"), 1, False),
        (10**400, 1.0, False),
    ],
)
def test_cells_compare_by_type_and_numbers_by_size(left: Any, right: Any, same: bool) -> None:
    assert same_cell(left, right) is same
    assert same_cell(right, left) is same


def test_the_tolerance_is_the_stated_formula() -> None:
    assert tolerance(1.0, -2.0) == 2e-6
    assert tolerance(0.0, 1e-8) == 1e-12
    assert tolerance(1e6, 1.0) == 1e-3
    assert tolerance(1e12, 0.0) == 1.0


@pytest.mark.parametrize(
    "value", [None, 3, -(2**63), 1.5, float("inf"), float("-inf"), "a\0b", b"\0\xff", "\udcff"]
)
def test_a_value_survives_the_pipe(value: Any) -> None:
    (back,) = decode_row([encode_cell(value)])
    assert back == value
    assert type(back) is type(value)


def test_nan_equals_itself_and_true_is_no_number() -> None:
    nan = decode_row([encode_cell(float("nan"))])
    assert nan == decode_row([encode_cell(float("nan"))])
    assert not same_cell(decode_row([encode_cell(True)])[0], 1)


def test_rows_are_a_multiset_and_duplicates_count() -> None:
    gold = unordered(1, [("a",), ("a",), ("b",)])
    assert difference(gold, 1, [("b",), ("a",), ("a",)]) is None
    assert difference(gold, 1, [("b",), ("b",), ("a",)]) == "values"
    assert difference(gold, 1, [("a",), ("b",)]) == "number of rows"
    assert difference(gold, 2, [("a", 1)] * 3) == "columns"


def test_rows_that_tie_may_come_in_any_order_and_others_may_not() -> None:
    rows = (("a", 2), ("b", 1), ("c", 1), ("d", 0))
    gold = Expected(num_columns=2, rows=rows, blocks=blocks_of([(2,), (1,), (1,), (0,)]))
    right = [order for order in permutations(rows) if difference(gold, 2, order) is None]
    assert sorted(right) == sorted([rows, (rows[0], rows[2], rows[1], rows[3])])
    assert difference(gold, 2, rows[::-1]) == "order"


def test_column_order_is_free_only_where_it_is_said() -> None:
    gold = unordered(3, [(1, "x", 1), (2, "y", 1)])
    turned = [("x", 1, 1), ("y", 1, 2)]
    assert difference(gold, 3, turned) == "values"
    assert difference(gold, 3, turned, any_column_order=True) is None
    mixed = [("x", 1, 2), ("y", 1, 1)]  # each column right, the rows wrong
    assert difference(gold, 3, mixed, any_column_order=True) == "values"


def test_pairing_within_the_tolerance_is_not_fooled_by_sorting() -> None:
    left = [(1.0, 5.0), (1.0 + 1e-9, 3.0)]
    right = [(1.0 + 1e-9, 5.0), (1.0, 3.0)]
    assert same_multiset(left, right)
    assert not same_multiset(left, [(1.0, 5.0), (1.0, 5.0)])


def test_noise_below_the_tolerance_never_matters_and_above_it_always_does() -> None:
    draw = random.Random(0)
    for _ in range(50):
        rows = [(draw.choice("ab"), draw.gauss(0, 100), draw.randrange(3)) for _ in range(8)]
        noisy = [(a, b * (1 + draw.uniform(-1e-7, 1e-7)), c) for a, b, c in rows]
        draw.shuffle(noisy)
        assert same_multiset(rows, noisy)
        off = [*noisy[1:], (noisy[0][0], noisy[0][1] + 5.0, noisy[0][2])]
        assert not same_multiset(rows, off)
