"""Weights of particles: pure functions, in logarithms.

Shapes: S slots of K particles each. Singhal et al., arXiv:2501.06848.
"""

from typing import Literal

import torch
from torch import Tensor

Potential = Literal["difference", "max", "sum"]
BEFORE = {"difference": 0.0, "max": float("-inf"), "sum": 0.0}  # memory before the first round


def potential(kind: Potential, memory: Tensor, promise: Tensor) -> tuple[Tensor, Tensor]:
    """The memory after a round and the round's log-potential, [S, K] each; section 3.

    Args:
        kind: "difference" pays what the promise has risen by, "max" the best so far, "sum" the
            sum so far.
        memory: of each particle's ancestors: last, best or summed promise.
        promise: lambda times the intermediate reward.
    """
    if kind == "difference":
        return promise, promise - memory
    new = torch.maximum(memory, promise) if kind == "max" else memory + promise
    return new, new


def effective_share(log_weight: Tensor) -> Tensor:
    """(sum w)^2 / (K sum w^2): 1 for equal weights, 1 / K where one has all, [S]."""
    top, squares = log_weight.logsumexp(dim=1), (2.0 * log_weight).logsumexp(dim=1)
    return (2.0 * top - squares).exp() / log_weight.shape[1]


def systematic(log_weight: Tensor, uniform: Tensor) -> Tensor:
    """Ancestors, [S, K] long: particle k has floor or ceil of K w_k children.

    Args:
        log_weight: not normalised, [S, K].
        uniform: one number on (0, 1) a slot, [S].
    """
    count = log_weight.shape[1]
    points = (torch.arange(count, device=uniform.device) + uniform.double().unsqueeze(1)) / count
    return _at(log_weight, points)


def drawn(log_weight: Tensor, uniform: Tensor) -> Tensor:
    """One particle a slot with chance proportional to its weight, [S] long."""
    return _at(log_weight, uniform.double().unsqueeze(1)).squeeze(1)


def _at(log_weight: Tensor, points: Tensor) -> Tensor:
    """Where the cumulated weights [S, K] pass ``points`` [S, P]."""
    total = log_weight.double().softmax(dim=1).cumsum(dim=1)
    # Rounding must not pick a particle of weight 0 behind the last that has any.
    total = total / total[:, -1:]
    return torch.searchsorted(total, points.clamp_max(1.0 - 1e-12))


def mean_weight(log_weight: Tensor) -> Tensor:
    """log of the mean weight of each slot, [S]."""
    count = torch.tensor(float(log_weight.shape[1]), device=log_weight.device)
    return log_weight.logsumexp(dim=1) - count.log()
