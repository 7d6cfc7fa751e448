"""Noising processes and denoising steps: pure functions of tensors.

x_i = a_i x_0 + s_i eps on a grid of T + 1 times, from noise (i = 0) to data (i = T).
Shapes: a, s, std broadcast to x.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Signal a and noise s at the T + 1 times, float32 [T + 1] each."""

    signal: Tensor
    noise: Tensor


def cosine_grid(num_steps: int, last_noise: float) -> Grid:
    """a^2 + s^2 = 1, the angle even in time: Nichol and Dhariwal, arXiv:2102.09672, eq. (17).

    The grid begins at almost pure noise and ends at s = ``last_noise``, so that every step has a
    density.
    """
    angle = torch.linspace(
        0.995 * math.pi / 2, math.asin(last_noise), num_steps + 1, dtype=torch.float64
    )
    return Grid(signal=angle.cos().float(), noise=angle.sin().float())


def flow_grid(num_steps: int, last_noise: float) -> Grid:
    """a = 1 - s, s even in time: rectified flow, Liu et al., arXiv:2209.03003."""
    s = torch.linspace(0.995, last_noise, num_steps + 1, dtype=torch.float64)
    return Grid(signal=(1.0 - s).float(), noise=s.float())


def guess(prediction: str, out: Tensor, x: Tensor, a: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """(x_0, eps) as the network's ``out`` says at x = a x_0 + s eps.

    v is a eps - s x_0 (Salimans and Ho, arXiv:2202.00512) and needs a^2 + s^2 = 1; velocity is
    eps - x_0 and needs a + s = 1.
    """
    if prediction == "x0":
        return out, (x - a * out) / s
    if prediction == "epsilon":
        return (x - s * out) / a, out
    if prediction == "v":
        return a * x - s * out, s * x + a * out
    return x - s * out, x + a * out


def target(prediction: str, x0: Tensor, eps: Tensor, a: Tensor, s: Tensor) -> Tensor:
    """What the network should have said: the inverse of ``guess``."""
    if prediction == "x0":
        return x0
    if prediction == "epsilon":
        return eps
    return a * eps - s * x0 if prediction == "v" else eps - x0


def ancestral_std(a: Tensor, s: Tensor, a_next: Tensor, s_next: Tensor, eta: float) -> Tensor:
    """eta times the posterior's std of x_next given x and x_0, for any a and s.

    With eta = 1 and a^2 + s^2 = 1 it is DDPM's (Ho et al., arXiv:2006.11239, eq. 7); eta is DDIM's
    (Song et al., arXiv:2010.02502, eq. 16).
    """
    return eta * s_next / s * (s**2 - (a / a_next * s_next) ** 2).clamp_min(0.0).sqrt()


def ancestral_mean(x0: Tensor, eps: Tensor, a_next: Tensor, s_next: Tensor, std: Tensor) -> Tensor:
    """a' x_0 + sqrt(s'^2 - std^2) eps: DDIM, eq. (12)."""
    return a_next * x0 + (s_next**2 - std**2).clamp_min(0.0).sqrt() * eps


def flow_sde(
    x: Tensor, velocity: Tensor, s: Tensor, s_next: Tensor, level: float
) -> tuple[Tensor, Tensor]:
    """Mean and std of Flow-GRPO's step, Liu et al., arXiv:2505.05470, eq. (8) and (9).

    sigma = level * sqrt(s / (1 - s)), dt = s - s'; the drift is corrected so that the ODE's
    marginals are kept. ``velocity`` is eps - x_0.
    """
    dt = s - s_next
    variance = level**2 * s / (1.0 - s)
    eps = x + (1.0 - s) * velocity
    mean = x - dt * (velocity + variance / (2.0 * s) * eps)
    return mean, (variance * dt).sqrt()
