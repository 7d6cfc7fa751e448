"""Several decisions behind one action of an environment: credit, bounds and discounts by place."""

import math

import pytest
import torch

from suite.plugins.algorithms.policy_gradient.advantages import (
    generalised_advantages,
    place_in_segment,
)
from suite.plugins.algorithms.policy_gradient.losses import clipped_surrogate, rising_clip

F64 = torch.float64
# Two actions of three decisions each, then padding; the second row's second action never comes.
SEGMENT = torch.tensor([[0, 0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 1, 1, 1]])
MASK = torch.tensor([[True] * 6 + [False], [True] * 3 + [False] * 4])


def test_every_decision_behind_an_action_gets_the_actions_advantage() -> None:
    """With values of the observation alone, three decisions share what GAE gives their action."""
    generator = torch.Generator().manual_seed(0)
    action_reward, action_value = torch.randn(2, 2, 2, generator=generator, dtype=F64)
    bootstrap = torch.randn(2, generator=generator, dtype=F64)
    place = torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 2)
    values = action_value.gather(1, place)
    rewards, ended = torch.zeros(2, 7, dtype=F64), torch.zeros(2, 7, dtype=torch.bool)
    rewards[:, 2], rewards[0, 5] = action_reward[:, 0], action_reward[0, 1]
    ended[0, 5] = ended[1, 2] = True
    found = generalised_advantages(
        rewards, values, bootstrap.unsqueeze(1).expand(2, 7), ended, MASK,
        discount=0.9, trace=0.8, segment=SEGMENT,
    )  # fmt: skip
    last = action_reward[0, 1] + 0.9 * bootstrap[0] - action_value[0, 1]
    first = action_reward[0, 0] + 0.9 * action_value[0, 1] - action_value[0, 0] + 0.72 * last
    torch.testing.assert_close(found[0], torch.stack([first] * 3 + [last] * 3 + [last * 0]))
    only = action_reward[1, 0] + 0.9 * bootstrap[1] - action_value[1, 0]
    torch.testing.assert_close(found[1], torch.stack([only] * 3 + [only * 0] * 4))


def test_one_decision_a_segment_is_plain_gae() -> None:
    rewards, values, after = torch.randn(3, 2, 5, dtype=F64)
    mask = torch.ones(2, 5, dtype=torch.bool)
    ended = torch.tensor([[False] * 4 + [True]] * 2)
    options = {"discount": 0.9, "trace": 0.7}
    plain = generalised_advantages(rewards, values, after, ended, mask, **options)
    steps = torch.arange(5).expand(2, 5)
    own = generalised_advantages(rewards, values, after, ended, mask, segment=steps, **options)
    none = torch.full((2, 5), -1)
    unnamed = generalised_advantages(rewards, values, after, ended, mask, segment=none, **options)
    assert torch.equal(plain, own)
    assert torch.equal(plain, unnamed)


def test_places_count_the_decisions_that_follow_before_the_answer() -> None:
    found = place_in_segment(SEGMENT, MASK)
    assert found.tolist() == [[2, 1, 0, 2, 1, 0, 0], [2, 1, 0, 0, 0, 0, 0]]


def test_bounds_rise_exponentially_to_the_last_decision() -> None:
    found = rising_clip(torch.tensor([[2, 1, 0]]), first=0.02, last=0.2)[0].tolist()
    middle = 0.02 + 0.18 * (math.exp(1.5) - 1) / (math.exp(3) - 1)
    assert found == pytest.approx([0.02, middle, 0.2])
    assert rising_clip(torch.zeros(1, 1), first=0.02, last=0.2).item() == pytest.approx(0.2)


def test_a_bound_for_each_decision_clips_each_by_its_own() -> None:
    ratio = torch.tensor([[1.1, 1.1, 1.1]], dtype=F64)
    bound = torch.tensor([[0.02, 0.06, 0.2]], dtype=F64)
    zero, ones = torch.zeros(1, 3, dtype=F64), torch.ones(1, 3, dtype=F64)
    loss = clipped_surrogate(ratio.log(), zero, ones, ones.bool(), clip_low=bound, clip_high=bound)
    torch.testing.assert_close(loss, -torch.tensor([[1.02, 1.06, 1.1]], dtype=F64))
