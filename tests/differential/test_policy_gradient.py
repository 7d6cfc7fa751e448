"""Five policy gradients on one batch: each differs from its parent by its formula alone.

Hand values are written as loops over plain numbers, group by group and decision by decision.
"""

import math
import statistics
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

GROUP = 4
GROUPS = ((0, 1, 2, 3), (4, 5, 6, 7))
T = 4


def rewards(side: Any, experience: Any) -> list[float]:
    """The table's number for each string."""
    tokens = experience.rows["trajectory"].sample.tokens
    return [float(side.run.reward.table[tuple(row)]) for row in tokens.tolist()]


def exact_kl(side: Any, trajectory: Any) -> Tensor:
    """KL of each unmasking step to the reference's by enumeration of letters, [B, T]."""
    law, _ = side.run.policy.replay(trajectory)
    other, _ = side.run.reference.replay(trajectory)
    p, q = law.log_p.detach().exp(), other.log_p.detach().exp()
    each = (p * (p / q).log()).sum(dim=-1)
    return (each * law.masked).sum(dim=-1) * law.reveal


def log_ratio(side: Any, trajectory: Any) -> Tensor:
    """log p - log p_ref of each recorded decision, [B, T]."""
    new = side.run.score(trajectory).log_prob
    return (new - side.run.score(trajectory, policy=side.run.reference).log_prob).detach()


def clipped(ratio: float, advantage: float, low: float, high: float) -> float:
    bounded = min(max(ratio, 1 - low), 1 + high)
    return -min(ratio * advantage, bounded * advantage)


# --- reinforce and rloo -------------------------------------------------------------------------


