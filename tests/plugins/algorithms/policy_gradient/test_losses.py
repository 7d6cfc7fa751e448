"""Policy-gradient losses: closed forms by hand in float64, extremes, and wrong shapes.

Shapes: B samples, T decisions.
"""

import math

import pytest
import torch
from torch import Tensor

from suite.plugins.algorithms.policy_gradient.losses import (
    LOG_RATIO_LIMIT,
    clipped_surrogate,
    clipped_value_loss,
    kl_k3,
    log_ratio,
)

F64 = torch.float64


def row(*values: float) -> Tensor:
    return torch.tensor([values], dtype=F64)


ALL = torch.ones(1, 4, dtype=torch.bool)


def test_the_surrogate_is_the_pessimistic_one_of_two() -> None:
    """Ratios 1.5 and .5 with advantages of both signs, bounds .8 and 1.3: four cases by hand."""
    old, new = row(0, 0, 0, 0), row(1.5, 1.5, 0.5, 0.5).log()
    advantage = row(2, -2, 2, -2)
    found = clipped_surrogate(new, old, advantage, ALL, clip_low=0.2, clip_high=0.3)
    torch.testing.assert_close(found, row(-2.6, 3.0, -1.0, 1.6))
    plain = clipped_surrogate(new, old, advantage, ALL, clip_low=None, clip_high=None)
    torch.testing.assert_close(plain, row(-3.0, 3.0, -1.0, 1.0))


def test_the_surrogates_gradient_is_reinforces_at_ratio_one_and_zero_where_clipped() -> None:
    new = row(0.0, math.log(1.5), math.log(0.5), math.log(1.5)).requires_grad_()
    advantage = row(3.0, 2.0, -2.0, -2.0)
    old = torch.zeros(1, 4, dtype=F64)
    clipped_surrogate(new, old, advantage, ALL, clip_low=0.2, clip_high=0.2).sum().backward()
    # -A at ratio 1; 0 where the bound holds; -ratio A where moving back is still wanted.
    torch.testing.assert_close(new.grad, row(-3.0, 0.0, 0.0, 3.0))


def test_the_surrogates_gradient_equals_finite_differences() -> None:
    old, advantage = torch.randn(3, 4, dtype=F64), torch.randn(3, 4, dtype=F64)
    new = (old + 0.05 * torch.randn(3, 4, dtype=F64)).requires_grad_()
    mask = torch.rand(3, 4) < 0.7
    assert torch.autograd.gradcheck(
        lambda x: clipped_surrogate(x, old, advantage, mask, clip_low=0.2, clip_high=0.2), new
    )


def test_an_advantage_a_sample_broadcasts_over_its_decisions() -> None:
    new, old = torch.randn(2, 4, dtype=F64), torch.randn(2, 4, dtype=F64)
    mask, each = torch.ones(2, 4, dtype=torch.bool), torch.tensor([[1.0], [-2.0]], dtype=F64)
    options = {"clip_low": 0.2, "clip_high": 0.2}
    torch.testing.assert_close(
        clipped_surrogate(new, old, each, mask, **options),
        clipped_surrogate(new, old, each.expand(2, 4), mask, **options),
    )


def test_k3_by_hand_and_its_gradient_is_the_forward_kls() -> None:
    """exp(-d) - 1 + d; on samples of p its mean gradient is that of KL(ref || p)."""
    d = row(-1.0, 0.0, 0.5, 2.0)
    found = kl_k3(d, torch.zeros_like(d), ALL)
    expected = [math.exp(1) - 2, 0.0, math.exp(-0.5) - 0.5, math.exp(-2) + 1]
    torch.testing.assert_close(found, row(*expected))
    logits = torch.randn(4, dtype=F64, requires_grad=True)
    log_q = torch.randn(4, dtype=F64).log_softmax(0)
    log_p = logits.log_softmax(0)
    loss = (log_p.detach().exp() * kl_k3(log_p.view(1, 4), log_q.view(1, 4), ALL)[0]).sum()
    (ours,) = torch.autograd.grad(loss, logits)
    forward = (log_q.exp() * (log_q - logits.log_softmax(0))).sum()
    (expected_gradient,) = torch.autograd.grad(forward, logits)
    torch.testing.assert_close(ours, expected_gradient)


def test_the_value_loss_takes_the_worse_of_clipped_and_unclipped() -> None:
    value, old, target = row(3.0, 0.1, -2.0, 1.0), row(0, 0, 0, 0), row(4.0, 1.0, 1.0, 1.0)
    plain = clipped_value_loss(value, old, target, ALL, clip=None)
    torch.testing.assert_close(plain, row(0.5, 0.405, 4.5, 0.0))
    # Moved by at most .5 from 0: .5, .1, -.5, .5, whose errors are 3.5, .9, 1.5, .5.
    clipped = clipped_value_loss(value, old, target, ALL, clip=0.5)
    torch.testing.assert_close(clipped, row(6.125, 0.405, 4.5, 0.125))


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_inputs_of_ten_thousand_stay_finite_in_value_and_gradient(dtype: torch.dtype) -> None:
    far = torch.tensor([[1e4, -1e4, 1e4, -1e4]], dtype=dtype)
    for advantage in (1e4, -1e4):
        for clip in (None, 0.2):
            new = far.clone().requires_grad_()
            a = torch.full_like(far, advantage)
            loss = clipped_surrogate(new, -far, a, ALL, clip_low=clip, clip_high=clip)
            loss.sum().backward()
            assert bool(torch.isfinite(loss).all())
            assert new.grad is not None
            assert bool(torch.isfinite(new.grad).all())
    new = far.clone().requires_grad_()
    k3 = kl_k3(new, -far, ALL)
    k3.sum().backward()
    assert bool(torch.isfinite(k3).all())
    assert new.grad is not None
    assert bool(torch.isfinite(new.grad).all())
    assert bool(torch.isfinite(clipped_value_loss(far, -far, -far, ALL, clip=0.2)).all())
    assert float(log_ratio(far, -far, ALL).abs().max()) == LOG_RATIO_LIMIT


def test_what_the_mask_leaves_out_is_zero_even_where_it_is_not_a_number() -> None:
    mask = torch.tensor([[True, False, False, True]])
    broken = row(0.1, -math.inf, math.nan, 0.2)
    zero = torch.zeros(1, 4, dtype=F64)
    found = [
        clipped_surrogate(broken, broken, row(1, 1, 1, 1), mask, clip_low=0.2, clip_high=0.2),
        kl_k3(broken, zero, mask),
        clipped_value_loss(broken, zero, zero, mask, clip=0.2),
    ]
    for loss in found:
        assert loss[0, 1:3].tolist() == [0.0, 0.0]
        assert bool(torch.isfinite(loss).all())


def test_wrong_shapes_are_told() -> None:
    good, short = torch.zeros(2, 3), torch.zeros(2, 2)
    mask = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"one shape \[B, T\].*old_log_prob \(2, 2\)"):
        clipped_surrogate(good, short, good, mask, clip_low=None, clip_high=None)
    with pytest.raises(ValueError, match=r"advantage \[B, T\] or \[B, 1\].*\(2,\)"):
        clipped_surrogate(good, good, torch.zeros(2), mask, clip_low=None, clip_high=None)
    with pytest.raises(ValueError, match=r"one shape \[B, T\]"):
        kl_k3(good, short, mask)
    with pytest.raises(ValueError, match=r"clipped_value_loss .*target \(2, 2\)"):
        clipped_value_loss(good, good, short, mask, clip=None)
