"""Relaxed rollouts: the hard chain is the policy's own, and the KL and gradients are its KL's.

Shapes: N rows, T decisions, K relaxed steps.
"""

import itertools
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from suite.core.distributions import GaussianStep, StepDistribution
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.registry import make_policy
from suite.core.relaxed import RelaxedRollout, relaxed_rollout
from suite.core.rollout import rollout
from suite.core.scoring import score

SIZE = 10
NAMES = ("micro/gaussian", "micro/unmasking")


def pair(name: str, **settings: object) -> tuple[Policy, Policy]:
    """A policy and a reference that differs from it."""
    policy = make_policy(name, {"num_steps": 6, **settings})
    torch.manual_seed(1)
    reference = policy.reference_copy()
    for weight in reference.parameters():
        weight.add_(0.3 * torch.randn_like(weight))
    return policy, reference


def context(size: int = SIZE) -> Context:
    return Context(index=torch.zeros(size, dtype=torch.long))


def streams(size: int = SIZE) -> Streams:
    return Streams(0, 0, "train", range(size))


def relaxed(policy: Policy, last: int, **more: object) -> RelaxedRollout:
    return relaxed_rollout(
        policy, context(), streams(), last=last, temperature=0.7, **more  # type: ignore[arg-type]
    )  # fmt: skip


def same_path(policy: Policy) -> Trajectory:
    return rollout(policy, context(), streams())


@pytest.mark.parametrize("last", [1, 3, 6, 50])
@pytest.mark.parametrize("name", NAMES)
def test_hard_samples_equal_those_of_a_plain_rollout(name: str, last: int) -> None:
    policy, _ = pair(name)
    plain, found = same_path(policy).sample, relaxed(policy, last).sample
    if plain.tokens is not None:
        assert found.tokens is not None
        assert found.relaxed is not None
        assert torch.equal(found.tokens, plain.tokens)
        corners = torch.nn.functional.one_hot(plain.tokens, 4).float()
        torch.testing.assert_close(found.relaxed.detach(), corners, atol=1e-6, rtol=0)
    else:
        torch.testing.assert_close(found.tensor, plain.tensor)


@pytest.mark.parametrize("last", [1, 3, 6])
@pytest.mark.parametrize("name", NAMES)
def test_the_kl_is_that_of_scoring_the_same_trajectory(name: str, last: int) -> None:
    policy, reference = pair(name)
    found = relaxed(policy, last, reference=reference)
    with torch.no_grad():
        kl = score(policy, same_path(policy), reference=reference).kl
    assert kl is not None
    torch.testing.assert_close(found.kl.detach(), kl.sum(dim=1), atol=1e-5, rtol=1e-4)
    first = kl[:, : 6 - last].sum(dim=1)
    torch.testing.assert_close(found.prefix_kl.detach(), first, atol=1e-5, rtol=1e-4)
    assert float(kl.sum()) > 0.1, "two equal policies would show nothing"


def test_without_a_reference_the_kl_is_zero() -> None:
    policy, _ = pair("micro/unmasking")
    assert float(relaxed(policy, 3).kl.abs().sum()) == 0.0


# --- gradients ----------------------------------------------------------------------------------


def in_double(name: str) -> tuple[Policy, Policy]:
    policy, reference = pair(name, width=6)
    return policy.double(), reference.double()


class DoubleStreams(Streams):
    """The same numbers in double precision, so that finite differences have room."""

    def normal(self, *shape: int) -> Tensor:
        return super().normal(*shape).double()

    def uniform(self, *shape: int) -> Tensor:
        return super().uniform(*shape).double()


def objective(policy: Policy, reference: Policy, last: int) -> Tensor:
    """A smooth function of sample and KL, as a pathwise loss is."""
    found = relaxed_rollout(
        policy, context(), DoubleStreams(0, 0, "train", range(SIZE)), last=last, temperature=0.7,
        reference=reference,
    )  # fmt: skip
    goal = found.sample.tensor
    return (goal**2).sum() + 0.3 * (goal[:, 0] * goal[:, 1]).sin().sum() + 0.2 * found.kl.sum()


