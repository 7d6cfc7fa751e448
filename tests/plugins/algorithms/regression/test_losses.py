"""The relative-reward loss: a closed form by hand, extremes, and wrong arguments. P pairs."""

import pytest
import torch

from suite.plugins.algorithms.regression.losses import relative_reward_loss

F64 = torch.float64


def test_it_is_the_squared_gap_of_log_ratios_over_eta_and_rewards() -> None:
    ratio_a = torch.tensor([0.5, -1.0], dtype=F64, requires_grad=True)
    ratio_b = torch.tensor([0.1, 0.0], dtype=F64, requires_grad=True)
    reward_a, reward_b = torch.tensor([[1.0, 2.0], [0.0, 5.0]], dtype=F64)
    found = relative_reward_loss(ratio_a, ratio_b, reward_a, reward_b, eta=0.5)
    # (.4 / .5 - 1)^2 and (-1 / .5 + 3)^2
    torch.testing.assert_close(found, torch.tensor([0.04, 1.0], dtype=F64))
    found.sum().backward()
    torch.testing.assert_close(ratio_a.grad, torch.tensor([-0.8, 4.0], dtype=F64))
    torch.testing.assert_close(ratio_b.grad, torch.tensor([0.8, -4.0], dtype=F64))


def test_it_vanishes_where_log_ratios_are_eta_times_rewards_up_to_a_constant() -> None:
    """The mirror-descent step: p_new = p_old exp(eta r) / Z."""
    reward_a, reward_b = torch.randn(2, 5, dtype=F64)
    found = relative_reward_loss(
        0.7 * reward_a - 3.0, 0.7 * reward_b - 3.0, reward_a, reward_b, eta=0.7
    )
    torch.testing.assert_close(found, torch.zeros(5, dtype=F64), atol=1e-12, rtol=0)


def test_inputs_of_ten_thousand_stay_finite() -> None:
    far = torch.tensor([1e4, -1e4], requires_grad=True)
    loss = relative_reward_loss(far, -far, -far.detach(), far.detach(), eta=1.0)
    loss.sum().backward()
    assert bool(torch.isfinite(loss).all())
    assert far.grad is not None
    assert bool(torch.isfinite(far.grad).all())


def test_wrong_shapes_and_etas_are_told() -> None:
    pairs = torch.zeros(2)
    with pytest.raises(ValueError, match=r"relative_reward_loss needs four .* one shape \[P\]"):
        relative_reward_loss(pairs, pairs, pairs, torch.zeros(3), eta=1.0)
    with pytest.raises(ValueError, match="eta must be positive, got 0"):
        relative_reward_loss(pairs, pairs, pairs, pairs, eta=0)
