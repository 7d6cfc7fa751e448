"""Where letters repeat the network is asked once, and nothing else changes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.policy import with_condition
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.rollout import rollout, rollout_in_batches
from suite.core.scoring import score
from suite.plugins.policies.discrete_diffusion.repeats import first_of_equals, round_up
from suite.testing import check_policy

ROWS = 32
CONFIG = {"length": 4, "num_steps": 12}


def asked(**data: Any) -> Context:
    return Context(index=torch.arange(ROWS), data=data)


def streams() -> Streams:
    return Streams(0, 0, "x", range(ROWS))


class Counter:
    """Rows that a denoiser was asked for."""

    def __init__(self, policy: Any) -> None:
        self.rows = 0
        policy.denoiser.register_forward_pre_hook(self._count)

    def _count(self, module: Any, inputs: Any) -> None:
        self.rows += len(inputs[0])


def test_rollouts_and_replays_agree_with_a_loop_that_always_asks(
    make_policy: Callable[..., Any],
) -> None:
    policy = make_policy(**CONFIG)
    counter = Counter(policy)
    record = rollout(policy, asked(), streams())
    rolled = counter.rows
    scored = score(policy, record, entropy=True)
    replayed = counter.rows - rolled
    noise, state, log_prob = streams(), None, []
    state = policy.start(asked(), noise)
    for index in range(policy.num_steps):
        t = torch.full((ROWS,), index)
        law = policy.step(state, t)
        decision = law.sample(noise)
        log_prob.append(law.log_prob(decision))
        state = policy.advance(state, t, decision)
    assert record.sample.tokens is not None
    assert torch.equal(record.sample.tokens, state["tokens"])
    torch.testing.assert_close(record.log_prob, torch.stack(log_prob, dim=1))
    torch.testing.assert_close(scored.log_prob, record.log_prob)
    everything = ROWS * policy.num_steps
    # A row reveals 4 letters in 12 steps, so that at most 5 of its 12 states differ.
    assert rolled < 0.6 * everything
    assert replayed < 0.6 * everything


@pytest.mark.parametrize("config", [{"time_conditioning": True}, {"network": "backbone"}])
def test_networks_whose_answer_changes_or_whose_features_are_large_are_always_asked(
    make_policy: Callable[..., Any], config: Any
) -> None:
    policy = make_policy(**CONFIG, **config)
    counter = Counter(policy)
    backbone = torch.randn(ROWS, 4, 4, 3, dtype=torch.float64)
    record = rollout(policy, asked(backbone=backbone), streams())
    assert counter.rows == ROWS * policy.num_steps
    scored = score(policy, record)
    torch.testing.assert_close(scored.log_prob, record.log_prob)


def test_equal_neighbours_are_asked_once_and_counts_are_rounded_up() -> None:
    states = torch.tensor([[[0, 1], [0, 1], [2, 1]], [[3, 3], [3, 3], [3, 3]]])
    assert first_of_equals(states).tolist() == [[True, False, True], [True, False, False]]
    for size in (1, 7, 8, 40, 256):
        chosen = torch.zeros(size, dtype=torch.bool)
        chosen[: size // 3 + 1] = True
        more = round_up(chosen)
        assert (more & chosen).sum() == chosen.sum()
        assert int(more.sum()) % max(1, size // 8) == 0
        assert int(more.sum() - chosen.sum()) < max(1, size // 8)


def test_a_record_is_encoded_once_whatever_the_chunks(
    make_policy: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = make_policy(**CONFIG, network="backbone")
    trunk, calls = policy.denoiser.trunk, []
    encode = trunk.encode

    def counted(*arguments: Any) -> Any:
        calls.append(1)
        return encode(*arguments)

    monkeypatch.setattr(trunk, "encode", counted)
    context = asked(backbone=torch.randn(ROWS, 4, 4, 3, dtype=torch.float64))
    record = rollout(policy, context, streams())
    assert len(calls) == 1
    score(policy, record, rows_a_chunk=ROWS).log_prob.sum().backward()
    assert len(calls) == 2
    assert with_condition(policy, with_condition(policy, context)).data.keys() > context.data.keys()
    assert len(calls) == 3


def test_batches_that_end_early_are_padded_in_steps_and_not_in_letters(
    make_policy: Callable[..., Any],
) -> None:
    """Rows of three letters take three steps, which is not a reason to widen [B, L] letters."""
    policy = make_policy(decoding="one_position", length=5)
    lengths = torch.tensor([3] * 4 + [5] * 4)
    context = Context(index=torch.arange(8), data={"mask": torch.arange(5) < lengths.unsqueeze(1)})
    whole = rollout(policy, context, Streams(0, 0, "x", range(8)))
    parts = rollout_in_batches(policy, context, Streams(0, 0, "x", range(8)), batch_size=4)
    for key, value in whole.decisions.items():
        assert torch.equal(parts.decisions[key], value)
    assert torch.equal(parts.mask, whole.mask)
    assert whole.mask.sum(dim=1).tolist() == lengths.tolist()
    torch.testing.assert_close(score(policy, parts).log_prob, whole.log_prob)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"network": "transformer"},
        {"network": "backbone"},
        {"decoding": "one_position"},
        {"num_classes": 2, "guidance": 1.0},
    ],
)
def test_policies_pass_the_conformance_kit(
    make_policy: Callable[..., Any], config: dict[str, Any]
) -> None:
    steps = {} if "decoding" in config else {"num_steps": 4}
    policy = make_policy(length=5, **steps, **config).float()
    data = {"backbone": 4.0 * torch.randn(6, 5, 4, 3), "label": torch.arange(6) % 3 - 1}
    check_policy(policy, Context(index=torch.arange(6), data=data))
