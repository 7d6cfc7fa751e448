"""Credit of decisions, pairs of samples, and trees of rows. B samples, T decisions, P pairs."""

from typing import Any

import pytest
import torch

from suite.core.credit import decision_rewards, ends, last_decision
from suite.core.errors import SuiteError
from suite.core.pairs import best_and_worst, neighbours
from suite.core.records import Context, Samples, Trajectory
from suite.core.trees import concat_rows, num_rows, take_rows

MASK = torch.tensor([[True, True, False], [True, False, True], [False, False, False]])


def record(**fields: Any) -> Trajectory:
    return Trajectory(
        context=Context(index=torch.arange(3), native=("a", "b", "c")),
        sample=Samples(tokens=torch.arange(6).view(3, 2)),
        decisions={"decision": torch.arange(9).view(3, 3)},
        mask=MASK,
        log_prob=torch.zeros(3, 3),
        group=torch.tensor([0, 0, 1]),
        seed_index=torch.arange(3),
        **fields,
    )


def test_a_score_stands_at_the_last_decision() -> None:
    assert last_decision(MASK).tolist() == [
        [False, True, False], [False, False, True], [False, False, False],
    ]  # fmt: skip
    rewards = decision_rewards(record(), torch.tensor([2.0, 3.0, 4.0]))
    assert rewards.tolist() == [[0, 2, 0], [0, 0, 3], [0, 0, 0]]
    terminated, ended = ends(record())
    assert torch.equal(terminated, last_decision(MASK))
    assert torch.equal(ended, terminated)


def test_an_environments_own_rewards_and_ends_win() -> None:
    reward = torch.rand(3, 3)
    terminated = torch.zeros(3, 3, dtype=torch.bool)
    terminated[0, 1] = True
    truncated = torch.zeros(3, 3, dtype=torch.bool)
    truncated[1, 2] = True
    trajectory = record(reward=reward, terminated=terminated, truncated=truncated)
    assert torch.equal(decision_rewards(trajectory, torch.ones(3)), reward)
    found, ended = ends(trajectory)
    assert torch.equal(found, terminated)
    assert ended.nonzero().tolist() == [[0, 1], [1, 2]]


GROUP = torch.tensor([1, 0, 1, 0, 0, 1])
VALID = torch.tensor([True, True, True, True, True, False])


def test_neighbours_meet_within_their_group_and_failed_rows_meet_no_one() -> None:
    assert neighbours(GROUP, VALID).tolist() == [[1, 3], [0, 2]]


def test_the_best_meets_the_worst_and_groups_without_spread_give_none() -> None:
    score = torch.tensor([2.0, 1.0, 2.0, 5.0, 3.0, 9.0])
    assert best_and_worst(GROUP, VALID, score).tolist() == [[3, 1]]


def test_no_pair_at_all_is_the_users_to_mend() -> None:
    with pytest.raises(SuiteError, match=r"(?s)no context had two samples.*train.group_size"):
        neighbours(torch.arange(3), torch.ones(3, dtype=torch.bool))
    with pytest.raises(SuiteError, match="every group's scores are equal"):
        best_and_worst(GROUP, VALID, torch.zeros(6))


def test_taking_and_joining_rows_keeps_every_leaf_in_step() -> None:
    whole = record()
    parts = [take_rows(whole, torch.tensor(rows)) for rows in ([2], [0, 1])]
    joined = concat_rows(parts)
    assert joined.context.native == ("c", "a", "b")
    assert joined.group.tolist() == [1, 0, 0]
    assert joined.decisions["decision"][:, 0].tolist() == [6, 0, 3]
    assert joined.sample.tokens is not None
    assert joined.sample.tokens[:, 0].tolist() == [4, 0, 2]
    assert joined.valid is None
    assert num_rows(joined) == 3
    assert whole.group.tolist() == [0, 0, 1], "the argument stays as it was"


def test_a_tree_without_rows_has_no_size() -> None:
    with pytest.raises(ValueError, match="at least one tensor or tuple"):
        num_rows({"a": None})
