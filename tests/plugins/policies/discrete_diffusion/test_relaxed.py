"""Straight-through rollouts: the hard chain, its exact KL, and gradients that can be checked."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.relaxed import relaxed_rollout
from suite.core.rollout import rollout
from suite.core.scoring import score

ROWS = 12
CONFIGS: list[dict[str, Any]] = [
    {"num_steps": 6, "length": 4},
    {"decoding": "one_position", "length": 6, "network": "transformer"},
    {"num_steps": 4, "length": 5, "network": "backbone", "num_neighbours": 3},
    {"num_steps": 4, "num_classes": 2, "guidance": 1.0, "fixed": {0: 1}, "allowed": {1: [0, 2]}},
]


def asked(policy: Any) -> Context:
    generator = torch.Generator().manual_seed(1)
    length = policy.config.length
    backbone = 4.0 * torch.randn(3, length, 4, 3, generator=generator, dtype=torch.float64)
    present = torch.ones(ROWS, length, dtype=torch.bool)
    present[::3, -1] = False
    return Context(
        index=torch.arange(ROWS) // 4,
        data={
            "backbone": backbone.repeat_interleave(4, 0),
            "mask": present,
            "label": torch.arange(ROWS) % 3 - 1,
        },
    )


def streams() -> Streams:
    return Streams(0, 0, "x", range(ROWS))


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("last", [0, 2, 9])
def test_hard_samples_and_kl_are_those_of_the_rollout(
    make_policy: Callable[..., Any], config: Any, last: int
) -> None:
    """The reference has another encoder, so that a state must not lend it the policy's."""
    policy, reference = make_policy(**config), make_policy(**{**config, "seed": 9})
    context = asked(policy)
    record = rollout(policy, context, streams())
    relaxed = relaxed_rollout(
        policy, context, streams(), last=last, temperature=0.5, reference=reference
    )
    assert relaxed.sample.tokens is not None
    assert relaxed.sample.relaxed is not None
    assert record.sample.tokens is not None
    assert torch.equal(relaxed.sample.tokens, record.sample.tokens)
    hot = torch.nn.functional.one_hot(record.sample.tokens, policy.mask_id)
    torch.testing.assert_close(relaxed.sample.relaxed, hot.to(relaxed.sample.relaxed))
    exact = score(policy, record, reference=reference).kl
    assert exact is not None
    torch.testing.assert_close(relaxed.kl, exact.sum(dim=1))
    prefix = max(0, policy.num_steps - last)
    torch.testing.assert_close(relaxed.prefix_kl, exact[:, :prefix].sum(dim=1), check_dtype=False)
    assert exact.sum(dim=1).min() > 1e-3


@pytest.mark.parametrize("config", CONFIGS)
def test_the_gradient_of_the_kls_integrand_is_its_finite_difference(
    make_policy: Callable[..., Any], config: Any
) -> None:
    """With K = 0 the KL's gradient is that of its integrand on the recorded states.

    At fixed noise the hard path does not move with the weights, so finite differences can see it.
    """
    policy, reference = make_policy(**config), make_policy(**{**config, "seed": 9})
    context = asked(policy)
    record = rollout(policy, context, streams())
    relaxed_rollout(
        policy, context, streams(), last=0, temperature=0.5, reference=reference
    ).kl.sum().backward()

    def integrand() -> Tensor:
        with torch.no_grad():
            kl = score(policy, record, reference=reference).kl
        assert kl is not None
        return kl.sum()

    for name, weight in policy.named_parameters():
        if weight.grad is None or weight.grad.abs().max() == 0.0:
            continue
        steepest = int(weight.grad.abs().argmax())
        flat = weight.data.view(-1)
        before = flat[steepest].item()
        flat[steepest] = before + 1e-5
        above = integrand()
        flat[steepest] = before - 1e-5
        slope = (above - integrand()) / 2e-5
        flat[steepest] = before
        expected = weight.grad.view(-1)[steepest]
        torch.testing.assert_close(
            expected, slope, rtol=1e-4, atol=1e-6, msg=lambda m, n=name: n + m
        )


