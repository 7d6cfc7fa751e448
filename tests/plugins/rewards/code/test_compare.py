"""When a value is the expected one; each line here is a way to a wrong pass or a wrong fail."""

import math
from collections import Counter, OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from suite.plugins.rewards.code.compare import is_small, same_output, same_value

NAN = math.nan
SAME = [
    (1, 1),
    ("a", "a"),
    (None, None),
    (0.1 + 0.2, 0.3),
    (-0.0, 0.0),
    (1e-13, 0.0),
    (NAN, NAN),
    (math.inf, math.inf),
    ([1, [2.0]], [1, [2.0]]),
    ({"a": 0.3}, {"a": 0.1 + 0.2}),
    ({1, 2}, {2, 1}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    (1 + 2j, 1 + 2j),
    (Fraction(1, 3), Fraction(1, 3)),
    (b"a", b"a"),
]
NEVER = [
    (1, 2),
    ("1", 1),
    (None, 0),
    (None, False),
    ([1, 2], [2, 1]),
    ([1], (1,)),
    ([1], deque([1])),
    ([], {}),
    ({1}, [1]),
    ("a", b"a"),
    (0.3, 0.3 + 1e-6),
    (1e-6, 0.0),
    (math.inf, -math.inf),
    (NAN, 0.0),
    (1, 1 + 1e-12),
    (2**53 + 1, float(2**53)),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ([1, 1], [1]),
    (object(), object()),
]
EQUAL_ONLY = [
    (True, 1),
    (1, 1.0),
    (0, False),
    (Fraction(1, 2), 0.5),
    (Decimal("0.5"), 0.5),
    (Counter("aab"), {"a": 2, "b": 1}),
    (OrderedDict(a=1), {"a": 1}),
    (frozenset({1}), {1}),
    ([True], [1]),
    ({1: "a"}, {True: "a"}),
]


@pytest.mark.parametrize(("got", "expected"), SAME)
def test_the_same_is_the_same_under_both_rules(got: Any, expected: Any) -> None:
    assert same_value(got, expected, "exact")
    assert same_value(got, expected, "equal")


@pytest.mark.parametrize(("got", "expected"), NEVER)
def test_what_differs_differs_under_both_rules(got: Any, expected: Any) -> None:
    for one, other in ((got, expected), (expected, got)):
        assert not same_value(one, other, "exact")
        assert not same_value(one, other, "equal")


@pytest.mark.parametrize(("got", "expected"), EQUAL_ONLY)
def test_types_count_under_the_exact_rule_alone(got: Any, expected: Any) -> None:
    for one, other in ((got, expected), (expected, got)):
        assert not same_value(one, other, "exact")
        assert same_value(one, other, "equal")


def test_the_tolerance_is_relative_to_the_larger() -> None:
    assert same_value(1e20 * (1 + 5e-10), 1e20)
    assert not same_value(1e20 * (1 + 5e-9), 1e20)
    assert not same_value(1e-20, 2e-20)


def test_a_subclass_is_no_plain_value() -> None:
    class Same(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert not same_value(Same(0), 3, "exact")
    assert not same_value(Same(0), 3, "equal")


def test_deep_nesting_ends_without_an_error() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert not same_value(deep, deep)


def test_sizes_of_hostile_values_are_bounded() -> None:
    assert is_small([1, {"a": range(10)}])
    assert not is_small(range(10**12))
    assert not is_small([Decimal("1e999999")])


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        ("3\n", "3", True),
        ("3 \n\n", "3", True),
        ("a\r\nb", "a\nb", True),
        ("3", "3.0", False),
        ("A", "a", False),
        (" 3", "3", False),
        ("a\n\nb", "a\nb", False),
        ("", "\n", True),
        ("a b", "a  b", False),
    ],
)
def test_printed_texts_forgive_blanks_at_ends_alone(got: str, expected: str, same: bool) -> None:
    assert same_output(got, expected) is same
