"""Best-of-n keeps, for each slot, the argmax of n draws of the streams that it shares with them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from suite.plugins.samplers.best_of_n.sampler import BestOfN

SHAPE = {"num_contexts": 2, "purpose": "sampler"}


@pytest.mark.parametrize("n", [1, 3, 8])
def test_it_keeps_the_best_of_each_n_consecutive_draws(
    make_side: Callable[..., Any], n: int
) -> None:
    side = make_side("raft")
    plain = side.run.sample(0, group_size=4 * n, **SHAPE)
    kept = BestOfN(n=n).sample(side.run, 0, group_size=4, **SHAPE)

    assert plain.trajectory.sample.tokens is not None
    assert kept.trajectory.sample.tokens is not None
    reward = plain.value.tolist()
    best = [max(range(slot * n, slot * n + n), key=reward.__getitem__) for slot in range(8)]
    assert kept.trajectory.sample.tokens.tolist() == plain.trajectory.sample.tokens[best].tolist()
    assert kept.value.tolist() == [reward[row] for row in best]
    assert kept.trajectory.log_prob.tolist() == plain.trajectory.log_prob[best].tolist()
    assert kept.trajectory.group.tolist() == [0] * 4 + [1] * 4


def test_one_draw_a_slot_is_the_policy_itself(make_side: Callable[..., Any]) -> None:
    side = make_side("raft")
    plain = side.run.sample(0, group_size=4, **SHAPE)
    kept = BestOfN(n=1).sample(side.run, 0, group_size=4, **SHAPE)
    assert plain.trajectory.sample.tokens is not None
    assert kept.trajectory.sample.tokens is not None
    assert torch.equal(plain.trajectory.sample.tokens, kept.trajectory.sample.tokens)


def test_every_draw_is_paid_for(make_side: Callable[..., Any]) -> None:
    side = make_side("raft")
    BestOfN(n=5).sample(side.run, 0, group_size=4, **SHAPE)
    assert side.run.reward_calls == 2 * 4 * 5
    assert BestOfN(n=5).calls_a_sample() == 5


def test_a_draw_whose_score_failed_is_never_kept_beside_one_that_did_not(
    make_side: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    side = make_side("raft")
    drawn = side.run.sample(0, group_size=8, **SHAPE)
    reward = drawn.value.clone()
    top = reward.view(-1, 2).argmax(dim=1) + 2 * torch.arange(8)
    valid = torch.ones(16, dtype=torch.bool)
    valid[top] = False
    failed = replace(drawn, trajectory=replace(drawn.trajectory, valid=valid))
    monkeypatch.setattr(side.run, "sample", lambda *args, **kwargs: failed)
    kept = BestOfN(n=2).sample(side.run, 0, group_size=4, **SHAPE)
    assert kept.value.tolist() == reward.view(-1, 2).min(dim=1).values.tolist()
    assert bool(kept.trajectory.valid_rows.all())
