"""Weights of samples in a likelihood loss.

Shapes: B samples; ``group`` and ``valid`` as elsewhere.
"""

import math

import torch
from torch import Tensor

from suite.core.pairs import rows_by_group


def best_share(score: Tensor, group: Tensor, valid: Tensor, *, share: float) -> Tensor:
    """1 for the best ceil(share n) valid samples of each group, 0 for the rest, [B].

    RAFT, arXiv:2304.06767, algorithm 1, keeps the best of each context's samples (share = 1 / n).

    Raises:
        ValueError: ``share`` is not in (0, 1], or shapes differ.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share}")
    _check_shapes(score, group, valid)
    weights = torch.zeros_like(score)
    for rows in rows_by_group(group, valid):
        keep = math.ceil(share * len(rows))
        order = score[rows].argsort(descending=True, stable=True)
        weights[rows[order[:keep]]] = 1.0
    return weights


def exponential(score: Tensor, group: Tensor, valid: Tensor, *, temperature: float) -> Tensor:
    """exp(r / temperature) normalised to mean 1 over each group's valid samples, [B].

    Reward-weighted regression, Peters & Schaal 2007, eq. (11). The optimum of one round is
    p_old exp(r / temperature) / Z.

    Raises:
        ValueError: ``temperature`` is not positive, or shapes differ.
    """
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    _check_shapes(score, group, valid)
    weights = torch.zeros_like(score)
    for rows in rows_by_group(group, valid):
        weights[rows] = torch.softmax(score[rows] / temperature, dim=0) * len(rows)
    return weights


def _check_shapes(score: Tensor, group: Tensor, valid: Tensor) -> None:
    shapes = [tuple(x.shape) for x in (score, group, valid)]
    if len(set(shapes)) > 1 or score.ndim != 1:
        raise ValueError(f"weights need score, group and valid of one shape [B], got {shapes}")
