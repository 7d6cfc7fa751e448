"""Trajectory balance and its two relative forms: which prior, and which log Z."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

GROUPS = ((0, 1, 2, 3), (4, 5, 6, 7))
T = 4


def forward(side: Any, experience: Any, *, reference: bool = False) -> Tensor:
    """Log-probability of each whole path, [B]."""
    policy = side.run.reference if reference else side.run.policy
    score = side.run.score(experience.rows["trajectory"], policy=policy)
    total: Tensor = score.log_prob.sum(dim=1).detach()
    return total


def backward_by_hand(trajectory: Any) -> list[float]:
    """log P_B of each path: the position revealed at step t was hidden again with chance 1/(t+1).

    Walking back over step t, each position that is clean after it is hidden by chance 1 / (t + 1).
    """
    found = []
    for revealed_at in trajectory.decisions["revealed_at"].tolist():
        chance = torch.ones((), dtype=torch.float64)
        for t in range(T):
            for when in revealed_at:
                if when == t:
                    chance = chance / (t + 1)
                elif when < t:
                    chance = chance * (1 - 1 / (t + 1))
        found.append(float(chance.log()))
    return found


def test_tb_is_relative_to_the_backward_law_with_one_learned_log_z(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("tb")
    experience = side.collect()
    prior = experience.rows["log_prior"]
    by_hand = backward_by_hand(experience.rows["trajectory"])
    assert prior.tolist() == pytest.approx(by_hand, abs=1e-5)  # the kernel's chances are float32
    side.move()
    terms = side.values(experience)

    reward, log_z = experience.rows["log_reward"], side.run.modules["log_z"].value.detach()
    assert float(log_z) != 0.0
    residual = log_z + forward(side, experience) - reward - prior
    assert terms["balance"] == pytest.approx(float((residual**2).mean()), abs=1e-10)


def test_tb_trains_its_log_z_towards_the_mean_residual(make_side: Callable[..., Any]) -> None:
    side = make_side("tb")
    experience = side.collect()
    _, terms = side.parts(experience)
    log_z = side.run.modules["log_z"].value
    (found,) = torch.autograd.grad(terms["balance"], log_z)
    rows = experience.rows
    residual = log_z.detach() + forward(side, experience) - rows["log_reward"] - rows["log_prior"]
    assert float(found) == pytest.approx(2.0 * float(residual.mean()), abs=1e-10)


def test_relative_tb_puts_the_reference_in_the_place_of_the_backward_law(
    make_side: Callable[..., Any],
) -> None:
    parent, side = make_side("tb", **{"algo.beta": 0.1}), make_side("relative-tb")
    before, after = parent.collect(), side.collect()
    torch.testing.assert_close(
        before.rows["log_reward"], after.rows["log_reward"], rtol=0, atol=1e-12
    )
    reference = forward(side, after, reference=True)
    torch.testing.assert_close(after.rows["log_prior"], reference, rtol=0, atol=1e-12)
    parent.move()
    side.move()
    plain, relative = parent.values(before), side.values(after)
    log_z = side.run.modules["log_z"].value.detach()
    path = log_z + forward(side, after) - after.rows["log_reward"]
    expected = ((path - reference) ** 2).mean() - ((path - before.rows["log_prior"]) ** 2).mean()
    assert relative["balance"] - plain["balance"] == pytest.approx(float(expected), abs=1e-9)


def test_the_reward_of_the_balance_is_divided_by_beta(make_side: Callable[..., Any]) -> None:
    for name, beta in (("tb", 1.0), ("relative-tb", 0.1), ("vargrad", 0.1)):
        side = make_side(name)
        rows = side.collect().rows
        reward = side.run.reward.table[tuple(rows["trajectory"].sample.tokens.unbind(dim=1))]
        torch.testing.assert_close(rows["log_reward"], reward / beta, rtol=0, atol=1e-12)


def test_vargrad_takes_each_groups_mean_residual_for_log_z(
    make_side: Callable[..., Any],
) -> None:
    """Its loss is the variance of the residual in each group: no constant can make it smaller."""
    side = make_side("vargrad")
    experience = side.collect()
    side.move()
    terms = side.values(experience)
    assert side.run.modules == {}
    rows = experience.rows
    residual = forward(side, experience) - rows["log_reward"] - rows["log_prior"]
    variances = [float(residual[list(group)].var(correction=0)) for group in GROUPS]
    assert terms["balance"] == pytest.approx(sum(variances) / 2, abs=1e-10)
    # The parent's log Z is one number for all groups, learned and not computed.
    parent = make_side("relative-tb")
    same = parent.collect()
    parent.move()
    log_z = parent.run.modules["log_z"].value.detach()
    learned = float(((log_z + residual) ** 2).mean())
    assert parent.values(same)["balance"] == pytest.approx(learned, abs=1e-9)


def test_vargrads_gradient_weighs_each_path_by_its_distance_to_its_groups_mean(
    make_side: Callable[..., Any],
) -> None:
    """Residuals less their mean sum to 0, so that how log Z depends on the policy drops out."""
    side = make_side("vargrad")
    experience = side.collect()
    found = side.gradients(side.parts(experience)[1]["balance"])
    rows = experience.rows
    logp = side.run.score(rows["trajectory"]).log_prob.sum(dim=1)
    residual = (logp - rows["log_reward"] - rows["log_prior"]).detach()
    expected = torch.zeros_like(found)
    for group in GROUPS:
        mean = residual[list(group)].mean()
        for row in group:
            expected += 2.0 * (residual[row] - mean) * side.gradients(logp[row]) / 8
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def test_a_failed_score_moves_neither_vargrads_log_z_nor_its_loss(
    make_side: Callable[..., Any],
) -> None:
    """A verifier that broke down answers some number: whatever it is, it must not count."""
    side = make_side("vargrad")
    experience = side.collect()
    valid = torch.tensor([False, True, True, True, True, True, True, True])
    trajectory = replace(experience.rows["trajectory"], valid=valid)
    found = []
    for number in (0.0, 1e4, float("nan")):
        log_reward = experience.rows["log_reward"].clone()
        log_reward[0] = number
        rows = {**experience.rows, "trajectory": trajectory, "log_reward": log_reward}
        terms = side.values(replace(experience, rows=rows))
        found.append(terms["balance"])
    residual = forward(side, experience) - experience.rows["log_reward"]
    residual = residual - experience.rows["log_prior"]
    squares = [
        float(((residual[list(g)] - residual[list(g)].mean()) ** 2).sum())
        for g in ((1, 2, 3), (4, 5, 6, 7))
    ]
    assert found == pytest.approx([sum(squares) / 7] * 3, abs=1e-10)


@pytest.mark.parametrize(("beta", "rate"), [(1.0, 0.1), (0.1, 1.0), (0.02, 5.0)])
def test_the_rate_of_log_z_grows_as_its_way_does(
    make_side: Callable[..., Any], beta: float, rate: float
) -> None:
    parts = make_side("relative-tb", **{"algo.beta": beta}).algorithm.param_groups()
    assert parts["log_z"].learning_rate == pytest.approx(rate)
    asked = {"algo.beta": beta, "algo.log_z_learning_rate": 0.3}
    given = make_side("relative-tb", **asked).algorithm.param_groups()
    assert given["log_z"].learning_rate == 0.3


def test_subtb_weighs_the_residuals_of_all_parts_where_tb_has_the_whole_path_alone(
    make_side: Callable[..., Any],
) -> None:
    """At a huge lambda it is tb itself; at its own it is not."""
    tb, subtb = make_side("tb"), make_side("subtb")
    limit = make_side("subtb", **{"algo.subtb_lambda": 1e12})
    sides = [(side, side.collect()) for side in (tb, subtb, limit)]
    for side, _ in sides[1:]:
        side.run.modules["log_z"].load_state_dict(tb.run.modules["log_z"].state_dict())
    found = [side.values(experience)["balance"] for side, experience in sides]
    assert found[2] == pytest.approx(found[0], rel=1e-6)
    assert found[1] != pytest.approx(found[0], rel=1e-2)


def test_db_is_subtb_with_single_decisions_alone(make_side: Callable[..., Any]) -> None:
    side = make_side("db")
    experience = side.collect()
    rows, modules = experience.rows, side.run.modules
    logp = side.run.score(rows["trajectory"]).log_prob.detach()
    flow = modules["flow"](rows["features"].double(), modules["log_z"].value).detach()
    flow[:, -1] = rows["log_reward"]
    edges = flow[:, :-1] + logp - rows["log_prior"] - flow[:, 1:]
    assert float(flow[:, 1:-1].std()) > 0.01
    assert side.values(experience)["balance"] == pytest.approx(float((edges**2).mean()), rel=1e-6)
