"""Balance losses: closed forms by hand, extremes, and wrong shapes. B trajectories."""

import math

import pytest
import torch

from suite.plugins.algorithms.gflownet.losses import estimated_log_z, trajectory_balance

F64 = torch.float64
FORWARD = torch.tensor([-1.0, -2.0, -3.0, -4.0], dtype=F64)
BACKWARD = torch.tensor([-0.5, -0.5, 0.0, 0.0], dtype=F64)
REWARD = torch.tensor([1.0, 0.0, 2.0, 5.0], dtype=F64)
GROUP = torch.tensor([0, 0, 1, 1])
ALL = torch.ones(4, dtype=torch.bool)


def test_the_balance_is_the_squared_residual_with_gradients_to_log_z_and_policy() -> None:
    forward = FORWARD.clone().requires_grad_()
    log_z = torch.tensor(0.5, dtype=F64, requires_grad=True)
    found = trajectory_balance(forward, BACKWARD, REWARD, log_z)
    # .5 - 1 - 1 + .5; .5 - 2 - 0 + .5; .5 - 3 - 2; .5 - 4 - 5
    residual = torch.tensor([-1.0, -1.0, -4.5, -8.5], dtype=F64)
    torch.testing.assert_close(found, residual**2)
    found.sum().backward()
    torch.testing.assert_close(forward.grad, 2 * residual)
    torch.testing.assert_close(log_z.grad, 2 * residual.sum())


def test_it_vanishes_at_the_posterior() -> None:
    log_prior = torch.randn(6, dtype=F64).log_softmax(0)
    reward = torch.randn(6, dtype=F64)
    log_z = torch.logsumexp(log_prior + reward, dim=0)
    found = trajectory_balance(log_prior + reward - log_z, log_prior, reward, log_z)
    torch.testing.assert_close(found, torch.zeros(6, dtype=F64), atol=1e-12, rtol=0)


def test_the_estimate_is_each_groups_mean_residual_and_minimises_its_squares() -> None:
    found = estimated_log_z(FORWARD, BACKWARD, REWARD, GROUP, ALL)
    # Residuals 1.5, 1.5 and 5, 9.
    assert found.tolist() == [1.5, 1.5, 7.0, 7.0]
    best = trajectory_balance(FORWARD, BACKWARD, REWARD, found).sum()
    for shift in (-0.1, 0.1):
        assert float(trajectory_balance(FORWARD, BACKWARD, REWARD, found + shift).sum()) > best


def test_rows_that_failed_do_not_enter_the_estimate() -> None:
    broken = REWARD.clone()
    broken[3] = math.nan
    valid = torch.tensor([True, True, True, False])
    found = estimated_log_z(FORWARD, BACKWARD, broken, GROUP, valid)
    assert found.tolist() == [1.5, 1.5, 5.0, 5.0]


def test_the_estimate_carries_no_gradient() -> None:
    forward = FORWARD.clone().requires_grad_()
    assert not estimated_log_z(forward, BACKWARD, REWARD, GROUP, ALL).requires_grad


def test_inputs_of_ten_thousand_stay_finite() -> None:
    far = torch.tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
    log_z = estimated_log_z(far, -far, -far, GROUP, ALL)
    loss = trajectory_balance(far, -far.detach(), -far.detach(), log_z)
    loss.sum().backward()
    assert bool(torch.isfinite(loss).all())
    assert far.grad is not None
    assert bool(torch.isfinite(far.grad).all())


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(ValueError, match=r"trajectory_balance needs three .* one shape \[B\]"):
        trajectory_balance(FORWARD, BACKWARD, REWARD[:2], torch.zeros(()))
    with pytest.raises(ValueError, match=r"estimated_log_z needs five .* one shape \[B\]"):
        estimated_log_z(FORWARD, BACKWARD, REWARD, GROUP[:2], ALL)