@pytest.mark.parametrize("config", CONFIGS)
def test_recomputed_gradients_are_those_of_the_plain_chain(
    make_policy: Callable[..., Any], config: Any
) -> None:
    """The same straight-through chain written out without checkpoints, and differentiated."""
    policy, reference = make_policy(**config), make_policy(**{**config, "seed": 9})
    context, last = asked(policy), 3

    def plain() -> tuple[Tensor, Tensor]:
        noise, kl = streams(), torch.zeros(ROWS, dtype=torch.float64)
        state, frozen = policy.start(context, noise), reference.condition(context)
        for index in range(policy.num_steps):
            t = torch.full((ROWS,), index)
            law = policy.step(state, t)
            with torch.no_grad():
                other = reference.step({**state, **frozen}, t)
            kl = kl + law.kl(other)
            if index < policy.num_steps - last:
                decision = law.sample(noise)
            else:
                decision = law.rsample(noise, temperature=0.5)
            state = policy.advance(state, t, decision)
        return policy.relaxed_finish(state).relaxed, kl

    def gradients(relaxed: Tensor, kl: Tensor) -> dict[str, Tensor]:
        policy.zero_grad(set_to_none=True)
        weights = torch.linspace(-1.0, 1.0, relaxed.shape[-1], dtype=torch.float64)
        reward = ((relaxed @ weights).cumsum(dim=1) ** 2).sum()
        (reward + 0.3 * kl.sum()).backward()
        return {n: p.grad.clone() for n, p in policy.named_parameters() if p.grad is not None}

    expected = gradients(*plain())
    rolled = relaxed_rollout(
        policy, context, streams(), last=last, temperature=0.5, reference=reference
    )
    assert rolled.sample.relaxed is not None
    found = gradients(rolled.sample.relaxed, rolled.kl)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=lambda m, n=name: n + m)
    assert all(p.grad is None for p in reference.parameters())


def test_the_reward_reaches_weights_through_the_last_step_alone(
    make_policy: Callable[..., Any],
) -> None:
    """With K = 1 and T = 1 the straight-through gradient is that of a Gumbel-softmax, by hand."""
    policy = make_policy(num_steps=1)
    context = Context(index=torch.zeros(2, dtype=torch.long))
    sample = relaxed_rollout(
        policy, context, Streams(0, 0, "x", range(2)), last=1, temperature=0.5
    ).sample
    assert sample.relaxed is not None
    sample.relaxed[..., 0].sum().backward()
    found = policy.denoiser.head.bias.grad
    noise = Streams(0, 0, "x", range(2))
    noise.uniform(3)
    state = policy.start(context, noise)
    with torch.no_grad():
        log_p = policy.step(state, torch.zeros(2, dtype=torch.long)).log_p
    soft = torch.softmax((log_p + noise.gumbel(3, 3)) / 0.5, dim=-1)
    indicator = torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64)
    # d soft_0 / d log p = soft_0 (indicator - soft) / tau; log_softmax then takes off its mean.
    through = soft[..., :1] * (indicator - soft) / 0.5
    expected = through - log_p.exp() * through.sum(dim=-1, keepdim=True)
    torch.testing.assert_close(found, expected.sum(dim=(0, 1)))


def test_random_prefix_steps_are_unbiased(make_policy: Callable[..., Any]) -> None:
    """The mean over every choice of two of the four prefix steps is the whole prefix's KL."""
    config = {"num_steps": 6, "length": 4}
    policy, reference = make_policy(**config), make_policy(**{**config, "seed": 9})
    context = asked(policy)

    def prefix_kl(steps: list[int] | None) -> Tensor:
        chosen = None if steps is None else torch.tensor(steps)
        with torch.no_grad():
            return relaxed_rollout(
                policy, context, streams(), last=2, temperature=1.0, reference=reference,
                kl_steps=chosen,
            ).prefix_kl  # fmt: skip

    pairs = torch.combinations(torch.arange(4)).tolist()
    mean = torch.stack([prefix_kl(pair) for pair in pairs]).mean(dim=0)
    torch.testing.assert_close(mean, prefix_kl(None))
    assert not torch.allclose(prefix_kl([0, 1]), prefix_kl(None), rtol=0.05)
