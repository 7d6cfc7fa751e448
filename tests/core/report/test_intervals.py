"""Intervals against tables, integrals and hand calculation."""

import math

import pytest

from suite.core.report.intervals import (
    NORMAL_FACTOR,
    Estimate,
    difference,
    mean_of,
    normal_interval,
    paired_interval,
    student_factor,
    student_probability,
)


@pytest.mark.parametrize(
    ("degrees", "factor"),
    [(1, 12.7062), (2, 4.30265), (3, 3.18245), (4, 2.77645), (9, 2.26216), (30, 2.04227)],
)
def test_student_factors_are_those_of_the_printed_tables(degrees: int, factor: float) -> None:
    assert student_factor(degrees) == pytest.approx(factor, abs=5e-5)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 8, 13])
def test_student_probability_is_the_integral_of_the_density(degrees: int) -> None:
    constant = math.exp(math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2))
    constant /= math.sqrt(degrees * math.pi)

    def density(t: float) -> float:
        return constant * (1 + t * t / degrees) ** (-(degrees + 1) / 2)

    steps, t = 2_000, 2.7
    width = t / steps
    middles = (density((k + 0.5) * width) for k in range(steps))
    assert student_probability(t, degrees) == pytest.approx(2 * width * sum(middles), abs=1e-6)


def test_many_degrees_approach_the_normal_factor() -> None:
    assert student_factor(4_000) == pytest.approx(NORMAL_FACTOR, abs=1e-3)
    assert pytest.approx(1.959964, abs=1e-6) == NORMAL_FACTOR


def test_normal_interval_is_the_factor_times_the_standard_error() -> None:
    made = normal_interval(2.0, 3.0, 36)
    assert made.mean == 2.0
    assert made.half_width == pytest.approx(1.959964 * 3.0 / 6.0, abs=1e-6)


def test_variances_of_independent_means_add() -> None:
    gap = difference(Estimate(mean=1.0, half_width=0.3), Estimate(mean=3.0, half_width=0.4))
    assert gap is not None
    assert gap.mean == -2.0
    assert gap.half_width == pytest.approx(0.5)
    assert gap.is_below_zero
    assert not gap.is_above_zero


def test_a_difference_without_both_sides_is_none_and_without_intervals_has_none() -> None:
    known = Estimate(mean=1.0, half_width=0.1)
    assert difference(known, None) is None
    assert difference(None, known) is None
    assert difference(Estimate(mean=math.nan), known) is None
    bare = difference(known, Estimate(mean=0.0))
    assert bare == Estimate(mean=1.0)
    assert not bare.is_above_zero


def test_paired_interval_by_hand() -> None:
    """Differences 1, 2, 3: mean 2, deviation 1, so 4.30265 / sqrt(3)."""
    made = paired_interval([1.0, 2.0, 3.0])
    assert made.mean == 2.0
    assert made.half_width == pytest.approx(4.30265 / math.sqrt(3), abs=1e-4)


def test_one_pair_has_no_interval() -> None:
    assert paired_interval([1.5]) == Estimate(mean=1.5)
    assert mean_of([1.5]) == Estimate(mean=1.5)
    assert mean_of([]) is None


def test_mean_of_uses_the_sample_deviation() -> None:
    made = mean_of([0.0, 2.0])
    assert made is not None
    assert made.half_width == pytest.approx(NORMAL_FACTOR * math.sqrt(2.0) / math.sqrt(2))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"std >= 0 and num_samples >= 1, got -1\.0 and 4"):
        normal_interval(0.0, -1.0, 4)
    with pytest.raises(ValueError, match=r"got 1\.0 and 0"):
        student_probability(1.0, 0)
    with pytest.raises(ValueError, match="at least one difference"):
        paired_interval([])
