"""Rollouts: batches change nothing, and an environment's answers stand where they belong."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from suite.core.environment import Environment, Transition
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Trajectory
from suite.core.registry import make_policy
from suite.core.rollout import rollout, rollout_in_batches
from suite.core.trees import tree_map

POLICIES = ("micro/token", "micro/gaussian", "micro/unmasking", "micro/gflownet")


def context(size: int) -> Context:
    return Context(index=torch.arange(size))


def streams(size: int) -> Streams:
    return Streams(0, 3, "train", range(size))


def same(first: Trajectory, second: Trajectory) -> None:
    leaves: tuple[list[Tensor], list[Tensor]] = ([], [])
    for store, tree in zip(leaves, (first, second), strict=True):
        tree_map(lambda leaf, store=store: store.append(leaf) or leaf, tree)  # type: ignore[misc]
    assert len(leaves[0]) == len(leaves[1]) > 4
    for a, b in zip(*leaves, strict=True):
        assert a.shape == b.shape
        if a.dtype.is_floating_point:
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-6)
        else:
            assert torch.equal(a, b)


@pytest.mark.parametrize("batch_size", [1, 4, 7, 100])
@pytest.mark.parametrize("name", POLICIES)
def test_any_batch_size_gives_the_samples_of_one_batch(name: str, batch_size: int) -> None:
    policy = make_policy(name, {})
    whole = rollout(policy, context(13), streams(13))
    same(whole, rollout_in_batches(policy, context(13), streams(13), batch_size=batch_size))


def test_a_rollout_is_a_pure_function_of_its_streams() -> None:
    policy = make_policy("micro/unmasking", {})
    first = rollout(policy, context(6), streams(6))
    torch.manual_seed(99)
    same(first, rollout(policy, context(6), streams(6)))


class Countdown(Environment):
    """Row i ends by itself after ``lengths[i]`` steps; the observation counts the steps taken."""

    def __init__(self, lengths: Sequence[int], *, max_steps: int = 6, fails: int = -1) -> None:
        self.lengths, self.max_steps, self.fails = list(lengths), max_steps, fails
        self.seeds: list[int] = []

    def reset(self, seeds: Sequence[int]) -> Tensor:
        # A batch of rows plays its own part of the episodes, in order.
        first = len(self.seeds)
        self.current = self.lengths[first : first + len(seeds)]
        self.seeds += list(seeds)
        self.taken = torch.zeros(len(seeds), dtype=torch.long)
        return torch.zeros(len(seeds), 4)

    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        self.taken[rows] += 1
        taken, length = self.taken[rows], torch.tensor(self.current)[rows]
        return Transition(
            observation=taken.float().unsqueeze(1).expand(-1, 4).clone(),
            reward=10.0 * rows + taken.float(),
            terminated=taken == length,
            truncated=(taken == self.max_steps) & (taken != length),
            failed=(rows == self.fails) & (taken == 2),
        )


def actor(num_steps: int) -> Policy:
    return make_policy("micro/actor", {"num_steps": num_steps})


def test_an_episode_ends_where_its_environment_says() -> None:
    record = rollout(actor(8), context(3), streams(3), environment=Countdown([2, 100, 4]))
    assert record.mask.sum(dim=1).tolist() == [2, 6, 4]
    assert record.terminated is not None
    assert record.truncated is not None
    assert record.reward is not None
    assert record.final_observation is not None
    assert record.terminated.nonzero().tolist() == [[0, 1], [2, 3]]
    assert record.truncated.nonzero().tolist() == [[1, 5]]
    assert record.reward[0].tolist() == [1.0, 2.0, 0.0, 0.0, 0.0, 0.0]
    assert record.reward.sum(dim=1).tolist() == [3.0, 60.0 + 21.0, 80.0 + 10.0]
    assert record.final_observation[:, 0].tolist() == [2.0, 6.0, 4.0]
    seen = record.decisions["observation"][:, :, 0]
    assert seen[1].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_policys_own_last_step_cuts_the_episode() -> None:
    record = rollout(actor(3), context(2), streams(2), environment=Countdown([3, 100]))
    assert record.terminated is not None
    assert record.truncated is not None
    assert record.terminated[:, 2].tolist() == [True, False]
    assert record.truncated[:, 2].tolist() == [False, True]


def test_a_failed_environment_drops_its_row_and_no_other() -> None:
    record = rollout(actor(8), context(3), streams(3), environment=Countdown([4, 4, 4], fails=1))
    assert record.valid_rows.tolist() == [True, False, True]
    assert record.mask.sum(dim=1).tolist() == [4, 2, 4]


def test_episodes_in_batches_are_padded_to_one_length() -> None:
    lengths = [2, 3, 100, 1, 4]
    whole_environment, batched_environment = Countdown(lengths), Countdown(lengths)
    policy = actor(8)
    whole = rollout(policy, context(5), streams(5), environment=whole_environment)
    parts = rollout_in_batches(
        policy, context(5), streams(5), batch_size=2, environment=batched_environment
    )
    assert whole_environment.seeds == batched_environment.seeds
    assert len(set(whole_environment.seeds)) == 5
    assert torch.equal(whole.mask, parts.mask)
    torch.testing.assert_close(whole.log_prob, parts.log_prob)
    assert whole.terminated is not None
    assert parts.terminated is not None
    assert torch.equal(whole.terminated, parts.terminated)
    kept = whole.mask.unsqueeze(-1)
    assert torch.equal(whole.decisions["observation"] * kept, parts.decisions["observation"] * kept)


def test_each_answer_of_an_environment_begins_a_segment() -> None:
    record = rollout(actor(8), context(2), streams(2), environment=Countdown([2, 4]))
    assert record.segment is not None
    assert record.segment[1].tolist() == [0, 1, 2, 3]
    assert record.segment[0, :2].tolist() == [0, 1]
