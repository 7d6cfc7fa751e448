"""Numbers are written with as many digits as they carry."""

import math

import pytest

from suite.core.report.intervals import Estimate
from suite.core.report.wording import (
    axis_label,
    count,
    duration,
    fixed,
    number,
    plain_ascii,
    quantity,
    size,
    with_unit,
    written,
)

MINUS = "\u2212"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "\u2013"),
        (math.nan, "not a number"),
        (math.inf, "\u221e"),
        (-math.inf, f"{MINUS}\u221e"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-2.5, f"{MINUS}2.5"),
        (0.123456, "0.1235"),
        (12345.678, "12,346"),
        (1234567.0, "1.23\u00d710\u2076"),
        (-0.00012, f"{MINUS}1.20\u00d710\u207b\u2074"),
    ],
)
def test_a_number_has_four_digits_or_a_power_of_ten(value: float | None, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("mean", "half_width", "words"),
    [
        (1.23456, 0.0512, "1.235 \u00b1 0.051"),
        (-1.3, 0.14, f"{MINUS}1.30 \u00b1 0.14"),
        (123.4, 12.0, "123 \u00b1 12"),
        (0.5, None, "0.5"),
        (0.5, math.nan, "0.5"),
        (0.5, 0.0, "0.5 \u00b1 0"),
        (0.3, 5e-17, "0.3 \u00b1 0"),
        (0.3, 2e-7, "0.3 \u00b1 2.0\u00d710\u207b\u2077"),
        (None, 0.1, "\u2013"),
        (math.nan, 0.1, "not a number"),
        (-0.001, 0.3, "0.00 \u00b1 0.30"),
    ],
)
def test_a_quantity_stops_at_the_second_digit_of_its_interval(
    mean: float | None, half_width: float | None, words: str
) -> None:
    assert quantity(mean, half_width) == words


def test_a_signed_quantity_shows_its_plus() -> None:
    assert written(Estimate(mean=0.5, half_width=0.1), signed=True) == "+0.50 \u00b1 0.10"
    assert written(Estimate(mean=-0.5), signed=True) == f"{MINUS}0.5"
    assert written(None, signed=True) == "\u2013"


def test_rounding_never_leaves_minus_zero() -> None:
    assert fixed(-0.001, 2) == "0.00"
    assert fixed(-1234.5, 1) == f"{MINUS}1,234.5"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.421, "0.42 s"),
        (42.31, "42.3 s"),
        (161.0, "2 min 41 s"),
        (3780.0, "1 h 3 min"),
        (None, "\u2013"),
    ],
)
def test_durations_read_as_people_say_them(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


def test_counts_sizes_and_units() -> None:
    assert count(15360.0) == "15,360"
    assert count(math.nan) == "not a number"
    assert size(999) == "999 B"
    assert size(38_491) == "38.5 kB"
    assert size(5 * 10**12) == "5,000 GB"
    assert with_unit("1", "none") == "1"
    assert with_unit("1", "nats") == "1 nats"
    assert axis_label("KL", "nats") == "KL (nats)"


def test_terminals_get_ascii() -> None:
    assert plain_ascii(quantity(-1.0, 0.5)) == "-1.00 +- 0.50"
