"""SFT, RAFT, RWR and the best quarter: which samples are learnt from, and with what weight."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.algorithm import Minibatch
from suite.core.contexts import Contexts
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.rollout import rollout

GROUPS = ((0, 1, 2, 3), (4, 5, 6, 7))
QUARTER = {"train.num_contexts": 1, "train.group_size": 8}


class Shown(Contexts):
    """Demonstrations that are given strings."""

    def __init__(self, tokens: Tensor) -> None:
        self.tokens, self.num_demonstrations = tokens, len(tokens)

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self.tokens[index])


def drawn(side: Any, step: int = 0) -> tuple[Tensor, Tensor]:
    """Strings [B, L] and rewards [B] of the step's collect, without any choice among them."""
    collected = side.run.sample(step)
    return collected.trajectory.sample.tokens, collected.value


def nll(side: Any, tokens: Tensor, rows: list[int]) -> Tensor:
    """A draw of the likelihood bound of each string, from the streams of ``rows``, [B]."""
    context = Context(index=torch.zeros(len(tokens), dtype=torch.long))
    streams = Streams(0, 0, "loss", rows)
    bound: Tensor = side.run.policy.nll(Samples(tokens=tokens), context, streams)
    return bound.detach()


# --- sft ----------------------------------------------------------------------------------------


def test_sft_gives_every_demonstration_weight_one(make_side: Callable[..., Any]) -> None:
    side = make_side("sft")
    tokens, _ = drawn(side)
    side.run.contexts = Shown(tokens)
    experience = side.collect()
    assert experience.rows["weight"].tolist() == [1.0] * 8
    order = experience.rows["sample"].tokens
    assert sorted(order.tolist()) == sorted(tokens.tolist())
    terms = side.values(experience)
    assert terms["nll"] == pytest.approx(float(nll(side, order, list(range(8))).mean()))


# --- raft ---------------------------------------------------------------------------------------


def test_raft_learns_from_the_best_of_each_group_where_sft_learns_from_all(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("raft", **{"algo.share": 0.5})
    tokens, reward = drawn(side)
    kept = [
        row
        for group in GROUPS
        for row in group
        if sum(float(reward[other]) > float(reward[row]) for other in group) < 2
    ]
    experience = side.collect()
    assert experience.rows["trajectory"].sample.tokens.tolist() == tokens[kept].tolist()
    assert experience.rows["weight"].tolist() == [1.0] * 4

    # On the same streams, the loss of each kept string is what SFT on all of them gives it.
    batch = Minibatch.take(experience, torch.arange(4))
    loss = side.algorithm.loss(side.run, batch, Streams(0, 0, "loss", kept))
    each = nll(side, tokens, list(range(8)))
    assert float(loss.terms["nll"].detach()) == pytest.approx(float(each[kept].sum()), abs=1e-12)


def test_raft_keeps_a_quarter_by_default(make_side: Callable[..., Any]) -> None:
    side = make_side("raft")
    tokens, reward = drawn(side)
    best = [max(group, key=lambda row: float(reward[row])) for group in GROUPS]
    assert side.collect().rows["trajectory"].sample.tokens.tolist() == tokens[best].tolist()


# --- rwr ----------------------------------------------------------------------------------------


def test_rwr_keeps_every_sample_and_weighs_it_by_the_exponential_of_its_reward(
    make_side: Callable[..., Any],
) -> None:
    parent, side = make_side("raft"), make_side("rwr", **{"algo.temperature": 0.5})
    tokens, reward = drawn(side)
    experience = side.collect()
    expected = []
    for group in GROUPS:
        each = [math.exp(float(reward[row]) / 0.5) for row in group]
        expected += [4 * x / sum(each) for x in each]
    assert experience.rows["trajectory"].sample.tokens.tolist() == tokens.tolist()
    assert experience.rows["weight"].tolist() == pytest.approx(expected, abs=1e-12)
    assert len(parent.collect().rows["weight"]) == 2

    terms = side.values(experience)
    each_nll = nll(side, tokens, list(range(8))).tolist()
    total = sum(w * x for w, x in zip(expected, each_nll, strict=True))
    assert terms["nll"] == pytest.approx(total / 8, abs=1e-12)


def test_rwr_turns_into_raft_as_its_temperature_falls(make_side: Callable[..., Any]) -> None:
    """exp(r / T) puts all of a group's weight on its best sample when T goes to 0."""
    cold = make_side("rwr", **{"algo.temperature": 1e-4})
    experience = cold.collect()
    best = make_side("raft").collect()
    tokens = experience.rows["trajectory"].sample.tokens
    assert tokens.tolist() == best.rows["trajectory"].sample.tokens.tolist()
    assert experience.rows["weight"].tolist() == [4.0, 4.0]


# --- best quarter -------------------------------------------------------------------------------


def test_best_quarter_draws_its_pool_once_and_from_the_base(
    make_side: Callable[..., Any],
) -> None:
    """RAFT draws from the policy at each step; this control never sees what the policy became."""
    side = make_side("best-quarter", **QUARTER, **{"algo.pool_size": 32})
    first = side.collect(step=0)
    assert side.run.reward_calls == 32
    side.move()
    second = side.collect(step=1)
    assert side.run.reward_calls == 32, "a second pool was drawn"

    rows = torch.arange(32)
    empty = Context(index=torch.zeros(32, dtype=torch.long))
    base = rollout(side.run.base, empty, side.run.streams(0, "pool", rows)).sample.tokens
    assert base is not None
    reward = side.run.reward.table[tuple(base.unbind(dim=1))]
    best = reward.argsort(descending=True, stable=True)[:8]
    expected = sorted(base[best].tolist())
    for experience in (first, second):
        assert sorted(experience.rows["trajectory"].sample.tokens.tolist()) == expected
        assert experience.rows["weight"].tolist() == [1.0] * 8


def test_raft_draws_anew_at_each_step(make_side: Callable[..., Any]) -> None:
    """With every sample kept, what RAFT learns from is what the policy of that step draws."""
    side = make_side("raft", **QUARTER, **{"algo.share": 1.0})
    seen = []
    for step in (0, 1):
        rows = torch.arange(8)
        empty = Context(index=torch.zeros(8, dtype=torch.long))
        own = rollout(side.run.policy, empty, side.run.streams(step, "train", rows)).sample.tokens
        assert own is not None
        found = side.collect(step=step).rows["trajectory"].sample.tokens
        assert found.tolist() == own.tolist()
        seen.append(found.tolist())
        side.move()
    assert seen[0] != seen[1]
    assert side.run.reward_calls == 16
