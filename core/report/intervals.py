"""Means with 95 % intervals, and the two ways in which a report compares them.

Inside one run the arms are scored on hundreds of independent samples, so the normal approximation
serves. Across seeds there are three to five numbers, so Student's t is needed: at three seeds its
factor is 4.30, not 1.96.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95
NORMAL_FACTOR = statistics.NormalDist().inv_cdf(0.5 + LEVEL / 2)  # 1.95996...


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean and the half width of its 95 % interval; None where no interval is known."""

    mean: float
    half_width: float | None = None

    @property
    def is_above_zero(self) -> bool:
        """Whether the whole interval lies above zero; False where no interval is known."""
        return self.half_width is not None and self.mean > self.half_width

    @property
    def is_below_zero(self) -> bool:
        """Whether the whole interval lies below zero; False where no interval is known."""
        return self.half_width is not None and self.mean < -self.half_width


def normal_interval(mean: float, std: float, num_samples: int) -> Estimate:
    """The interval of a mean of ``num_samples`` independent values with this standard deviation.

    Raises:
        ValueError: ``std`` is negative or ``num_samples`` below 1.
    """
    if std < 0 or num_samples < 1:
        raise ValueError(f"need std >= 0 and num_samples >= 1, got {std} and {num_samples}")
    return Estimate(mean=mean, half_width=NORMAL_FACTOR * std / math.sqrt(num_samples))


def mean_of(values: Sequence[float]) -> Estimate | None:
    """Mean of samples with its normal interval; None without values, no interval with one."""
    if not values:
        return None
    mean = statistics.fmean(values)
    if len(values) == 1:
        return Estimate(mean=mean)
    return normal_interval(mean, statistics.stdev(values), len(values))


def difference(first: Estimate | None, second: Estimate | None) -> Estimate | None:
    """``first`` minus ``second`` for independent samples; variances add.

    Arms that share prompts or backbones are positively correlated, for which this is too wide,
    never too narrow. None if either mean is missing or not finite.
    """
    if first is None or second is None:
        return None
    mean = first.mean - second.mean
    if not math.isfinite(mean):
        return None
    if first.half_width is None or second.half_width is None:
        return Estimate(mean=mean)
    return Estimate(mean=mean, half_width=math.hypot(first.half_width, second.half_width))


def student_probability(t: float, degrees: int) -> float:
    """P(abs(T) <= t) for Student's t with a whole number of degrees of freedom.

    The finite sums 26.7.3 and 26.7.4 of Abramowitz and Stegun, Handbook of Mathematical Functions.

    Raises:
        ValueError: ``t`` is negative or ``degrees`` below 1.
    """
    if t < 0 or degrees < 1:
        raise ValueError(f"need t >= 0 and degrees >= 1, got {t} and {degrees}")
    angle = math.atan(t / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term if degrees > 1 else 0.0
    for k in range(2 + odd, degrees, 2):
        term *= math.cos(angle) ** 2 * (k - 1) / k
        total += term
    series = math.sin(angle) * total
    return 2 / math.pi * (angle + series) if odd else series


def student_factor(degrees: int) -> float:
    """The t with P(abs(T) <= t) = 0.95: 12.71, 4.30, 3.18, ... By bisection, to 1e-12."""
    low, high = 0.0, 13.0  # one degree of freedom needs 12.71, more need less
    while high - low > 1e-12:
        middle = (low + high) / 2
        low, high = (
            (middle, high) if student_probability(middle, degrees) < LEVEL else (low, middle)
        )
    return (low + high) / 2


def paired_interval(differences: Sequence[float]) -> Estimate:
    """Mean of paired differences, one a seed, with Student's t interval; none with one seed.

    Raises:
        ValueError: no differences.
    """
    if not differences:
        raise ValueError("paired_interval needs at least one difference")
    mean = statistics.fmean(differences)
    if len(differences) == 1:
        return Estimate(mean=mean)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    return Estimate(mean=mean, half_width=student_factor(len(differences) - 1) * error)
