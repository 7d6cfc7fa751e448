"""Noising and denoising steps against closed forms."""

import math
from itertools import pairwise

import pytest
import torch

from suite.plugins.policies.diffusion.process import (
    ancestral_mean,
    ancestral_std,
    cosine_grid,
    flow_grid,
    flow_sde,
    guess,
    target,
)


@pytest.mark.parametrize(
    ("prediction", "process"),
    [
        ("x0", "cosine"), ("epsilon", "cosine"), ("v", "cosine"),
        ("x0", "flow"), ("epsilon", "flow"), ("velocity", "flow"),
    ],
)  # fmt: skip
def test_each_prediction_says_the_same_of_the_same_point(prediction: str, process: str) -> None:
    torch.manual_seed(0)
    grid = (cosine_grid if process == "cosine" else flow_grid)(6, 0.1)
    x0, eps = torch.randn(2, 5, dtype=torch.float64)
    for a in grid.signal.double()[1:]:
        s = (1.0 - a**2).sqrt() if process == "cosine" else 1.0 - a
        x = a * x0 + s * eps
        found = guess(prediction, target(prediction, x0, eps, a, s), x, a, s)
        assert torch.allclose(found[0], x0, atol=1e-9)
        assert torch.allclose(found[1], eps, atol=1e-9)


def test_eta_one_is_the_posterior_of_ddpm() -> None:
    """Mean and std against eq. (6) and (7) of Ho et al., written in alphas and betas."""
    abar, abar_next = torch.tensor([0.3, 0.7], dtype=torch.float64)
    alpha = abar / abar_next
    beta = 1.0 - alpha
    x0, x = torch.tensor([0.4, -1.2], dtype=torch.float64)
    a, s, a_next, s_next = abar.sqrt(), (1 - abar).sqrt(), abar_next.sqrt(), (1 - abar_next).sqrt()
    std = ancestral_std(a, s, a_next, s_next, 1.0)
    assert torch.isclose(std**2, (1 - abar_next) / (1 - abar) * beta)
    mean = ancestral_mean(x0, (x - a * x0) / s, a_next, s_next, std)
    wanted = (
        abar_next.sqrt() * beta / (1 - abar) * x0 + alpha.sqrt() * (1 - abar_next) / (1 - abar) * x
    )
    assert torch.isclose(mean, wanted)


def test_eta_zero_is_the_deterministic_step_of_ddim() -> None:
    a, s, a_next, s_next = torch.tensor([0.5, math.sqrt(0.75), 0.8, 0.6], dtype=torch.float64)
    x0, eps = torch.tensor([0.3, 1.1], dtype=torch.float64)
    std = ancestral_std(a, s, a_next, s_next, 0.0)
    assert std == 0
    assert ancestral_mean(x0, eps, a_next, s_next, std) == a_next * x0 + s_next * eps


@pytest.mark.parametrize("process", ["cosine", "flow"])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_exact_steps_on_a_gaussian_keep_its_marginals(process: str, eta: float) -> None:
    """With the true x_0 and eps, a' x_0 + c eps + std z has the grid's mean and variance."""
    grid = (cosine_grid if process == "cosine" else flow_grid)(5, 0.1)
    a_all, s_all = grid.signal.double(), grid.noise.double()
    m, v = 0.7, 0.25
    for i in range(5):
        a, s, a_next, s_next = a_all[i], s_all[i], a_all[i + 1], s_all[i + 1]
        std = ancestral_std(a, s, a_next, s_next, eta)
        # x = a x0 + s eps and x' = a' x0 + c eps + std z: moments of x' by hand.
        c = (s_next**2 - std**2).sqrt()
        mean = ancestral_mean(
            torch.tensor(m).double(), torch.zeros(()).double(), a_next, s_next, std
        )
        assert torch.isclose(mean, a_next * m)
        assert torch.isclose(a_next**2 * v + c**2 + std**2, a_next**2 * v + s_next**2)


def test_the_flow_sde_keeps_the_marginals_of_the_ode_for_small_steps() -> None:
    """On data N(m, v) the velocity is known; 4,000 small steps give mean and std of the end."""
    m, v, steps = 0.5, 0.09, 4000
    generator = torch.Generator().manual_seed(0)
    times = torch.linspace(0.98, 0.05, steps + 1, dtype=torch.float64)
    s = times[0]
    x = (1 - s) * m + ((1 - s) ** 2 * v + s**2).sqrt() * torch.randn(
        20000, generator=generator, dtype=torch.float64
    )
    for s, s_next in pairwise(times):
        total = (1 - s) ** 2 * v + s**2
        gap = x - (1 - s) * m
        velocity = s * gap / total - (m + (1 - s) * v * gap / total)
        mean, std = flow_sde(x, velocity, s, s_next, 0.7)
        x = mean + std * torch.randn(20000, generator=generator, dtype=torch.float64)
    end = times[-1]
    assert float(x.mean()) == pytest.approx(float((1 - end) * m), abs=0.01)
    assert float(x.std()) == pytest.approx(float(((1 - end) ** 2 * v + end**2).sqrt()), abs=0.01)
