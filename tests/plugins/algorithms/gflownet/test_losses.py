"""Balance losses: closed forms by hand, extremes, and wrong shapes. B trajectories."""

import math

import pytest
import torch

from suite.plugins.algorithms.gflownet.losses import (
    estimated_log_z,
    path_potentials,
    sub_trajectory_balance,
    trajectory_balance,
)

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


# --- parts of paths -----------------------------------------------------------------------------

STEPS_FORWARD = torch.tensor([[-1.0, -2.0, -0.5], [-0.7, -0.2, 0.0]], dtype=F64)
STEPS_BACKWARD = torch.tensor([[-0.5, -0.1, 0.0], [-0.3, 0.0, 0.0]], dtype=F64)
FLOW = torch.tensor([[2.0, 1.5, 0.3, 9.0], [2.0, 1.0, 9.0, 9.0]], dtype=F64)  # 9: never read
MASK = torch.tensor([[True, True, True], [True, True, False]])
LAST = torch.tensor([0.8, -0.4], dtype=F64)


def potentials() -> torch.Tensor:
    return path_potentials(STEPS_FORWARD, STEPS_BACKWARD, FLOW, LAST, MASK)


def test_the_residual_of_a_part_is_the_difference_of_its_ends() -> None:
    found = potentials()
    # From s_1 to the end of the first path: F_1 + (-2 + .1) + (-.5 - 0) - log R.
    assert float(found[0, 1] - found[0, 3]) == pytest.approx(1.5 - 1.9 - 0.5 - 0.8)
    # The second path ends in s_2: F_0 + (-.7 + .3) + (-.2 - 0) - log R.
    assert float(found[1, 0] - found[1, 2]) == pytest.approx(2.0 - 0.4 - 0.2 + 0.4)


def test_a_large_decay_is_trajectory_balance() -> None:
    found = sub_trajectory_balance(potentials(), MASK, decay=1e12)
    whole = trajectory_balance(
        (STEPS_FORWARD * MASK).sum(1), (STEPS_BACKWARD * MASK).sum(1), LAST, FLOW[0, 0]
    )
    torch.testing.assert_close(found, whole)


def test_decay_zero_is_the_mean_of_single_decisions() -> None:
    found = sub_trajectory_balance(potentials(), MASK, decay=0.0)
    edges = torch.tensor(
        [
            [2.0 - 1.0 + 0.5 - 1.5, 1.5 - 2.0 + 0.1 - 0.3, 0.3 - 0.5 - 0.8],
            [2 - 0.7 + 0.3 - 1, 1 - 0.2 + 0.4, 0],
        ],
        dtype=F64,
    )
    torch.testing.assert_close(found, (edges**2).sum(dim=1) / torch.tensor([3.0, 2.0]))


def test_parts_are_weighted_by_their_length() -> None:
    decay, values = 0.5, potentials()
    for row, length in ((0, 3), (1, 2)):
        total = weights = 0.0
        for i in range(length):
            for j in range(i + 1, length + 1):
                total += decay ** (j - i) * float(values[row, i] - values[row, j]) ** 2
                weights += decay ** (j - i)
        found = sub_trajectory_balance(values, MASK, decay=decay)[row]
        assert float(found) == pytest.approx(total / weights)


def test_what_stands_after_a_path_reaches_neither_loss_nor_gradient() -> None:
    flow = FLOW.clone().requires_grad_()
    forward = STEPS_FORWARD.clone()
    forward[1, 2] = math.nan
    found = path_potentials(forward, STEPS_BACKWARD, flow, LAST, MASK)
    loss = sub_trajectory_balance(found, MASK, decay=0.9)
    torch.testing.assert_close(loss, sub_trajectory_balance(potentials(), MASK, decay=0.9))
    loss.sum().backward()
    assert flow.grad is not None
    assert flow.grad[0, 3] == flow.grad[1, 2] == flow.grad[1, 3] == 0.0
    assert bool((flow.grad[:, :2] != 0).all())


def test_parts_stay_finite_at_ten_thousand() -> None:
    far = torch.tensor([[1e4, -1e4, 1e4]], requires_grad=True)
    loss = sub_trajectory_balance(far, torch.ones(1, 2, dtype=torch.bool), decay=0.9)
    loss.sum().backward()
    assert far.grad is not None
    assert bool(torch.isfinite(loss).all())
    assert bool(torch.isfinite(far.grad).all())


def test_wrong_shapes_of_parts_are_told() -> None:
    with pytest.raises(ValueError, match="path_potentials needs shapes"):
        path_potentials(STEPS_FORWARD, STEPS_BACKWARD, FLOW[:, :3], LAST, MASK)
    with pytest.raises(ValueError, match=r"potentials are \[B, T \+ 1\]"):
        sub_trajectory_balance(FLOW[:, :3], MASK, decay=0.9)
    with pytest.raises(ValueError, match="decay is -1"):
        sub_trajectory_balance(potentials(), MASK, decay=-1)
    with pytest.raises(ValueError, match="every row needs a decision"):
        sub_trajectory_balance(potentials(), torch.zeros_like(MASK), decay=0.9)
