"""Re-scoring: chunks, recomputation and gradients on or off change nothing but memory.

Shapes: B samples, T decisions.
"""

import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import scoring
from suite.core.distributions import Categorical
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory
from suite.core.registry import make_policy
from suite.core.rollout import rollout
from suite.core.scoring import StepScores, score
from suite.domains.robotics.gym import GymEnvironment

NAMES = ("micro/token", "micro/gaussian", "micro/unmasking", "micro/gflownet", "micro/actor")
SIZE = 12


def sampled(name: str, **settings: object) -> tuple[Policy, Policy, Trajectory]:
    """A policy, a reference that differs from it, and a record of the policy."""
    policy = make_policy(name, settings)
    torch.manual_seed(1)
    reference = policy.reference_copy()
    for weight in reference.parameters():
        weight.add_(0.3 * torch.randn_like(weight))
    environment = None
    if name == "micro/actor":
        environment = GymEnvironment(id="CartPole-v1", max_steps=30)
    context = Context(index=torch.zeros(SIZE, dtype=torch.long))
    streams = Streams(0, 0, "train", range(SIZE))
    return policy, reference, rollout(policy, context, streams, environment=environment)


def columns(scores: StepScores) -> list[Tensor]:
    found = [scores.log_prob, scores.kl, scores.entropy]
    return [column for column in found if column is not None]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rows_a_chunk", [1, SIZE, 3 * SIZE, 10_000])
def test_chunks_of_any_size_give_the_same_scores(name: str, rows_a_chunk: int) -> None:
    policy, reference, record = sampled(name)
    law, decision = policy.replay(record)
    other, _ = reference.replay(record)
    plain = [law.log_prob(decision), law.kl(other), law.entropy()]
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients):
            found = score(
                policy, record, reference=reference, entropy=True, rows_a_chunk=rows_a_chunk
            )
        for ours, expected in zip(columns(found), plain, strict=True):
            kept = torch.where(record.mask, expected, torch.zeros_like(expected))
            torch.testing.assert_close(ours, kept, atol=1e-5, rtol=1e-5)
        assert found.log_prob.requires_grad is gradients


