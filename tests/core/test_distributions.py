"""Step distributions against closed forms, torch.distributions and finite differences, in float64.

Shapes: N rows, S steps, L positions, V letters, D coordinates.
"""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from suite.core.distributions import (
    Categorical,
    GaussianStep,
    LazyCategorical,
    StepDistribution,
    UnmaskingStep,
    categorical_entropy,
    categorical_kl,
)
from suite.core.randomness import Streams

F64 = torch.float64
MASK = 3


def streams(size: int, purpose: str = "test") -> Streams:
    return Streams(0, 0, purpose, range(size))


def unmasking(size: int = 5, *, reveal: float = 0.4, seed: int = 0) -> UnmaskingStep:
    generator = torch.Generator().manual_seed(seed)
    log_p = torch.randn(size, 4, 3, generator=generator, dtype=F64).log_softmax(dim=-1)
    masked = torch.tensor([True, False, True, True]).expand(size, 4)
    return UnmaskingStep(log_p, masked, torch.full((size,), reveal, dtype=F64), mask_id=MASK)


def all_decisions() -> Tensor:
    """Every decision that the kernel of ``unmasking`` can make, [K, L]: 4^3 of them."""
    rows = itertools.product(range(4), repeat=3)
    return torch.tensor([[a, MASK, b, c] for a, b, c in rows])


# --- categorical --------------------------------------------------------------------------------


def test_categorical_agrees_with_torch() -> None:
    logits, other = torch.randn(2, 6, 5, dtype=F64)
    ours, theirs = Categorical(logits), torch.distributions.Categorical(logits=logits)
    second = torch.distributions.Categorical(logits=other)
    decision = torch.tensor([0, 1, 2, 3, 4, 0])
    torch.testing.assert_close(ours.log_prob(decision), theirs.log_prob(decision))
    torch.testing.assert_close(ours.entropy(), theirs.entropy())
    expected = torch.distributions.kl_divergence(theirs, second)
    torch.testing.assert_close(ours.kl(Categorical(other)), expected)


def test_categorical_draws_follow_its_law() -> None:
    p = torch.tensor([0.5, 0.3, 0.15, 0.05])
    size = 20_000
    drawn = Categorical(p.log().expand(size, -1)).sample(streams(size))
    counts = torch.bincount(drawn, minlength=4)
    # Chi-square with 3 degrees of freedom: 16.3 is its 99.9 % point.
    assert float(((counts - size * p) ** 2 / (size * p)).sum()) < 16.3


def test_categorical_kl_and_entropy_are_finite_with_letters_of_no_chance() -> None:
    """Forbidden letters have log-probability -inf on both sides; value and gradient stay finite."""
    logits = torch.tensor([[0.0, 1.0, -torch.inf]], dtype=F64, requires_grad=True)
    law, other = Categorical(logits), Categorical(torch.tensor([[1.0, 0.0, -torch.inf]], dtype=F64))
    (law.kl(other) + law.entropy()).sum().backward()
    assert logits.grad is not None
    assert bool(torch.isfinite(logits.grad).all())
    p = torch.tensor([0.0, 1.0], dtype=F64).softmax(dim=0)
    q = p.flip(0)
    torch.testing.assert_close(law.kl(other)[0].detach(), (p * (p / q).log()).sum())


def test_kl_and_entropy_gradients_equal_finite_differences() -> None:
    logits = torch.randn(3, 4, dtype=F64, requires_grad=True)
    log_q = torch.randn(3, 4, dtype=F64).log_softmax(-1)
    assert torch.autograd.gradcheck(
        lambda x: categorical_kl(x.log_softmax(-1), log_q), logits, atol=1e-7
    )
    assert torch.autograd.gradcheck(
        lambda x: categorical_entropy(x.log_softmax(-1)), logits, atol=1e-7
    )


def test_lazy_categorical_equals_the_dense_one() -> None:
    hidden, weight = torch.randn(4, 3, 6), torch.randn(6, 5)
    lazy, dense = LazyCategorical(hidden, lambda h: h @ weight), Categorical(hidden @ weight)
    decision = torch.randint(5, (4, 3))
    torch.testing.assert_close(lazy.log_prob(decision), dense.log_prob(decision))
    torch.testing.assert_close(lazy.entropy(), dense.entropy())
    part = lazy.narrow(1, 2).log_prob(decision[:, 1:])
    torch.testing.assert_close(part, dense.log_prob(decision)[:, 1:])


