"""REBEL, DPO and IPO on one batch of pairs: same pairs, other targets."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.algorithm import Minibatch
from suite.core.randomness import Streams


def table_rewards(side: Any, experience: Any) -> torch.Tensor:
    """The table's number for each string, [B]."""
    tokens = experience.rows["trajectory"].sample.tokens
    reward: torch.Tensor = side.run.reward.table[tuple(tokens.unbind(dim=1))]
    return reward


def path_log_prob(side: Any, experience: Any, *, reference: bool = False) -> torch.Tensor:
    """Log-probability of each whole path, [B]."""
    policy = side.run.reference if reference else side.run.policy
    score = side.run.score(experience.rows["trajectory"], policy=policy)
    total: torch.Tensor = score.log_prob.sum(dim=1).detach()
    return total


def margins(side: Any, experience: Any) -> list[float]:
    """Log-ratio to the reference of the chosen less that of the rejected, pair by pair."""
    gap = path_log_prob(side, experience) - path_log_prob(side, experience, reference=True)
    return [float(gap[a] - gap[b]) for a, b in experience.items.tolist()]


# --- rebel --------------------------------------------------------------------------------------


@pytest.mark.parametrize("eta", [1.0, 0.5])
def test_rebel_regresses_log_ratio_gaps_on_gaps_of_reward_less_kl(
    make_side: Callable[..., Any], eta: float
) -> None:
    """Plain regression on raw rewards is the parent with beta = 0: the KL is all between."""
    parent = make_side("relative_reward", **{"algo.beta": 0.0, "algo.eta": eta})
    side = make_side("rebel", **{"algo.beta": 0.2, "algo.eta": eta})
    raw, own = parent.collect(), side.collect()
    old = path_log_prob(side, own)
    share = 0.2 * (old - path_log_prob(side, own, reference=True))
    torch.testing.assert_close(raw.rows["reward"], table_rewards(parent, raw), rtol=0, atol=1e-12)
    torch.testing.assert_close(raw.rows["reward"] - own.rows["reward"], share, rtol=0, atol=1e-12)

    parent.move()
    side.move()
    plain, terms = parent.values(raw), side.values(own)
    moved = path_log_prob(side, own) - old
    for reward, found in ((raw.rows["reward"], plain), (own.rows["reward"], terms)):
        squares = [
            (float(moved[a] - moved[b]) / eta - float(reward[a] - reward[b])) ** 2
            for a, b in own.items.tolist()
        ]
        assert float(found["policy"]) == pytest.approx(sum(squares) / len(squares), abs=1e-10)
    assert abs(plain["policy"] - terms["policy"]) > 1e-3


def test_rebel_does_not_see_a_constant_added_to_every_reward(
    make_side: Callable[..., Any],
) -> None:
    """What the pair is for: a regression of single rewards would have to fit the constant too."""
    sides = [make_side("rebel"), make_side("rebel")]
    sides[1].run.reward.table = sides[1].run.reward.table + 7.0
    found = []
    for side in sides:
        experience = side.collect()
        side.move()
        found.append(side.values(experience)["policy"])
    assert found[1] == pytest.approx(found[0], abs=1e-10)


def test_rebel_updates_four_times_on_one_collect(make_side: Callable[..., Any]) -> None:
    """Its preset solves the regression further than one step; the parent's default is one pass."""
    assert make_side("rebel").run.settings.num_epochs == 4
    assert make_side("relative_reward").run.settings.num_epochs == 1


# --- dpo and ipo --------------------------------------------------------------------------------


def test_dpo_pairs_are_the_best_and_the_worst_of_each_group(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("dpo")
    experience = side.collect()
    reward = table_rewards(side, experience).tolist()
    expected = [
        [max(group, key=reward.__getitem__), min(group, key=reward.__getitem__)]
        for group in ((0, 1, 2, 3), (4, 5, 6, 7))
    ]
    assert experience.items.tolist() == expected


def test_dpo_is_the_logistic_loss_of_scaled_margins(make_side: Callable[..., Any]) -> None:
    side = make_side("dpo", **{"algo.beta": 0.5})
    experience = side.collect()
    side.move()
    terms = side.values(experience)
    losses = [math.log1p(math.exp(-0.5 * m)) for m in margins(side, experience)]
    assert terms["policy"] == pytest.approx(sum(losses) / len(losses), abs=1e-12)


def test_dpo_gradient_weighs_each_pair_by_its_chance_of_being_wrong(
    make_side: Callable[..., Any],
) -> None:
    """d loss = -beta sigmoid(-beta m) (d log p(chosen) - d log p(rejected)), a mean over pairs."""
    side = make_side("dpo", **{"algo.beta": 0.5})
    experience = side.collect()
    side.move()
    found = side.gradients(side.parts(experience)[1]["policy"])
    logp = side.run.score(experience.rows["trajectory"]).log_prob.sum(dim=1)
    expected = torch.zeros_like(found)
    pairs = zip(experience.items.tolist(), margins(side, experience), strict=True)
    for (a, b), m in pairs:
        wrong = 1.0 / (1.0 + math.exp(0.5 * m))
        expected -= 0.5 * wrong * side.gradients(logp[a] - logp[b]) / len(experience.items)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_ipo_squares_the_distance_of_the_same_margins_to_their_target(
    make_side: Callable[..., Any],
) -> None:
    parent, side = (make_side(name, **{"algo.beta": 0.5}) for name in ("dpo", "ipo"))
    before, after = parent.collect(), side.collect()
    assert torch.equal(before.items, after.items)
    parent.move()
    side.move()
    same = margins(parent, before)
    assert same == margins(side, after)
    logistic, squared = parent.values(before), side.values(after)
    squares = [(m - 1.0 / (2 * 0.5)) ** 2 for m in same]
    assert squared["policy"] == pytest.approx(sum(squares) / len(squares), abs=1e-12)
    assert abs(squared["policy"] - logistic["policy"]) > 1e-3


def test_pairs_stay_side_by_side_whatever_order_the_items_come_in(
    make_side: Callable[..., Any],
) -> None:
    """Items are shuffled by the trainer: chosen and rejected of a pair must not change places."""
    side = make_side("dpo")
    experience = side.collect()
    side.move()
    streams = Streams(0, 0, "loss", [0, 1])
    totals = [
        float(side.algorithm.loss(side.run, batch, streams).terms["policy"].detach())
        for batch in (
            Minibatch.take(experience, torch.tensor([0, 1])),
            Minibatch.take(experience, torch.tensor([1, 0])),
        )
    ]
    assert totals[0] == pytest.approx(totals[1], abs=1e-12)
