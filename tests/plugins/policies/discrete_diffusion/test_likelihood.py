"""The bound against its exact expectation, and that against the exact likelihood."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.randomness import Streams
from suite.core.records import Context, Samples

DECODINGS: list[dict[str, Any]] = [{"num_steps": 3}, {"decoding": "one_position"}]


def exact_bound(chain: Any, sample: Tensor) -> Tensor:
    """The bound's expectation: over steps and all 2^L masks, or over all L! orders."""
    policy = chain.policy

    def log_p(hidden: Tensor, t: int) -> Tensor:
        """log p(sample letter) at every position with ``hidden`` [L] masked, [L]."""
        state = sample.masked_fill(hidden, policy.mask_id)
        law: Any = chain.law(t)
        table = law.log_p[chain.place(state)]
        return table.gather(-1, sample.unsqueeze(-1)).squeeze(-1)

    total = torch.zeros((), dtype=torch.float64)
    if policy.config.decoding == "one_position":
        orders = list(itertools.permutations(range(chain.length)))
        for order in orders:
            hidden = torch.ones(chain.length, dtype=torch.bool)
            for t, position in enumerate(order):
                total = total - log_p(hidden, t)[position] / len(orders)
                hidden[position] = False
        return total
    for t in range(policy.num_steps):
        chance = 1.0 - t / policy.num_steps
        for bits in itertools.product([False, True], repeat=chain.length):
            hidden = torch.tensor(bits)
            weight = torch.where(hidden, chance, 1.0 - chance).prod() / (policy.num_steps - t)
            total = total - weight * (log_p(hidden, t) * hidden).sum()
    return total


@pytest.mark.parametrize("config", DECODINGS)
@pytest.mark.parametrize("draws", [1, 4])
def test_draws_of_the_bound_average_to_its_exact_value(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any, draws: int
) -> None:
    """Within five standard errors; the draws' own spread gives the error."""
    chain, sample = make_chain(make_policy(**config)), torch.tensor([2, 0, 1])
    rows = 4000 // draws
    with torch.no_grad():
        drawn = chain.policy.nll(
            Samples(tokens=sample.expand(rows, -1)),
            chain.context(rows),
            chain.streams(rows),
            draws=draws,
        )
        exact = exact_bound(chain, sample)
    error = drawn.std() / rows**0.5
    assert 0 < error < 0.1
    assert abs(drawn.mean() - exact) < 5.0 * error


@pytest.mark.parametrize("config", DECODINGS)
def test_the_bound_is_above_the_exact_nll_of_every_sample(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
) -> None:
    chain = make_chain(make_policy(**config))
    end = chain.marginals()[-1]
    gaps = []
    with torch.no_grad():
        for sample in chain.states[chain.finished()]:
            gaps.append(exact_bound(chain, sample) + end[chain.place(sample)].log())
    gap = torch.stack(gaps)
    assert gap.min() > -1e-6
    assert gap.max() > 1e-3, "letters that depend on each other leave a gap"


@pytest.mark.parametrize("config", DECODINGS)
def test_of_independent_letters_the_bound_is_the_nll(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
) -> None:
    policy = make_policy(**config)
    with torch.no_grad():
        policy.denoiser.head.weight.zero_()
        policy.denoiser.head.bias.copy_(torch.tensor([0.4, -0.3, 0.9]))
        chain = make_chain(policy)
        bound = exact_bound(chain, torch.tensor([2, 0, 1]))
    exact = -torch.log_softmax(policy.denoiser.head.bias, dim=0).sum()
    torch.testing.assert_close(bound, exact.detach())


def test_strata_reduce_the_variance(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any]
) -> None:
    chain, rows = make_chain(make_policy(num_steps=16)), 1000
    samples = Samples(tokens=torch.tensor([2, 0, 1]).expand(rows, -1))
    with torch.no_grad():
        alone = chain.policy.nll(samples, chain.context(rows), chain.streams(rows))
        four = chain.policy.nll(samples, chain.context(rows), chain.streams(rows), draws=4)
    assert four.var() < 0.8 * alone.var() / 4.0


def test_equal_streams_give_equal_masks_and_times(make_policy: Callable[..., Any]) -> None:
    """The difference of two policies is far quieter with shared noise than without."""
    policy, other = make_policy(num_steps=8), make_policy(num_steps=8, seed=5)
    rows = 400
    samples = Samples(tokens=torch.tensor([2, 0, 1]).expand(rows, -1))
    context = Context(index=torch.zeros(rows, dtype=torch.long))

    def nll(model: Any, purpose: str) -> Tensor:
        with torch.no_grad():
            drawn: Tensor = model.nll(samples, context, Streams(0, 0, purpose, range(rows)))
        return drawn

    assert torch.equal(nll(policy, "a"), nll(policy, "a"))
    shared = (nll(policy, "a") - nll(other, "a")).var()
    separate = (nll(policy, "a") - nll(other, "b")).var()
    assert shared < 0.5 * separate


def test_the_gradient_of_the_bound_is_its_finite_difference(
    make_policy: Callable[..., Any],
) -> None:
    policy = make_policy(num_steps=4)
    samples = Samples(tokens=torch.tensor([[2, 0, 1], [1, 1, 0]]))
    context = Context(index=torch.zeros(2, dtype=torch.long))

    def bound() -> Tensor:
        nll: Tensor = policy.nll(samples, context, Streams(0, 0, "x", range(2)), draws=4).sum()
        return nll

    bound().backward()
    weight = policy.denoiser.letters
    assert weight.grad is not None
    for place in [(0, 1), (3, 4)]:
        with torch.no_grad():
            weight[place] += 1e-6
            above = bound()
            weight[place] -= 2e-6
            below = bound()
            weight[place] += 1e-6
        torch.testing.assert_close(weight.grad[place], (above - below) / 2e-6, rtol=1e-5, atol=1e-7)