# --- Gaussian -----------------------------------------------------------------------------------


def test_gaussian_agrees_with_torch() -> None:
    mean, other = torch.randn(2, 6, 3, dtype=F64)
    std, wide = torch.rand(6, 1, dtype=F64) + 0.1, torch.rand(6, 3, dtype=F64) + 0.5
    ours, second = GaussianStep(mean, std, batch_ndim=1), GaussianStep(other, wide, batch_ndim=1)
    theirs = torch.distributions.Normal(mean, std.expand_as(mean))
    x = torch.randn(6, 3, dtype=F64)
    torch.testing.assert_close(ours.log_prob(x), theirs.log_prob(x).sum(-1))
    torch.testing.assert_close(ours.entropy(), theirs.entropy().sum(-1))
    expected = torch.distributions.kl_divergence(theirs, torch.distributions.Normal(other, wide))
    torch.testing.assert_close(ours.kl(second), expected.sum(-1))


def test_gaussian_draws_carry_the_gradient_of_mean_and_std() -> None:
    mean = torch.zeros(4, 2, requires_grad=True)
    std = torch.ones(4, 2, requires_grad=True)
    drawn = GaussianStep(mean, std, batch_ndim=1).rsample(streams(4), temperature=1.0)
    assert isinstance(drawn, Tensor)
    drawn.sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones(4, 2))
    torch.testing.assert_close(std.grad, streams(4).normal(2))


# --- the unmasking kernel -----------------------------------------------------------------------


def test_the_unmasking_kernel_sums_to_one_over_all_decisions() -> None:
    law, decisions = unmasking(1), all_decisions()
    many = UnmaskingStep(
        law.log_p.expand(64, -1, -1), law.masked.expand(64, -1), law.reveal.expand(64), mask_id=MASK
    )
    total = many.log_prob(decisions).exp().sum()
    torch.testing.assert_close(total, torch.ones((), dtype=F64))


def _enumerated(law: UnmaskingStep, value: Callable[[Tensor], Tensor]) -> Tensor:
    """Sum over all decisions of p(decision) * value(log-probabilities), for the first row."""
    many = UnmaskingStep(
        law.log_p[:1].expand(64, -1, -1), law.masked[:1].expand(64, -1),
        law.reveal[:1].expand(64), mask_id=MASK,
    )  # fmt: skip
    log_p = many.log_prob(all_decisions())
    return (log_p.exp() * value(log_p)).sum()


@pytest.mark.parametrize("reveal", [0.4, 0.999])
def test_unmasking_kl_and_entropy_equal_sums_over_all_decisions(reveal: float) -> None:
    law, other = unmasking(reveal=reveal), unmasking(reveal=reveal, seed=1)
    many = UnmaskingStep(
        other.log_p[:1].expand(64, -1, -1), other.masked[:1].expand(64, -1),
        other.reveal[:1].expand(64), mask_id=MASK,
    )  # fmt: skip
    log_q = many.log_prob(all_decisions())
    torch.testing.assert_close(law.kl(other)[0], _enumerated(law, lambda log_p: log_p - log_q))
    torch.testing.assert_close(law.entropy()[0], _enumerated(law, lambda log_p: -log_p))


def test_the_last_step_leaves_nothing_masked_and_stays_finite() -> None:
    law = unmasking(200, reveal=1.0)
    decision = law.sample(streams(200))
    assert bool((decision[:, [0, 2, 3]] != MASK).all())
    assert bool((decision[:, 1] == MASK).all()), "a shown position is no decision"
    assert bool(torch.isfinite(law.log_prob(decision)).all())
    assert bool(torch.isfinite(law.entropy()).all())
    kept = decision.index_fill(1, torch.tensor([0]), MASK)
    assert bool((law.log_prob(kept) == -torch.inf).all())


def test_log_prob_of_an_all_masked_row_has_a_finite_gradient_at_the_last_step() -> None:
    """log(1 - reveal) is -inf there; it must not reach the backward pass as 0 * inf."""
    logits = torch.randn(2, 4, 3, dtype=F64, requires_grad=True)
    masked = torch.ones(2, 4, dtype=torch.bool)
    law = UnmaskingStep(logits.log_softmax(-1), masked, torch.ones(2, dtype=F64), mask_id=MASK)
    law.log_prob(torch.zeros(2, 4, dtype=torch.long)).sum().backward()
    assert logits.grad is not None
    assert bool(torch.isfinite(logits.grad).all())


