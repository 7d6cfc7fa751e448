"""The statistics of claims: paired differences, their interval, a verdict, and matched comparison.

Numbers are in the unit of the claim's metric; differences are signed so that positive is in the
claim's favour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

LEVEL = 0.95
RULE = (
    "holds: the 95 % interval of the paired differences lies above 0 and their mean is at least "
    "the minimum effect; fails: the interval lies below the minimum effect; undetermined: neither"
)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the paired differences say.

    Attributes:
        word: "holds", "fails" or "undetermined"; mean, low, high: of the differences.
    """

    word: str
    mean: float
    low: float
    high: float


def judge(differences: Sequence[float], minimum_effect: float) -> Verdict:
    """The verdict by ``RULE``; with fewer than two differences nothing is determined."""
    if len(differences) < 2 or not all(map(math.isfinite, differences)):
        mean = fmean(differences) if differences else math.nan
        return Verdict(word="undetermined", mean=mean, low=-math.inf, high=math.inf)
    mean, half = fmean(differences), half_width(differences)
    low, high = mean - half, mean + half
    if low > 0 and mean >= minimum_effect:
        word = "holds"
    else:
        word = "fails" if high < minimum_effect else "undetermined"
    return Verdict(word=word, mean=mean, low=low, high=high)


def half_width(values: Sequence[float], level: float = LEVEL) -> float:
    """Half the t interval of a mean, from at least two values."""
    quantile = t_quantile(0.5 + level / 2.0, len(values) - 1)
    return quantile * stdev(values) / math.sqrt(len(values))


def t_quantile(probability: float, freedom: int) -> float:
    """The point that Student's t with ``freedom`` degrees stays below with that probability.

    Bisection on the distribution function; probability in [0.5, 1).
    """
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < probability:
        high *= 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        low, high = (middle, high) if t_cdf(middle, freedom) < probability else (low, middle)
    return high


def t_cdf(t: float, freedom: int) -> float:
    """P(T <= t) for t >= 0: finite sums for whole degrees (Abramowitz & Stegun 26.7.3, 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2 == 1
    term, total = (math.cos(angle) if odd else 1.0), 0.0
    for k in range(1, freedom // 2 + 1):
        total += term
        term *= square * ((2 * k) / (2 * k + 1) if odd else (2 * k - 1) / (2 * k))
    inside = (2.0 / math.pi) * (angle + sine * total) if odd else sine * total
    return 0.5 + inside / 2.0


Curve = Sequence[Mapping[str, float]]


def matched_level(first: Curve, second: Curve, match: str) -> float:
    """The highest value of ``match`` that both curves reach."""
    return min(max(row[match] for row in curve) for curve in (first, second))


def at_level(curve: Curve, match: str, level: float, metric: str) -> float:
    """``metric`` where ``match`` first reaches ``level``, on straight lines between evaluations.

    Raises:
        ValueError: the curve never reaches the level.
    """
    before: Mapping[str, float] | None = None
    for row in curve:
        if row[match] >= level:
            if before is None:
                return row[metric]
            share = (level - before[match]) / (row[match] - before[match])
            return before[metric] + share * (row[metric] - before[metric])
        before = row
    raise ValueError(f"the curve's {match} never reaches {level}")
