"""How good a scorer's predictions are, and the monotone map that puts them on the target's scale.

Shapes: N rows, K knots. Predictions and targets share the target's unit.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

NUM_BINS = 10


def average_ranks(values: Tensor) -> Tensor:
    """Ranks from 1, [N] float64; equal values share the mean of the ranks they take."""
    order = values.argsort(stable=True)
    _, inverse, counts = values[order].unique_consecutive(return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    mean_rank = last - (counts.double() - 1.0) / 2.0
    ranks = torch.empty(len(values), dtype=torch.float64)
    ranks[order] = mean_rank[inverse]
    return ranks


def pearson(a: Tensor, b: Tensor) -> float:
    """Linear correlation of two [N]; nan where one of them is constant."""
    a, b = a.double() - a.double().mean(), b.double() - b.double().mean()
    return float((a * b).sum() / (a.norm() * b.norm()))


def spearman(a: Tensor, b: Tensor) -> float:
    """Rank correlation of two [N], ties by average ranks; nan where one is constant."""
    return pearson(average_ranks(a), average_ranks(b))


def r_squared(prediction: Tensor, target: Tensor) -> float:
    """1 - residual / total sum of squares; below 0 where the mean would predict better."""
    target = target.double()
    residual = ((target - prediction.double()) ** 2).sum()
    return float(1.0 - residual / ((target - target.mean()) ** 2).sum())


def rmse(prediction: Tensor, target: Tensor) -> float:
    """Root mean squared error, in the target's unit."""
    return float(((prediction.double() - target.double()) ** 2).mean().sqrt())


def calibration_error(prediction: Tensor, target: Tensor, *, num_bins: int = NUM_BINS) -> float:
    """Mean over equally full bins of |mean prediction - mean target|, in the target's unit.

    Bins hold rows of neighbouring predictions. 0 says that whatever is predicted is right on
    average there; it says nothing of the spread around it.
    """
    order = prediction.argsort(stable=True)
    gaps = (prediction.double() - target.double())[order].tensor_split(num_bins)
    total = sum(abs(float(part.sum())) for part in gaps if len(part))
    return total / len(prediction)


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibration:
    """A monotone map from raw predictions to calibrated ones, differentiable almost everywhere.

    Attributes:
        x, y: knots, each [K], both increasing; K = 1 for a straight line.
        slope: of the line beyond the first and last knot, so that a reward keeps a gradient where
            no data was; a least-squares line's, never negative.
    """

    x: Tensor
    y: Tensor
    slope: float

    def __call__(self, raw: Tensor) -> Tensor:
        """Calibrated predictions, shaped as ``raw``."""
        x, y = self.x.to(raw), self.y.to(raw)
        below, above = raw < x[0], raw > x[-1]
        outside = torch.where(
            below, y[0] + self.slope * (raw - x[0]), y[-1] + self.slope * (raw - x[-1])
        )
        if len(x) == 1:
            return outside
        right = torch.searchsorted(x, raw.detach().contiguous()).clamp(1, len(x) - 1)
        share = (raw - x[right - 1]) / (x[right] - x[right - 1])
        inside = y[right - 1] + share * (y[right] - y[right - 1])
        return torch.where(below | above, outside, inside)


def calibrate(
    raw: Tensor, target: Tensor, kind: Literal["isotonic", "affine", "none"]
) -> Calibration:
    """Fit the map on rows that the scorer was not fitted to; raw and target [N].

    Isotonic: least squares among monotone functions (pool adjacent violators), joined by straight
    lines between the pools' centres, because steps would have no gradient.
    """
    raw, target = raw.double(), target.double()
    if kind == "none":
        return Calibration(x=torch.zeros(1), y=torch.zeros(1), slope=1.0)
    centre, spread = raw.mean(), ((raw - raw.mean()) ** 2).sum()
    product = ((raw - centre) * (target - target.mean())).sum()
    slope = max(0.0, float(product / spread)) if float(spread) > 0 else 0.0
    if kind == "affine":
        return Calibration(x=centre.view(1).float(), y=target.mean().view(1).float(), slope=slope)
    x, y = _pools(raw, target)
    return Calibration(x=x.float(), y=y.float(), slope=slope)


def _pools(raw: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Centres of the pools of isotonic regression: mean raw and mean target, each [K]."""
    levels, inverse = raw.unique(return_inverse=True)
    counts = inverse.bincount()
    sums = torch.zeros(len(levels), dtype=torch.float64).index_add_(0, inverse, target)
    pools: list[tuple[float, float, float]] = []  # rows, sum of raw, sum of target
    for level, count, total in zip(levels.tolist(), counts.tolist(), sums.tolist(), strict=True):
        pools.append((count, level * count, total))
        while len(pools) > 1 and pools[-1][2] * pools[-2][0] <= pools[-2][2] * pools[-1][0]:
            last = pools.pop()
            pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1], pools[-1][2] + last[2])
    rows = torch.tensor(pools, dtype=torch.float64)
    return rows[:, 1] / rows[:, 0], rows[:, 2] / rows[:, 0]