def test_unmasking_draws_follow_the_kernel() -> None:
    size = 20_000
    one = unmasking(1)
    law = UnmaskingStep(
        one.log_p.expand(size, -1, -1), one.masked.expand(size, -1), one.reveal.expand(size),
        mask_id=MASK,
    )  # fmt: skip
    drawn = law.sample(streams(size))
    for position in (0, 2, 3):
        p = torch.cat([one.reveal * one.log_p[0, position].exp(), 1.0 - one.reveal])
        counts = torch.bincount(drawn[:, position], minlength=4)
        assert float(((counts - size * p) ** 2 / (size * p)).sum()) < 16.3


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_relaxed_draws_are_the_hard_ones_in_the_forward_pass(temperature: float) -> None:
    law = unmasking(50)
    hard = law.sample(streams(50))
    relaxed = law.rsample(streams(50), temperature=temperature)
    assert torch.equal(relaxed.tokens, hard)
    shown = hard != MASK
    one_hot = torch.nn.functional.one_hot(hard.masked_fill(~shown, 0), 3) * shown.unsqueeze(-1)
    torch.testing.assert_close(relaxed.relaxed, one_hot.double(), atol=1e-12, rtol=0)


def test_relaxed_draws_have_the_gradient_of_the_gumbel_softmax() -> None:
    """d relaxed = d softmax((log p + gumbel) / temperature) at shown positions, 0 elsewhere."""
    logits = torch.randn(6, 4, 3, dtype=F64, requires_grad=True)
    masked, reveal = torch.ones(6, 4, dtype=torch.bool), torch.full((6,), 0.5, dtype=F64)
    weights = torch.randn(6, 4, 3, dtype=F64)
    law = UnmaskingStep(logits.log_softmax(-1), masked, reveal, mask_id=MASK)
    draw = law.rsample(streams(6), temperature=0.7)
    (found,) = torch.autograd.grad((draw.relaxed * weights).sum(), logits)
    noise = streams(6)
    shown = noise.uniform(4) < reveal.unsqueeze(-1)
    soft = ((logits.log_softmax(-1) + noise.gumbel(4, 3)) / 0.7).softmax(-1) * shown.unsqueeze(-1)
    (expected,) = torch.autograd.grad((soft * weights).sum(), logits)
    torch.testing.assert_close(found, expected)


# --- what all share -----------------------------------------------------------------------------

LAWS: dict[str, tuple[Callable[[int], StepDistribution], Tensor]] = {
    "categorical": (
        lambda k: Categorical(torch.randn(5, 4, generator=torch.Generator().manual_seed(k))),
        torch.tensor([0, 1, 2, 3, 0]),
    ),
    "gaussian": (
        lambda k: GaussianStep(
            torch.randn(5, 2, generator=torch.Generator().manual_seed(k)),
            torch.tensor(0.5 + k),
            batch_ndim=1,
        ),
        torch.zeros(5, 2),
    ),
    "unmasking": (lambda k: unmasking(5, seed=k), all_decisions()[:5]),
}


@pytest.mark.parametrize("name", LAWS)
def test_stack_then_narrow_gives_the_single_steps_back(name: str) -> None:
    make, decision = LAWS[name]
    singles = [make(k) for k in range(3)]
    stacked = type(singles[0]).stack(singles)
    repeated = torch.stack([decision] * 3, dim=1)
    together = stacked.log_prob(repeated)
    for step, single in enumerate(singles):
        torch.testing.assert_close(together[:, step], single.log_prob(decision))
        part = stacked.narrow(step, 1)
        torch.testing.assert_close(part.log_prob(repeated[:, :1])[:, 0], single.log_prob(decision))
        torch.testing.assert_close(part.entropy()[:, 0], single.entropy())


@pytest.mark.parametrize("name", LAWS)
def test_kl_to_itself_is_zero_and_to_another_is_positive(name: str) -> None:
    make, _ = LAWS[name]
    zero = make(0).kl(make(0))
    torch.testing.assert_close(zero, torch.zeros_like(zero), atol=1e-6, rtol=0)
    assert bool((make(0).kl(make(1)) > 0).all())
