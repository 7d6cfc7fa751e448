"""What a denoising bound reads: partly masked samples and their weights.

The T-step chain's bound is exact arithmetic, not the T -> infinity limit: with q masking each
position before step k with chance m_k,

    -log p(x) <= sum_k r_k E_q[ sum over masked i of -log p(x_i | x_k) ],    r_k the reveal chance,

because KL(q(x_{k+1} | x_k, x) || p(x_{k+1} | x_k)) is r_k times that sum (Sahoo et al.,
arXiv:2406.07524, eq. 8, for a finite grid). Revealing one position at a time gives the any-order
bound (Uria et al., arXiv:1310.1757), n times the mean over masked positions at a random count.

One draw picks one step; several draws pick one step a stratum, which stays unbiased and has less
variance. Shapes: B samples, D draws, L positions, T steps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from suite.core.randomness import Streams


@dataclass(frozen=True, kw_only=True, eq=False)
class Noised:
    """D partly masked copies of each sample.

    Attributes:
        hidden: which positions are masked, [B, D, L] bool.
        step: the step whose state this is, [B, D] long.
        weight: of each masked position's -log p, [B, D]; the bound is the mean over D of
            weight * sum over hidden.
    """

    hidden: Tensor
    step: Tensor
    weight: Tensor


def _strata(streams: Streams, draws: int, count: Tensor) -> Tensor:
    """One index in [0, count) a stratum of [0, 1), uniform overall; [B, D] long."""
    place = torch.arange(draws, device=count.device) + streams.uniform(draws).double()
    picked = (count.unsqueeze(1) * place / draws).long()
    return torch.minimum(picked, (count.unsqueeze(1) - 1).clamp_min(0))


def noise_for_unmasking(
    streams: Streams, free: Tensor, masked_before: Tensor, reveal: Tensor, *, draws: int
) -> Noised:
    """Mask free positions [B, L] as the chain would have before a uniformly chosen step.

    ``masked_before`` [T + 1] and ``reveal`` [T] are the schedule's.
    """
    num_steps = len(reveal)
    count = torch.full((len(free),), num_steps, device=free.device)
    step = _strata(streams, draws, count)
    coins = streams.uniform(draws, free.shape[1])
    hidden = (coins < masked_before[step].unsqueeze(-1)) & free.unsqueeze(1)
    return Noised(hidden=hidden, step=step, weight=num_steps * reveal[step])


def noise_for_one_position(streams: Streams, free: Tensor, *, draws: int) -> Noised:
    """Reveal a uniformly chosen number of free positions [B, L] in a random order."""
    count = free.sum(dim=1)
    step = _strata(streams, draws, count)
    order = streams.uniform(draws, free.shape[1]).masked_fill(~free.unsqueeze(1), 2.0)
    rank = order.argsort(dim=-1).argsort(dim=-1)
    hidden = (rank >= step.unsqueeze(-1)) & free.unsqueeze(1)
    left = hidden.sum(dim=-1).clamp_min(1)
    return Noised(hidden=hidden, step=step, weight=count.unsqueeze(1) / left)
