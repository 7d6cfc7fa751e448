"""Methods of image papers beside their parents, on one fixed batch."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.randomness import Streams
from suite.core.records import Context, Samples

ROWS, T = 8, 4


def advantage(side: Any) -> Tensor:
    found: Tensor = side.collect().rows["advantage"]
    return found.expand(ROWS, T)


def rewards(side: Any) -> Tensor:
    value: Tensor = side.run.sample(0).value
    return value


# --- ddpo ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ddpo", "ddpo-sf"])
def test_ddpo_standardises_rewards_over_the_collect_where_grpo_does_in_a_group(
    make_side: Callable[..., Any], name: str
) -> None:
    side, parent = make_side(name), make_side("grpo")
    reward = rewards(side)
    spread = reward.repeat_interleave(T).std()  # of all decisions, with n - 1
    expected = ((reward - reward.mean()) / spread).unsqueeze(1).expand(ROWS, T)
    assert torch.allclose(advantage(side), expected, atol=1e-7)
    assert not torch.allclose(advantage(parent), expected, atol=1e-2)


def test_ddpo_clips_ratios_and_ddpo_sf_learns_once_without_any(
    make_side: Callable[..., Any],
) -> None:
    clipped, plain = make_side("ddpo"), make_side("ddpo-sf")
    own, other = clipped.collect(), plain.collect()
    assert "old_log_prob" in own.rows
    assert "old_log_prob" not in other.rows
    clipped.move()
    new = clipped.run.score(own.rows["trajectory"]).log_prob.detach()
    ratio = (new - own.rows["old_log_prob"]).exp()
    a = own.rows["advantage"].expand(ROWS, T)
    expected = -torch.minimum(ratio * a, ratio.clamp(0.8, 1.2) * a).sum(dim=1).mean()
    assert clipped.values(own)["policy"] == pytest.approx(float(expected), abs=1e-9)
    assert bool(((ratio < 0.8) | (ratio > 1.2)).any())
    # On-policy the score-function loss is minus the advantages, and its gradient -A grad log p.
    _, terms = plain.parts(other)
    log_prob = plain.run.score(other.rows["trajectory"]).log_prob
    written = -(other.rows["advantage"] * log_prob).sum(dim=1).mean()
    assert torch.allclose(plain.gradients(terms["policy"]), plain.gradients(written), atol=1e-9)


# --- dpok ---------------------------------------------------------------------------------------


def test_dpok_has_the_direct_kl_alone_where_rloo_credits_later_kl_too(
    make_side: Callable[..., Any],
) -> None:
    side, parent = make_side("dpok", **{"algo.beta": 0.3}), make_side("rloo", **{"algo.beta": 0.3})
    reward = rewards(side).view(2, 4)
    expected = (reward - (reward.sum(dim=1, keepdim=True) - reward) / 3).view(-1, 1)
    experience = side.collect()
    assert torch.allclose(advantage(side), expected.expand(ROWS, T), atol=1e-7)
    assert not torch.allclose(advantage(parent), expected.expand(ROWS, T), atol=1e-3)
    kl = side.run.score(experience.rows["trajectory"], kl=True).kl.detach()
    assert side.values(experience)["kl"] == pytest.approx(0.3 * float(kl.sum(dim=1).mean()))
    assert side.algorithm.biased() is not None
    assert parent.algorithm.biased() is None


# --- alignprop, draft ---------------------------------------------------------------------------


def reward_gradient(side: Any) -> Tensor:
    _, terms = side.parts(side.collect())
    found: Tensor = side.gradients(terms["reward"])
    return found


def test_draft_k_stops_the_gradient_before_the_last_step_where_backprop_has_more(
    make_side: Callable[..., Any],
) -> None:
    own = reward_gradient(make_side("draft-k"))
    one = reward_gradient(make_side("reward-backprop", **{"algo.last_steps": 1}))
    all_steps = reward_gradient(make_side("reward-backprop"))
    assert torch.equal(own, one)
    assert not torch.allclose(own, all_steps, atol=1e-4)


def test_alignprop_draws_its_depth_evenly_from_one_to_all_steps(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("alignprop")
    depths = [side.algorithm._depth(side.run, Streams(0, k, "loss", [0])) for k in range(400)]
    assert set(depths) == {1, 2, 3, 4}
    assert all(60 < depths.count(k) < 140 for k in (1, 2, 3, 4))


def test_alignprop_is_backpropagation_through_the_depth_that_it_drew(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("alignprop")
    depth = side.algorithm._depth(side.run, Streams(0, 0, "loss", range(ROWS)))
    found = reward_gradient(side)
    for k in (1, 2, 3, 4):
        fixed = reward_gradient(make_side("reward-backprop", **{"algo.last_steps": k}))
        assert torch.equal(found, fixed) == (k == depth)


# --- reward-weighted text-to-image --------------------------------------------------------------


class Shown(Contexts):
    """Demonstrations that are given strings."""

    def __init__(self, tokens: Tensor) -> None:
        self.tokens, self.num_demonstrations = tokens, len(tokens)
        self.num_train = 1

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self.tokens[index])


def test_reward_weighting_is_linear_in_the_reward_and_has_the_pretraining_loss_beside_it(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("reward-weighted-t2i", **{"algo.beta": 0.7})
    parent = make_side("rwr")
    collected = side.run.sample(0)
    tokens, reward = collected.trajectory.sample.tokens, collected.value
    side.run.contexts = Shown((tokens + 1) % 4)
    experience = side.collect()
    assert torch.equal(experience.rows["weight"], reward.clamp_min(0.0))
    assert not torch.allclose(parent.collect().rows["weight"], reward.clamp_min(0.0), atol=1e-2)

    streams = Streams(0, 0, "loss", range(ROWS))
    context = Context(index=torch.zeros(ROWS, dtype=torch.long))
    own = side.run.policy.nll(experience.rows["sample"], context, streams)
    shown = experience.rows["shown"]
    other = side.run.policy.nll(shown, context, streams.fork("pretraining"))
    terms = side.values(experience)
    assert terms["nll"] == pytest.approx(
        float((reward.clamp_min(0.0) * own.detach()).mean()), abs=1e-9
    )
    assert terms["pretraining"] == pytest.approx(0.7 * float(other.detach().mean()), abs=1e-9)


def test_without_beta_no_demonstration_is_read(make_side: Callable[..., Any]) -> None:
    side = make_side("reward-weighted-t2i", **{"algo.beta": 0.0})
    experience = side.collect()
    assert "shown" not in experience.rows
    assert set(side.values(experience)) == {"nll"}