def test_the_whole_gaussian_chain_has_the_gradient_of_finite_differences() -> None:
    """With K = T nothing is detached but the reference's reading of the states.

    So the reference of this test reads none: its law is the same in every state.
    """
    policy, reference = in_double("micro/gaussian")
    std = reference.get_buffer("std")

    def constant(x: Tensor, step: Tensor, *, batch_ndim: int) -> GaussianStep:
        return GaussianStep(
            0.3 * torch.ones_like(x), std[step].unsqueeze(-1), batch_ndim=batch_ndim
        )

    reference._law = constant  # type: ignore[assignment]
    found = torch.autograd.grad(objective(policy, reference, 6), list(policy.parameters()))
    largest = 0.0
    with torch.no_grad():
        for weight, gradient in zip(policy.parameters(), found, strict=True):
            for place in range(0, weight.numel(), max(1, weight.numel() // 3)):
                flat, step = weight.view(-1), 1e-5
                kept = float(flat[place])
                flat[place] = kept + step
                above = float(objective(policy, reference, 6))
                flat[place] = kept - step
                below = float(objective(policy, reference, 6))
                flat[place] = kept
                expected = (above - below) / (2 * step)
                largest = max(largest, abs(expected))
                assert abs(float(gradient.view(-1)[place]) - expected) < 1e-5 * (1 + abs(expected))
    assert largest > 1.0


def naive(policy: Policy, reference: Policy, last: int) -> tuple[Samples, Tensor]:
    """The same estimator as one plain loop: every activation kept, nothing recomputed."""
    noise = DoubleStreams(0, 0, "train", range(SIZE))
    state = policy.start(context(), noise)
    total = torch.zeros(SIZE, dtype=torch.float64)
    for index in range(policy.num_steps):
        t = torch.full((SIZE,), index)
        law = policy.step(state, t)
        with torch.no_grad():
            hard = {key: value.detach() for key, value in state.items()}
            other: StepDistribution = reference.step(hard, t)
        total = total + law.kl(other)
        if index < policy.num_steps - last:
            with torch.no_grad():
                state = policy.advance(state, t, law.sample(noise))
        else:
            state = policy.advance(state, t, law.rsample(noise, temperature=0.7))
    return policy.relaxed_finish(state), total


@pytest.mark.parametrize("last", [1, 3, 6])
@pytest.mark.parametrize("name", NAMES)
def test_recomputed_gradients_equal_those_of_a_plain_loop(name: str, last: int) -> None:
    policy, reference = in_double(name)
    weights = list(policy.parameters())

    def total(sample: Samples, kl: Tensor) -> Tensor:
        view = sample.relaxed if sample.relaxed is not None else sample.tensor
        return (view * torch.linspace(-1, 1, view[0].numel()).view(view[0].shape)).sum() + kl.sum()

    sample, kl = naive(policy, reference, last)
    expected = torch.autograd.grad(total(sample, kl), weights)
    rolled = relaxed_rollout(
        policy, context(), DoubleStreams(0, 0, "train", range(SIZE)), last=last, temperature=0.7,
        reference=reference,
    )  # fmt: skip
    found = torch.autograd.grad(total(rolled.sample, rolled.kl), weights)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-7)
    assert max(float(g.abs().max()) for g in expected) > 0.1


@pytest.mark.parametrize("name", NAMES)
def test_a_random_choice_of_kl_steps_is_unbiased(name: str) -> None:
    """Averaged over all choices of 2 of 4 prefix steps, value and gradient are those of all 4."""
    policy, reference = pair(name)
    weights = list(policy.parameters())

    def kl(steps: Tensor | None) -> tuple[Tensor, list[Tensor]]:
        found = relaxed(policy, 2, reference=reference, kl_steps=steps)
        return found.kl.detach(), list(torch.autograd.grad(found.kl.sum(), weights))

    whole, whole_gradient = kl(None)
    choices = [torch.tensor(pick) for pick in itertools.combinations(range(4), 2)]
    parts = [kl(choice) for choice in choices]
    mean = torch.stack([value for value, _ in parts]).mean(dim=0)
    torch.testing.assert_close(mean, whole, atol=1e-5, rtol=1e-4)
    for index, expected in enumerate(whole_gradient):
        average = torch.stack([gradient[index] for _, gradient in parts]).mean(dim=0)
        torch.testing.assert_close(average, expected, atol=1e-5, rtol=1e-3)
    assert any(not torch.allclose(value, whole, atol=1e-3) for value, _ in parts)


def test_the_reference_gets_no_gradient() -> None:
    policy, reference = pair("micro/unmasking")
    relaxed(policy, 3, reference=reference).kl.sum().backward()  # type: ignore[no-untyped-call]
    assert all(weight.grad is None for weight in reference.parameters())


@dataclass
class Counter:
    calls: int = 0

    def __call__(self, *_: object) -> None:
        self.calls += 1


def test_the_kl_costs_no_further_forward_of_the_policy_while_sampling() -> None:
    policy, reference = pair("micro/unmasking")
    counts = {}
    for name, other in (("with", reference), ("without", None)):
        counter = Counter()
        hook = policy.network.register_forward_hook(counter)  # type: ignore[union-attr]
        relaxed(policy, 2, reference=other)
        hook.remove()
        counts[name] = counter.calls
    assert counts["with"] == counts["without"] == 6