@pytest.mark.parametrize("name", NAMES)
def test_replayed_log_probs_equal_those_of_sampling(name: str) -> None:
    policy, _, record = sampled(name)
    with torch.no_grad():
        torch.testing.assert_close(
            score(policy, record).log_prob, record.log_prob, atol=1e-5, rtol=1e-5
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_ratio_is_exactly_one_before_the_first_update(name: str) -> None:
    """Old log-probs without gradient and new ones with it come from the same arithmetic."""
    policy, _, record = sampled(name)
    with torch.no_grad():
        old = score(policy, record).log_prob
    new = score(policy, record).log_prob
    assert torch.equal((new - old).exp(), torch.ones_like(new))


def gradients(policy: Policy, make: Callable[[], Tensor]) -> list[Tensor]:
    weights = [w for w in policy.parameters() if w.requires_grad]
    return list(torch.autograd.grad(make(), weights))


@pytest.mark.parametrize("name", ["micro/token", "micro/gaussian", "micro/unmasking"])
def test_chunked_gradients_equal_plain_ones_in_float64(name: str) -> None:
    policy, reference, record = sampled(name)
    policy, reference = policy.double(), reference.double()
    if name == "micro/gaussian":
        record = rollout_in_double(record)
    weights = torch.randn(SIZE, record.num_steps, dtype=torch.float64)

    def plain() -> Tensor:
        law, decision = policy.replay(record)
        other, _ = reference.replay(record)
        return (weights * (law.log_prob(decision) + 0.5 * law.kl(other) - law.entropy())).sum()

    def chunked() -> Tensor:
        found = score(policy, record, reference=reference, entropy=True, rows_a_chunk=SIZE)
        assert found.kl is not None
        assert found.entropy is not None
        return (weights * (found.log_prob + 0.5 * found.kl - found.entropy)).sum()

    for ours, expected in zip(gradients(policy, chunked), gradients(policy, plain), strict=True):
        torch.testing.assert_close(ours, expected, atol=1e-10, rtol=1e-8)


def rollout_in_double(record: Trajectory) -> Trajectory:
    decisions = {key: value.double() for key, value in record.decisions.items()}
    return Trajectory(**{**vars(record), "decisions": decisions})


@pytest.mark.parametrize("name", NAMES)
def test_chosen_steps_are_columns_of_all_steps(name: str) -> None:
    policy, reference, record = sampled(name)
    steps = torch.tensor([0, 2, 3])
    whole = columns(score(policy, record, reference=reference, entropy=True))
    part = columns(score(policy, record, reference=reference, entropy=True, steps=steps))
    for ours, expected in zip(part, whole, strict=True):
        torch.testing.assert_close(ours, expected[:, steps], atol=1e-6, rtol=1e-6)


def test_scores_are_exactly_zero_outside_the_mask() -> None:
    policy, reference, record = sampled("micro/gflownet")
    assert not bool(record.mask.all()), "some strings must end early, or nothing is tested"
    for column in columns(score(policy, record, reference=reference, entropy=True)):
        assert bool((column[~record.mask] == 0).all())
        assert bool(torch.isfinite(column).all())


def test_the_reference_gets_no_gradient() -> None:
    policy, reference, record = sampled("micro/unmasking")
    kl = score(policy, record, reference=reference).kl
    assert kl is not None
    kl.sum().backward()
    assert all(weight.grad is None for weight in reference.parameters())
    assert any(bool(weight.grad.abs().sum() > 0) for weight in policy.parameters())  # type: ignore[union-attr]


def saved_bytes(make: Callable[[], Tensor], backward: bool = True) -> int:
    """The most bytes of activations that autograd holds at once, weights left out."""
    alive, peak = 0, 0

    class Held:
        def __init__(self, tensor: Tensor) -> None:
            nonlocal alive, peak
            self.tensor, self.size = tensor, tensor.numel() * tensor.element_size()
            alive += self.size
            peak = max(peak, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Held, lambda held: held.tensor):
        total = make()
        if backward:
            total.backward()  # type: ignore[no-untyped-call]
    return peak


def summed(policy: Policy, record: Trajectory) -> Tensor:
    return score(policy, record, rows_a_chunk=SIZE).log_prob.sum()


@pytest.mark.parametrize("name", ["micro/gaussian", "micro/unmasking"])
def test_memory_of_a_sum_over_steps_is_flat_in_their_number(name: str) -> None:
    """Eight times the steps, and what is held grows by the few numbers a step that scores are."""

    def chunked(num_steps: int) -> int:
        policy, _, record = sampled(name, num_steps=num_steps, width=64)
        return saved_bytes(lambda: summed(policy, record))

    def plain(num_steps: int) -> int:
        policy, _, record = sampled(name, num_steps=num_steps, width=64)

        def make() -> Tensor:
            law, decision = policy.replay(record)
            return law.log_prob(decision).sum()

        return saved_bytes(make)

    few, many = chunked(8), chunked(64)
    grown = plain(64) - plain(8)
    assert grown > 100_000, "the plain sum must grow, or the comparison shows nothing"
    assert many - few < 0.05 * grown, (few, many, grown)


@pytest.mark.parametrize("name", ["micro/token", "micro/gaussian", "micro/unmasking"])
def test_a_references_laws_are_made_again_once_they_fill_their_room(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same scores and gradients; without room no chunk but the first keeps its law."""
    found = {}
    for room in (scoring.KEPT_BYTES, 1):
        monkeypatch.setattr(scoring, "KEPT_BYTES", room)
        policy, reference, record = sampled(name)
        policy.requires_grad_(requires_grad=True)
        made: list[weakref.ref[Any]] = []
        real = reference.replay

        def noted(*given: Any, real: Any = real, made: Any = made) -> Any:
            law, decision = real(*given)
            made.append(weakref.ref(law))
            return law, decision

        monkeypatch.setattr(reference, "replay", noted)
        scores = score(policy, record, reference=reference, rows_a_chunk=SIZE)
        assert scores.kl is not None
        alive = sum(law() is not None for law in made)
        forwards = len(made)
        (scores.kl.sum() + scores.log_prob.sum()).backward()
        gradients = [weight.grad for weight in policy.parameters()]
        found[room] = (scores.kl.detach(), gradients, alive, forwards, len(made))
    (kl, kept_gradients, alive, forwards, in_all), (other_kl, gradients, *counts) = found.values()
    steps = len(record.mask[0])
    if not policy.replays_whole:
        assert (alive, forwards, in_all) == (steps, steps, steps)
        assert counts == [1, steps, 2 * steps - 1]
    assert torch.equal(kl, other_kl)
    for ours, theirs in zip(gradients, kept_gradients, strict=True):
        assert torch.equal(ours, theirs)


def test_the_bytes_of_a_law_are_those_of_its_tensors() -> None:
    law = Categorical(torch.zeros(2, 3, 4))
    assert scoring.num_bytes(law) == 2 * 3 * 4 * 4
