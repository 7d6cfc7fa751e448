"""Pair losses: closed forms by hand in float64, extremes, and wrong arguments. P pairs."""

import math

import pytest
import torch

from suite.plugins.algorithms.preference.losses import dpo_loss, ipo_loss, margin

F64 = torch.float64
MARGINS = torch.tensor([-1.0, 5.0, 0.0], dtype=F64)


def test_the_margin_is_the_gap_of_log_ratios_and_holds_the_reference_fixed() -> None:
    policy = torch.tensor([[-1.0, -2.0], [-4.0, -3.0]], dtype=F64, requires_grad=True)
    reference = torch.tensor([[-1.5, -2.5], [-2.0, -7.0]], dtype=F64, requires_grad=True)
    found = margin(policy[:, 0], policy[:, 1], reference[:, 0], reference[:, 1])
    # (-1 + 1.5) - (-2 + 2.5) = 0 and (-4 + 2) - (-3 + 7) = -6
    assert found.tolist() == [0.0, -6.0]
    found.sum().backward()
    assert policy.grad is not None
    assert policy.grad.tolist() == [[1.0, -1.0], [1.0, -1.0]]
    assert reference.grad is None


def test_dpo_is_minus_log_sigmoid() -> None:
    found = dpo_loss(MARGINS, beta=0.3)
    expected = [math.log(1 + math.exp(-0.3 * m)) for m in MARGINS.tolist()]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=F64))


def test_dpo_gradient_is_minus_beta_times_the_chance_of_being_wrong() -> None:
    margins = MARGINS.clone().requires_grad_()
    dpo_loss(margins, beta=0.3).sum().backward()
    torch.testing.assert_close(margins.grad, -0.3 * torch.sigmoid(-0.3 * MARGINS))


def test_label_smoothing_mixes_both_labels() -> None:
    found = dpo_loss(MARGINS, beta=0.3, label_smoothing=0.1)
    both = 0.9 * dpo_loss(MARGINS, beta=0.3) + 0.1 * dpo_loss(-MARGINS, beta=0.3)
    torch.testing.assert_close(found, both)
    # Its optimum is finite, where sigmoid(beta m) = 1 - smoothing.
    best = torch.tensor([math.log(9.0) / 0.3], dtype=F64, requires_grad=True)
    dpo_loss(best, beta=0.3, label_smoothing=0.1).sum().backward()
    torch.testing.assert_close(best.grad, torch.zeros(1, dtype=F64), atol=1e-12, rtol=0)


def test_ipo_is_the_squared_distance_to_its_target() -> None:
    # 1 / (2 * .25) = 2
    assert ipo_loss(MARGINS, beta=0.25).tolist() == [9.0, 9.0, 4.0]
    margins = MARGINS.clone().requires_grad_()
    ipo_loss(margins, beta=0.25).sum().backward()
    assert margins.grad is not None
    assert margins.grad.tolist() == [-6.0, 6.0, -4.0]


def test_margins_of_ten_thousand_stay_finite_in_value_and_gradient() -> None:
    for loss in (dpo_loss, ipo_loss):
        far = torch.tensor([1e4, -1e4], requires_grad=True)
        value = loss(far, beta=1.0)
        value.sum().backward()
        assert bool(torch.isfinite(value).all())
        assert far.grad is not None
        assert bool(torch.isfinite(far.grad).all())
    assert float(dpo_loss(torch.tensor(-1e4), beta=1.0)) == 1e4


def test_wrong_shapes_and_betas_are_told() -> None:
    pairs = torch.zeros(2)
    with pytest.raises(ValueError, match=r"one shape \[P\], got, in order.*\(3,\)"):
        margin(pairs, pairs, pairs, torch.zeros(3))
    for loss in (dpo_loss, ipo_loss):
        with pytest.raises(ValueError, match="beta must be positive, got 0;"):
            loss(pairs, beta=0)
