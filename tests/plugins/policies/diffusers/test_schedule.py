"""The law of a step is that of diffusers' own schedulers."""

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, EDMEulerScheduler, FlowMatchEulerDiscreteScheduler

from suite.core.errors import SuiteError
from suite.plugins.policies.diffusers.schedule import Schedule, read_tables

STEPS = 7


def draws() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, out, noise = torch.randn(3, 2, 4, 3, 3, generator=generator)
    return x, out, noise


@pytest.mark.parametrize("spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("prediction", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_a_ddim_step_is_that_of_diffusers(spacing: str, prediction: str, eta: float) -> None:
    settings: dict[str, Any] = {"prediction_type": prediction, "timestep_spacing": spacing}
    scheduler = DDIMScheduler(clip_sample=False, set_alpha_to_one=False, **settings)
    schedule = Schedule(read_tables(scheduler, STEPS, None), eta)
    scheduler.set_timesteps(STEPS)
    x, out, noise = draws()
    for i in range(STEPS - 1):
        t = int(scheduler.timesteps[i])
        wanted = scheduler.step(out, t, x, eta=eta, variance_noise=noise).prev_sample
        mean, std = schedule.moments(out, x, torch.full((2,), i))
        torch.testing.assert_close(mean + std * noise, wanted, rtol=1e-5, atol=1e-6)
    plain = scheduler.step(out, int(scheduler.timesteps[-1]), x, eta=0.0).prev_sample
    last, none = schedule.moments(out, x, torch.full((2,), STEPS - 1))
    torch.testing.assert_close(last, plain, rtol=1e-5, atol=1e-6)
    assert float(none.abs().max()) == 0.0


def test_a_flow_without_noise_is_eulers_step() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    schedule = Schedule(read_tables(scheduler, STEPS, None), 0.0)
    scheduler.set_timesteps(STEPS)
    x, out, _ = draws()
    for i, t in enumerate(scheduler.timesteps):
        wanted = scheduler.step(out, t, x).prev_sample
        mean, std = schedule.moments(out, x, torch.full((2,), i))
        torch.testing.assert_close(mean, wanted, rtol=0.0, atol=1e-6)
        assert float(std.abs().max()) == 0.0


def test_a_flow_with_noise_is_flow_grpos_step() -> None:
    """mu = x (1 + sig^2 ds / 2s) + v (1 + sig^2 (1 - s) / 2s) ds, std = sig sqrt(-ds)."""
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
    schedule = Schedule(read_tables(scheduler, STEPS, None), 0.7)
    s = scheduler.sigmas.double()
    x, v, _ = (one.double() for one in draws())
    for i in range(STEPS - 1):
        rest = 1.0 - (s[1] if i == 0 else s[i])  # 1 - s is 0 at the first step
        variance, ds = 0.7**2 * s[i] / rest, s[i + 1] - s[i]
        wanted = x * (1 + variance * ds / (2 * s[i]))
        wanted = wanted + v * (1 + variance * (1 - s[i]) / (2 * s[i])) * ds
        mean, std = schedule.double().moments(v, x, torch.full((2,), i))
        torch.testing.assert_close(mean, wanted, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(std.flatten()[0], (variance * -ds).sqrt(), rtol=1e-5, atol=0.0)


def test_what_the_network_should_have_said_gives_back_what_it_is_made_of() -> None:
    x0, eps, _ = draws()
    i = torch.tensor([1, 4])
    for prediction in ("epsilon", "sample", "v_prediction"):
        scheduler = DDIMScheduler(prediction_type=prediction, clip_sample=False)
        schedule = Schedule(read_tables(scheduler, STEPS, None), None)
        x = schedule.noised(x0, eps, i)
        found = schedule.guess(schedule.target(x0, eps, i), x, i)
        torch.testing.assert_close(found[0], x0, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(found[1], eps, rtol=1e-3, atol=1e-4)


def test_a_scheduler_without_a_variance_is_refused() -> None:
    with pytest.raises(SuiteError, match="EDMEulerScheduler, has no alphas_cumprod"):
        read_tables(EDMEulerScheduler(), STEPS, None)
