"""A row that is over makes room for one that waits, and nothing else changes."""

from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.policy import State
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory
from suite.core.rollout import rollout, rollout_in_batches
from suite.plugins.policies.causal_lm.policy import CausalLM
from suite.testing import check_policy

ROWS = 24
ASKED = [("1+2=", "12-3-4=", "7", "10+10=")[i % 4] for i in range(ROWS)]


def context(order: list[int] | range = range(ROWS)) -> Context:
    return Context(index=torch.tensor(order), native=tuple({"prompt": ASKED[i]} for i in order))


def streams(order: list[int] | range = range(ROWS)) -> Streams:
    return Streams(0, 0, "rollout", order)


class Counted(CausalLM):
    """Counts the rows that each step and each start sees."""

    def __init__(self, *parts: Any, **settings: Any) -> None:
        super().__init__(*parts, **settings)
        self.steps: list[int] = []
        self.starts: list[int] = []

    def start(self, context: Context, streams: Streams) -> State:
        self.starts.append(len(context))
        return super().start(context, streams)

    def advance(self, state: State, t: Tensor, decision: Any) -> State:
        self.steps.append(len(t))
        return super().advance(state, t, decision)


@pytest.fixture
def policy() -> Counted:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 14}).double()
    assert isinstance(made, CausalLM)
    with torch.no_grad():  # ends are likely, so that lengths differ
        head = made.model.get_output_embeddings().weight
        head[made.end] += 3 * head.std()
    return Counted(made.model, made.tokenizer, num_steps=14, max_prompt=made.max_prompt)


def same_rows(found: Trajectory, whole: Trajectory, order: list[int] | range) -> None:
    rows = torch.tensor(order)
    steps = found.num_steps
    assert found.sample.native == tuple((whole.sample.native or ())[i] for i in order)
    assert found.seed_index.tolist() == list(order)
    assert torch.equal(found.mask, whole.mask[rows, :steps])
    assert not bool(whole.mask[rows, steps:].any())
    tokens = whole.decisions["decision"][rows, :steps]
    assert torch.equal(found.decisions["decision"], tokens)
    difference = found.log_prob - whole.log_prob[rows, :steps]
    assert float(difference.abs().max()) < 1e-10


@pytest.mark.parametrize("width", [1, 3, 8, 23, 24, 100])
def test_any_number_of_slots_gives_the_same_samples(policy: Counted, width: int) -> None:
    whole = rollout(policy, context(), streams())
    lengths = whole.mask.sum(dim=1)
    assert int(lengths.min()) < int(lengths.max())
    same_rows(
        rollout_in_batches(policy, context(), streams(), batch_size=width), whole, range(ROWS)
    )


def test_the_order_of_rows_changes_no_sample(policy: Counted) -> None:
    whole = rollout(policy, context(), streams())
    order = [int(i) for i in torch.randperm(ROWS, generator=torch.Generator().manual_seed(1))]
    found = rollout_in_batches(policy, context(order), streams(order), batch_size=5)
    same_rows(found, whole, order)


def test_slots_stay_full_until_nobody_waits_and_then_shrink(policy: Counted) -> None:
    whole = rollout(policy, context(), streams())
    policy.steps, policy.starts = [], []
    rollout_in_batches(policy, context(), streams(), batch_size=8)
    assert policy.starts[0] == 8
    assert sum(policy.starts) == ROWS
    assert len(policy.starts) > 2  # rows came in as others went, and not batch by batch
    assert policy.steps[-1] < 8
    decisions = int(whole.mask.sum())
    batches = sum(8 * int(part.sum(dim=1).max()) for part in whole.mask.split(8))
    assert decisions <= sum(policy.steps) < batches


def test_groups_are_kept(policy: Counted) -> None:
    group = torch.arange(ROWS) // 4
    found = rollout_in_batches(policy, context(), streams(), batch_size=5, group=group)
    assert torch.equal(found.group, group)
    assert rollout_in_batches(policy, context(), streams(), batch_size=5).group.tolist() == list(
        range(ROWS)
    )


def test_a_nucleus_records_its_own_law_in_slots() -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 10, "top_p": 0.5}).double()
    whole = rollout(made, context(), streams())
    found = rollout_in_batches(made, context(), streams(), batch_size=5)
    assert found.behaviour_log_prob is not None
    assert whole.behaviour_log_prob is not None
    difference = found.behaviour_log_prob - whole.behaviour_log_prob[:, : found.num_steps]
    assert float(difference.abs().max()) < 1e-10


def test_the_family_keeps_the_contract_of_policies() -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 8})
    assert made.refills
    check_policy(made, context(range(6)))