def test_reinforce_credits_the_reward_less_the_kl_still_to_come(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("reinforce", **{"algo.beta": 0.2})
    experience = side.collect()
    kl = exact_kl(side, experience.rows["trajectory"])
    reward = rewards(side, experience)
    for row in range(2 * GROUP):
        for t in range(T):
            expected = reward[row] - 0.2 * float(kl[row, t + 1 :].sum())
            assert float(experience.rows["advantage"][row, t]) == pytest.approx(expected, abs=1e-12)


def test_rloo_subtracts_the_mean_of_the_other_samples(make_side: Callable[..., Any]) -> None:
    parent, side = (make_side(name, **{"algo.beta": 0.2}) for name in ("reinforce", "rloo"))
    before, after = parent.collect(), side.collect()
    assert torch.equal(
        before.rows["trajectory"].sample.tokens, after.rows["trajectory"].sample.tokens
    )
    plain, own = before.rows["advantage"], after.rows["advantage"]
    baseline = torch.zeros_like(plain)
    for group in GROUPS:
        for row in group:
            others = [other for other in group if other != row]
            baseline[row] = sum(plain[other] for other in others) / len(others)
    torch.testing.assert_close(own, plain - baseline, rtol=0, atol=1e-12)

    raw, centred = parent.values(before), side.values(after)
    assert centred["policy"] - raw["policy"] == pytest.approx(
        float(baseline.sum()) / (2 * GROUP), abs=1e-12
    )
    assert centred["kl"] == pytest.approx(raw["kl"], abs=1e-12)


def test_rloo_baseline_leaves_the_expected_gradient_alone(make_side: Callable[..., Any]) -> None:
    """grad(rloo) - grad(reinforce) is sum of baseline times grad log p, with nothing else in it."""
    parent, side = (make_side(name) for name in ("reinforce", "rloo"))
    before, after = parent.collect(), side.collect()
    baseline = before.rows["advantage"] - after.rows["advantage"]
    (_, raw), (_, centred) = parent.parts(before), side.parts(after)
    difference = side.gradients(centred["policy"]) - parent.gradients(raw["policy"])
    log_prob = side.run.score(after.rows["trajectory"]).log_prob
    expected = side.gradients((baseline * log_prob).sum() / (2 * GROUP))
    torch.testing.assert_close(difference, expected, rtol=0, atol=1e-12)


# --- grpo ---------------------------------------------------------------------------------------


def test_grpo_divides_by_the_groups_spread(make_side: Callable[..., Any]) -> None:
    """RLOO's advantage is G / (G - 1) times the centred reward; GRPO's is that over std + eps."""
    parent, side = make_side("rloo", **{"algo.kl": "none"}), make_side("grpo")
    before, after = parent.collect(), side.collect()
    reward = rewards(side, after)
    for group in GROUPS:
        std = statistics.stdev([reward[row] for row in group])
        for row in group:
            centred = float(before.rows["advantage"][row, 0]) * (GROUP - 1) / GROUP
            expected = centred / (std + 1e-4)
            assert float(after.rows["advantage"][row, 0]) == pytest.approx(expected, abs=1e-12)


def test_grpo_penalises_k3_where_rloo_penalises_the_exact_kl(
    make_side: Callable[..., Any],
) -> None:
    parent, side = make_side("rloo", **{"algo.beta": 0.04}), make_side("grpo")
    before, after = parent.collect(), side.collect()
    parent.move()
    side.move()
    exact, published = parent.values(before), side.values(after)

    kl = exact_kl(parent, before.rows["trajectory"])
    assert exact["kl"] == pytest.approx(0.04 * float(kl.sum()) / (2 * GROUP), abs=1e-12)
    d = log_ratio(side, after.rows["trajectory"]).flatten().tolist()
    k3 = sum(math.exp(-x) - 1 + x for x in d) / T / (2 * GROUP)
    assert published["kl"] == pytest.approx(0.04 * k3, abs=1e-12)
    assert abs(published["kl"] * T - exact["kl"]) > 1e-4


def test_grpo_clips_each_ratio_and_averages_over_a_rows_decisions(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("grpo")
    experience = side.collect()
    trajectory, advantage = experience.rows["trajectory"], experience.rows["advantage"]
    old = side.run.score(trajectory).log_prob.detach()
    torch.testing.assert_close(experience.rows["old_log_prob"], old, rtol=0, atol=0)
    side.move()
    loss, _ = side.parts(experience)
    terms = side.values(experience)

    ratio = (side.run.score(trajectory).log_prob.detach() - old).exp()
    pairs = [
        (float(ratio[i, t]), float(advantage[i, 0])) for i in range(2 * GROUP) for t in range(T)
    ]
    expected = sum(clipped(rho, a, 0.2, 0.2) for rho, a in pairs) / T / (2 * GROUP)
    assert terms["policy"] == pytest.approx(expected, abs=1e-12)
    unclipped = sum(-rho * a for rho, a in pairs) / T / (2 * GROUP)
    assert abs(expected - unclipped) > 1e-3, "no ratio was clipped: the test would show nothing"
    outside = sum(abs(rho - 1) > 0.2 for rho, _ in pairs) / len(pairs)
    assert float(loss.metrics["clip_share"].detach()) / (2 * GROUP) == pytest.approx(outside)


# --- ppo ----------------------------------------------------------------------------------------


def test_ppo_with_full_traces_is_reinforce_less_the_critics_value(
    make_side: Callable[..., Any],
) -> None:
    parent = make_side("reinforce", **{"algo.kl": "reward", "algo.beta": 0.2})
    side = make_side("ppo", **{"algo.trace": 1.0, "algo.beta": 0.2})
    before, after = parent.collect(), side.collect()
    value = side.run.modules["critic"](side.run.policy.features(after.rows["trajectory"]).double())
    assert float(value.detach().abs().min()) > 1e-6
    difference = before.rows["advantage"] - after.rows["advantage"]
    torch.testing.assert_close(difference, value[:, :-1].detach(), rtol=0, atol=1e-10)


def test_ppo_sums_decayed_surprises_of_the_critic(make_side: Callable[..., Any]) -> None:
    """A_t = sum_l (gamma lambda)^l delta_{t+l}, eq. (16) of arXiv:1506.02438, as a double loop."""
    side = make_side("ppo", **{"algo.beta": 0.2, "algo.discount": 0.9})
    experience = side.collect()
    trajectory = experience.rows["trajectory"]
    value = side.run.modules["critic"](side.run.policy.features(trajectory).double()).detach()
    reward, d = rewards(side, experience), log_ratio(side, trajectory)
    for row in range(2 * GROUP):
        delta = []
        for t in range(T):
            last = t == T - 1
            paid = (reward[row] if last else 0.0) - 0.2 * float(d[row, t])
            after = 0.0 if last else float(value[row, t + 1])
            delta.append(paid + 0.9 * after - float(value[row, t]))
        for t in range(T):
            expected = sum((0.9 * 0.95) ** (s - t) * delta[s] for s in range(t, T))
            found = float(experience.rows["advantage"][row, t])
            assert found == pytest.approx(expected, abs=1e-10)


def test_ppo_clips_and_trains_its_critic_towards_the_returns(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("ppo")
    experience = side.collect()
    trajectory, advantage = experience.rows["trajectory"], experience.rows["advantage"]
    old = experience.rows["old_log_prob"]
    side.move()
    terms = side.values(experience)
    ratio = (side.run.score(trajectory).log_prob.detach() - old).exp()
    grid = [(i, t) for i in range(2 * GROUP) for t in range(T)]
    each = [clipped(float(ratio[i, t]), float(advantage[i, t]), 0.2, 0.2) for i, t in grid]
    assert terms["policy"] == pytest.approx(sum(each) / (2 * GROUP), abs=1e-12)
    # Its target is advantage plus old value, so the error of an unmoved critic is the advantage.
    half_squares = sum(0.5 * float(advantage[i, t]) ** 2 for i, t in grid)
    assert terms["critic"] == pytest.approx(half_squares / len(grid), abs=1e-10)


# --- reft ---------------------------------------------------------------------------------------


def test_reft_is_ppo_with_the_mean_over_a_rows_decisions_and_a_bounded_critic(
    make_side: Callable[..., Any],
) -> None:
    """At PPO's beta both collect alike; the policy's term falls by T, the critic's is eq. (9)."""
    parent, side = make_side("ppo"), make_side("reft", **{"algo.beta": 0.1})
    before, after = parent.collect(), side.collect()
    for name in ("advantage", "old_log_prob", "old_value", "return"):
        torch.testing.assert_close(after.rows[name], before.rows[name], rtol=0, atol=0)
    for one in (parent, side):
        one.move()
        one.move_critic()
    plain, own = parent.values(before), side.values(after)
    assert own["policy"] == pytest.approx(plain["policy"] / T, abs=1e-12)

    old, goal = after.rows["old_value"], after.rows["return"]
    value = side.run.modules["critic"](after.rows["features"]).detach()
    held = old + (value - old).clamp(-0.2, 0.2)
    worst = torch.maximum((value - goal) ** 2, (held - goal) ** 2)
    assert own["critic"] == pytest.approx(0.5 * float(worst.mean()), abs=1e-10)
    assert abs(own["critic"] - plain["critic"]) > 1e-3


def test_reft_credits_a_wrong_answer_that_can_be_read_at_every_decision(
    make_side: Callable[..., Any],
) -> None:
    """Without a KL, with full traces and a critic of 0, each decision's advantage is the .1."""
    side = make_side("reft", **{"algo.beta": 0.0, "algo.trace": 1.0})
    side.run.reward.table.fill_(0.1)
    for weight in side.run.modules["critic"].parameters():
        weight.data.zero_()
    advantage = side.collect().rows["advantage"]
    torch.testing.assert_close(advantage, torch.full_like(advantage, 0.1), rtol=0, atol=1e-12)
