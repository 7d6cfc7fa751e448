"""The schedule starts from all masked and ends with nothing masked, exactly."""

import math

import pytest
import torch

from suite.plugins.policies.discrete_diffusion.schedule import (
    EPS,
    mask_chance,
    masked_before,
    noise_level,
    reveal_chance,
    time_grid,
)


@pytest.mark.parametrize("num_steps", [1, 2, 7, 32, 128])
def test_the_last_step_reveals_everything_and_the_chain_starts_masked(num_steps: int) -> None:
    masked, reveal = masked_before(num_steps), reveal_chance(num_steps)
    assert masked[0] == 1.0
    assert masked[-1] == 0.0
    assert reveal[-1] == 1.0
    assert reveal.float()[-1] == 1.0
    assert len(masked) == len(reveal) + 1 == num_steps + 1


def test_staying_masked_to_step_k_has_the_schedules_chance() -> None:
    reveal, masked = reveal_chance(9), masked_before(9)
    torch.testing.assert_close((1.0 - reveal).cumprod(0), masked[1:])


def test_log_linear_reveals_one_of_the_steps_that_are_left() -> None:
    left = torch.arange(8, 0, -1, dtype=torch.float64)
    torch.testing.assert_close(reveal_chance(8), 1.0 / left)


def test_the_noise_level_is_finite_and_its_letters_survive_with_chance_exp_minus_sigma() -> None:
    t = time_grid(5)
    torch.testing.assert_close((-noise_level(t)).exp(), 1.0 - mask_chance(t))
    assert noise_level(t)[0].item() == pytest.approx(-math.log(EPS))
    assert noise_level(t)[-1] == 0.0


def test_a_sampler_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one step, got 0"):
        time_grid(0)
