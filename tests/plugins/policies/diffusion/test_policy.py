"""The record of a diffusion policy is exact, its loss is the bound, guidance reaches both sides."""

from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core import registry
from suite.core.build import check_capabilities
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.rollout import rollout

WORDS = ("red", "blue", "square")


def policy(**settings: Any) -> Policy:
    return registry.make_policy("diffusion/micro", settings)


def captions(*texts: str) -> Context:
    return Context(index=torch.arange(len(texts)), native=tuple({"prompt": one} for one in texts))


def sampled(made: Policy, context: Context) -> Trajectory:
    with torch.no_grad():
        return rollout(made, context, Streams(0, 0, "test", range(len(context))))


SETTINGS = [
    {},
    {"prediction": "epsilon"},
    {"prediction": "v"},
    {"process": "flow", "prediction": "velocity"},
    {"process": "flow", "prediction": "velocity", "sampler": "flow_sde", "eta": 0.7},
    {"words": WORDS, "max_words": 2, "guidance": 2.5},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_replay_gives_the_numbers_of_the_rollout(settings: dict[str, Any]) -> None:
    made = policy(**settings)
    record = sampled(made, captions("red square", "blue", "red", "blue square"))
    law, decision = made.replay(record)
    again, first = made.replay(record)
    assert torch.equal(law.log_prob(decision), again.log_prob(first))
    assert torch.allclose(law.log_prob(decision), record.log_prob, rtol=1e-5, atol=1e-4)
    some, chosen = made.replay(record, torch.tensor([2, 0]))
    assert torch.allclose(some.log_prob(chosen), record.log_prob[:, [2, 0]], rtol=1e-5, atol=1e-4)


def test_a_step_is_the_density_that_it_says() -> None:
    made = policy()
    record = sampled(made, captions("", ""))
    law, decision = made.replay(record)
    mean, std = law.mean, law.std  # type: ignore[attr-defined]
    by_hand = torch.distributions.Normal(mean, std).log_prob(decision).flatten(2).sum(dim=-1)
    assert torch.allclose(law.log_prob(decision), by_hand, rtol=1e-5)


def test_the_bound_is_the_sum_of_the_steps_divergences() -> None:
    """Half the gain in signal-to-noise times the error of x_0 is KL(q(x' | x, x_0), p)."""
    made = policy(weights="bound", drop=0.0)
    torch.manual_seed(0)
    x0, eps = torch.randn(2, 3, 1, 4, 4)
    words = torch.zeros(3, 1, dtype=torch.long)
    for i in range(made.num_steps):
        at = torch.full((3,), i)
        a, s = made.signal[i], made.noise[i]  # type: ignore[index]
        x = a * x0 + s * eps
        guessed, _ = made.clean(x, at, words)  # type: ignore[operator]
        mean, std = made.moments(x, at, words)  # type: ignore[operator]
        right, _ = made._from_guess(x, x0, (x - a * x0) / s, at)  # type: ignore[operator]
        divergence = (((right - mean) / std) ** 2).flatten(1).sum(dim=1) / 2.0
        error = ((guessed - x0) ** 2).flatten(1).sum(dim=1)
        assert torch.allclose(made.step_weights()[i] * error, divergence, rtol=1e-3)  # type: ignore[operator]


def test_equal_streams_give_equal_losses_and_captions_matter() -> None:
    made = policy(words=WORDS, max_words=2, drop=0.0)
    samples = Samples(values=torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(0)))
    losses = [
        made.nll(samples, captions(*texts), Streams(0, 0, "x", range(2)))
        for texts in (("red", "blue"), ("red", "blue"), ("blue", "blue"))
    ]
    assert torch.equal(losses[0], losses[1])
    assert losses[0][0] != losses[2][0]
    assert losses[0][1] == losses[2][1]


def test_guidance_is_the_formula_and_its_gradient_reaches_both_branches() -> None:
    plain = policy(words=WORDS, max_words=2)
    guided = policy(words=WORDS, max_words=2, guidance=3.0)
    x = torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    at, words, none = torch.tensor([1]), torch.tensor([[1, 3]]), torch.zeros(1, 2, dtype=torch.long)
    with_words, _ = plain.clean(x, at, words)  # type: ignore[operator]
    without, _ = plain.clean(x, at, none)  # type: ignore[operator]
    found, _ = guided.clean(x, at, words)  # type: ignore[operator]
    assert torch.allclose(found, without + 3.0 * (with_words - without), atol=1e-5)
    found.sum().backward()
    gradient = guided.network.words.weight.grad  # type: ignore[union-attr]
    assert bool((gradient[[0, 1, 3]].abs().sum(dim=1) > 0).all())  # type: ignore[index]
    assert float(gradient[2].abs().sum()) == 0.0  # type: ignore[index]


def test_an_ode_has_no_scores() -> None:
    made = policy(eta=0.0)
    assert "scores" not in made.capabilities
    algorithm = registry.make_algorithm("policy_gradient", {})
    with pytest.raises(SuiteError, match="scores"):
        check_capabilities("grpo", algorithm, "diffusion/micro", made.capabilities)


def test_gradients_pass_through_the_chain() -> None:
    made = policy()
    streams = Streams(0, 0, "x", range(2))
    state = made.start(captions("", ""), streams)
    for i in range(made.num_steps):
        at = torch.full((2,), i)
        state = made.advance(state, at, made.step(state, at).rsample(streams, temperature=1.0))
    values = made.relaxed_finish(state).values
    assert values is not None
    values.sum().backward()
    assert all(p.grad is not None for n, p in made.named_parameters() if "words" not in n)


def test_saved_weights_come_back(tmp_path: Path) -> None:
    made, other = policy(), policy(seed=1)
    made.save(tmp_path, name="diffusion/micro", settings={})
    other.load(tmp_path)
    assert all(
        torch.equal(a, b) for a, b in zip(made.parameters(), other.parameters(), strict=True)
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"prediction": "v", "process": "flow"}, "cosine"),
        ({"prediction": "velocity"}, "flow"),
        ({"sampler": "flow_sde"}, "flow"),
        ({"guidance": 2.0}, "without captions"),
        ({"size": 5}, "multiple"),
        ({"width": 9}, "multiple"),
    ],
)
def test_settings_that_do_not_fit_are_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        policy(**settings)


def test_an_unknown_word_and_a_long_caption_are_named() -> None:
    made = policy(words=WORDS, max_words=2)
    with pytest.raises(SuiteError, match=r"Did you mean 'red'"):
        made.condition(captions("rad"))
    with pytest.raises(SuiteError, match="3 words"):
        made.condition(captions("red red red"))
    with pytest.raises(SuiteError, match="captions"):
        made.condition(Context(index=torch.arange(1)))
