"""Ticks are round, lie inside, and are told apart by their labels."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from suite.core.report.axes import Frame, nice_ticks, span, tick_labels


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-4.3, 0.9, [-4.0, -2.0, 0.0]),
        (0.0, 120.0, [0.0, 25.0, 50.0, 75.0, 100.0]),
    ],
)
def test_ticks_are_multiples_of_round_steps(low: float, high: float, ticks: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(ticks)


@given(st.floats(-1e50, 1e50, allow_nan=False), st.floats(1e-6, 1e50), st.integers(2, 10))
def test_ticks_lie_inside_and_rise(low: float, width: float, about: int) -> None:
    high = low + width
    assume(high - low > 1e-9 * max(abs(low), abs(high)))
    ticks = nice_ticks(low, high, about=about)
    slack = 1e-6 * (high - low)
    assert 1 <= len(ticks) <= about + 2
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    assert ticks == sorted(set(ticks))


@given(st.lists(st.one_of(st.none(), st.floats())))
def test_any_values_give_a_range_that_has_ticks(values: list[float | None]) -> None:
    low, high = span(values)
    assert low < high
    assert nice_ticks(low, high)
    drawable = [value for value in values if value is not None and abs(value) < 1e100]
    assert all(low <= value <= high for value in drawable)


def test_labels_have_the_decimals_of_their_step() -> None:
    assert tick_labels([0.0, 0.5, 1.0]) == ["0.0", "0.5", "1.0"]
    assert tick_labels([0.0, 0.25]) == ["0.00", "0.25"]
    assert tick_labels([-1000.0, 0.0, 1000.0]) == ["\u22121,000", "0", "1,000"]
    assert tick_labels([0.0, 2e6]) == ["0", "2.0\u00d710\u2076"]
    assert tick_labels([1.60001, 1.60002]) == ["1.60001", "1.60002"]
    assert tick_labels([0.0, 2.5e-5]) == ["0", "2.5\u00d710\u207b\u2075"]
    assert tick_labels([]) == []


@given(st.lists(st.one_of(st.none(), st.floats()), min_size=1))
def test_ticks_of_any_values_have_labels_of_their_own(values: list[float | None]) -> None:
    labels = tick_labels(nice_ticks(*span(values)))
    assert len(set(labels)) == len(labels)


def test_equal_values_open_a_range_around_them() -> None:
    assert span([2.0, 2.0]) == pytest.approx((1.8, 2.2))
    assert span([0.0]) == (-1.0, 1.0)
    assert span([-1.6, -1.6 + 1e-8]) == pytest.approx((-1.76, -1.44))
    assert span([None, math.nan, math.inf]) == (0.0, 1.0)


def test_the_frame_maps_the_corners_of_the_data_to_its_own() -> None:
    frame = Frame(x_range=(0.0, 2.0), y_range=(-1.0, 1.0))
    assert (frame.x(0.0), frame.x(2.0)) == (frame.left, frame.x_end)
    assert (frame.y(-1.0), frame.y(1.0)) == (frame.y_end, frame.top)


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"finite low < high, got 1\.0 and 1\.0"):
        nice_ticks(1.0, 1.0)
