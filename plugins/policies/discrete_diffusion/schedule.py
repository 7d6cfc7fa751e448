"""The log-linear noise schedule and its grid of T sampling steps.

Sahoo et al., "Simple and Effective Masked Diffusion Language Models", arXiv:2406.07524, take
sigma(t) = -log(1 - (1 - eps) t), so that a letter is masked at time t with chance (1 - eps) t.
Published samplers stop at t = 1e-5 and take an argmax of what is still masked; ours ends at t = 0,
so that the last step reveals everything and the path law sums to 1.

Only ratios of neighbouring mask chances enter the sampler, so that eps cancels there; it keeps
``noise_level`` finite for networks that are told the time. Times have no unit.
"""

import torch
from torch import Tensor

EPS = 1e-3  # as published


def mask_chance(t: Tensor, *, eps: float = EPS) -> Tensor:
    """The chance that a letter is masked at time ``t`` in [0, 1], same shape."""
    return (1.0 - eps) * t


def noise_level(t: Tensor, *, eps: float = EPS) -> Tensor:
    """sigma(t) = -log(1 - mask_chance(t)), nats: 0 at t = 0, -log(eps) at t = 1."""
    return -torch.log1p(-mask_chance(t, eps=eps))


def time_grid(num_steps: int) -> Tensor:
    """T + 1 times from 1 to exactly 0; step k goes from time k to time k + 1. float64.

    Raises:
        ValueError: there is no step.
    """
    if num_steps < 1:
        raise ValueError(f"a sampler needs at least one step, got {num_steps}")
    return torch.arange(num_steps, -1, -1, dtype=torch.float64) / num_steps


def masked_before(num_steps: int) -> Tensor:
    """Chance that a position of the T-step chain is masked before each step, [T + 1], float64.

    The chain starts from all masked, so this is mask_chance over its value at t = 1: exactly 1
    before the first step and exactly 0 after the last.
    """
    chance = mask_chance(time_grid(num_steps))
    return chance / chance[0]


def reveal_chance(num_steps: int) -> Tensor:
    """Chance that a masked position is revealed by each step, [T], float64; exactly 1 at the last.

    (m_t - m_s) / m_t of eq. (7) there, with t before and s after the step.
    """
    masked = masked_before(num_steps)
    return (masked[:-1] - masked[1:]) / masked[:-1]
