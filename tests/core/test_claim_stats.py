"""The verdict's arithmetic against tables, hand-worked numbers and a curve drawn by hand."""

import math

import pytest

from suite.core.claim_stats import at_level, half_width, judge, matched_level, t_cdf, t_quantile


@pytest.mark.parametrize(
    ("probability", "freedom", "tabled"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 3, 3.18245),
        (0.975, 4, 2.77645),
        (0.975, 9, 2.26216),
        (0.95, 30, 1.69726),
        (0.995, 7, 3.49948),
    ],
)
def test_quantiles_are_those_of_the_tables(probability: float, freedom: int, tabled: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(tabled, abs=1e-5)


def test_the_distribution_function_is_the_integral_of_the_density() -> None:
    """Trapezoids over Student's density, for odd and even degrees of freedom."""
    for freedom in (1, 2, 5, 8):
        scale = math.gamma((freedom + 1) / 2) / math.gamma(freedom / 2)
        scale /= math.sqrt(freedom * math.pi)
        density = [
            scale * (1 + (1.7 * k / 2000) ** 2 / freedom) ** (-(freedom + 1) / 2)
            for k in range(2001)
        ]
        area = 1.7 / 2000 * (sum(density) - (density[0] + density[-1]) / 2)
        assert t_cdf(1.7, freedom) == pytest.approx(0.5 + area, abs=1e-7)


def test_half_width_of_three_values_by_hand() -> None:
    """Standard deviation of 1, 2, 3 is 1; 4.30265 / sqrt(3) = 2.48414."""
    assert half_width([1.0, 2.0, 3.0]) == pytest.approx(2.48414, abs=1e-5)


@pytest.mark.parametrize(
    ("differences", "minimum", "word"),
    [
        ((1.0, 1.1, 0.9), 0.5, "holds"),  # [0.75, 1.25]
        ((1.0, 1.1, 0.9), 1.0, "holds"),  # the mean itself is enough
        ((1.0, 1.1, 0.9), 1.1, "undetermined"),  # above 0, but too small to count
        ((1.0, 1.1, 0.9), 1.3, "fails"),  # an effect that counts is excluded
        ((2.0, 0.1, 0.9), 0.5, "undetermined"),  # reaches below 0
        ((0.1, -0.1, 0.0), 0.5, "fails"),
        ((-1.0, -1.1, -0.9), 0.5, "fails"),
        ((1.0,), 0.5, "undetermined"),
        ((1.0, math.nan), 0.5, "undetermined"),
    ],
)
def test_the_rule(differences: tuple[float, ...], minimum: float, word: str) -> None:
    assert judge(differences, minimum).word == word


def test_the_interval_is_symmetric_around_the_mean() -> None:
    found = judge((1.0, 2.0, 3.0), 0.1)
    assert found.mean == pytest.approx(2.0)
    assert (found.low, found.high) == pytest.approx((2.0 - 2.48414, 2.0 + 2.48414), abs=1e-5)


FAST = [{"r": 0.0, "h": 1.0}, {"r": 2.0, "h": 3.0}, {"r": 6.0, "h": 1.0}]
SLOW = [{"r": 0.0, "h": 1.0}, {"r": 1.0, "h": 2.0}, {"r": 3.0, "h": 4.0}, {"r": 2.5, "h": 9.0}]


def test_arms_are_matched_at_the_highest_level_that_both_reach() -> None:
    assert matched_level(FAST, SLOW, "r") == 3.0
    assert matched_level(SLOW, FAST, "r") == 3.0


def test_the_metric_is_read_between_evaluations_where_the_level_is_first_reached() -> None:
    """FAST passes 3 a quarter of the way from 3.0 down to 1.0; SLOW is at it exactly."""
    assert at_level(FAST, "r", 3.0, "h") == pytest.approx(2.5)
    assert at_level(SLOW, "r", 3.0, "h") == pytest.approx(4.0)
    assert at_level(SLOW, "r", 0.0, "h") == pytest.approx(1.0)


def test_a_level_that_is_never_reached_is_an_error() -> None:
    with pytest.raises(ValueError, match="never reaches 7"):
        at_level(FAST, "r", 7.0, "h")
