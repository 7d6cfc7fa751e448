"""Advantages: by hand, against a slow reference, at extremes, and with wrong shapes.

Shapes: B samples, T decisions.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from suite.plugins.algorithms.policy_gradient.advantages import (
    generalised_advantages,
    group_standardised,
    group_sums,
    later_sum,
    leave_one_out,
    returns_to_go,
    whiten,
)

F64 = torch.float64
GROUP = torch.tensor([0, 0, 1, 1, 1, 0])
VALID = torch.tensor([True, True, True, False, True, True])
VALUES = torch.tensor([1.0, 2.0, 10.0, math.nan, 4.0, 6.0], dtype=F64)


def test_group_sums_count_valid_rows_alone() -> None:
    sums, counts = group_sums(VALUES, GROUP, VALID)
    assert sums.tolist() == [9.0, 9.0, 14.0, 14.0, 14.0, 9.0]
    assert counts.tolist() == [3.0, 3.0, 2.0, 2.0, 2.0, 3.0]


def test_leave_one_out_subtracts_the_mean_of_the_others() -> None:
    found = leave_one_out(VALUES, GROUP, VALID)
    # Others of the first group: (2 + 6) / 2, (1 + 6) / 2, (1 + 2) / 2.
    expected = torch.tensor([1 - 4, 2 - 3.5, 10 - 4, 0, 4 - 10, 6 - 1.5], dtype=F64)
    torch.testing.assert_close(found, expected)


def test_leave_one_out_works_column_by_column_on_returns() -> None:
    columns = torch.stack([VALUES, 2 * VALUES], dim=1)
    found = leave_one_out(columns, GROUP, VALID)
    single = leave_one_out(VALUES, GROUP, VALID)
    torch.testing.assert_close(found, torch.stack([single, 2 * single], dim=1))


def test_group_standardised_divides_by_the_std_with_n_minus_one() -> None:
    found = group_standardised(VALUES, GROUP, VALID, eps=1e-4)
    first = torch.tensor([1.0, 2.0, 6.0], dtype=F64)
    expected = (first - 3.0) / (first.std(correction=1) + 1e-4)
    torch.testing.assert_close(found[[0, 1, 5]], expected)
    deviation = math.sqrt(18.0) + 1e-4  # 10 and 4 about 7
    torch.testing.assert_close(found[[2, 4]], torch.tensor([3.0, -3.0], dtype=F64) / deviation)
    assert float(found[3]) == 0.0


def test_a_group_without_spread_gets_zero() -> None:
    same = torch.full((4,), 5.0, dtype=F64)
    group, valid = torch.zeros(4, dtype=torch.long), torch.ones(4, dtype=torch.bool)
    assert group_standardised(same, group, valid).tolist() == [0.0] * 4
    assert leave_one_out(same, group, valid).tolist() == [0.0] * 4


def test_returns_and_later_sums_by_hand() -> None:
    rewards = torch.tensor([[1.0, 2.0, 4.0]], dtype=F64)
    assert returns_to_go(rewards).tolist() == [[7.0, 6.0, 4.0]]
    assert returns_to_go(rewards, discount=0.5).tolist() == [[3.0, 4.0, 4.0]]
    assert later_sum(rewards).tolist() == [[6.0, 4.0, 0.0]]


def test_whitening_gives_mean_zero_and_deviation_one_within_the_mask() -> None:
    advantage, mask = torch.randn(5, 6, dtype=F64), torch.rand(5, 6) < 0.6
    found = whiten(advantage, mask)
    torch.testing.assert_close(found[mask].mean(), torch.zeros((), dtype=F64), atol=1e-12, rtol=0)
    torch.testing.assert_close(found[mask].std(), torch.ones((), dtype=F64), atol=1e-6, rtol=0)
    assert bool((found[~mask] == 0).all())
    single = torch.zeros(1, 3, dtype=torch.bool).index_fill(1, torch.tensor([1]), True)
    assert torch.equal(whiten(advantage[:1, :3], single), advantage[:1, :3])


# --- generalised advantages -----------------------------------------------------------------------


def slow(
    rewards: list[float], values: list[float], bootstrap: list[float], ended: list[bool],
    mask: list[bool], discount: float, trace: float,
) -> list[float]:  # fmt: skip
    """One row, from the definition: a sum of discounted errors over the decisions that follow."""
    decided = [t for t in range(len(rewards)) if mask[t]]
    errors, stops = [], []
    for place, t in enumerate(decided):
        until = decided[place + 1] if place + 1 < len(decided) else len(rewards)
        gained = sum(rewards[t:until])
        stop = ended[t]
        after = bootstrap[t] if stop else (values[until] if until < len(rewards) else 0.0)
        errors.append(gained + discount * after - values[t])
        stops.append(stop)
    out = [0.0] * len(rewards)
    for place, t in enumerate(decided):
        factor = 1.0
        for later in range(place, len(decided)):
            out[t] += factor * errors[later]
            factor *= discount * trace
            if stops[later]:
                break
    return out


@given(
    st.integers(0, 10_000), st.integers(1, 7), st.floats(0.0, 1.0), st.floats(0.1, 1.0)
)  # fmt: skip
@settings(max_examples=150)
def test_gae_equals_the_slow_sum(seed: int, steps: int, trace: float, discount: float) -> None:
    """Random masks with gaps, rows that end early by termination (0) or truncation (a value)."""
    generator = torch.Generator().manual_seed(seed)
    rewards, values, cut = torch.randn(3, 4, steps, generator=generator, dtype=F64)
    mask = torch.rand(4, steps, generator=generator) < 0.7
    length = torch.randint(1, steps + 1, (4,), generator=generator)
    inside = torch.arange(steps) < length.unsqueeze(1)
    mask, rewards = mask & inside, rewards * inside
    last = torch.where(mask, torch.arange(steps), -1).max(dim=1).values
    ended = (torch.arange(steps) == last.unsqueeze(1)) & mask
    terminated = torch.rand(4, 1, generator=generator) < 0.5
    bootstrap = torch.where(terminated, torch.zeros_like(cut), cut)
    found = generalised_advantages(
        rewards, values, bootstrap, ended, mask, discount=discount, trace=trace
    )
    for b in range(4):
        expected = slow(
            rewards[b].tolist(), values[b].tolist(), bootstrap[b].tolist(), ended[b].tolist(),
            mask[b].tolist(), discount, trace,
        )  # fmt: skip
        torch.testing.assert_close(found[b], torch.tensor(expected, dtype=F64))


def one_row(*values: float) -> Tensor:
    return torch.tensor([values], dtype=F64)


def test_gae_by_hand_for_termination_and_truncation() -> None:
    """Rewards 1, 1; values .5, .25; gamma .9, lambda .8; the final state would be worth 2."""
    rewards, values = one_row(1, 1), one_row(0.5, 0.25)
    mask, ended = torch.ones(1, 2, dtype=torch.bool), torch.tensor([[False, True]])
    options = {"discount": 0.9, "trace": 0.8}
    first = 1 + 0.9 * 0.25 - 0.5
    dead = generalised_advantages(rewards, values, one_row(0, 0), ended, mask, **options)
    torch.testing.assert_close(dead, one_row(first + 0.72 * 0.75, 0.75))
    cut = generalised_advantages(rewards, values, one_row(0, 2), ended, mask, **options)
    torch.testing.assert_close(cut, one_row(first + 0.72 * 2.55, 2.55))


def test_gae_with_full_traces_is_return_minus_value() -> None:
    rewards, values = torch.randn(2, 3, 5, dtype=F64)
    mask, ended = torch.ones(3, 5, dtype=torch.bool), torch.zeros(3, 5, dtype=torch.bool)
    ended[:, 4] = True
    found = generalised_advantages(
        rewards, values, torch.zeros(3, 5, dtype=F64), ended, mask, discount=1.0, trace=1.0
    )
    torch.testing.assert_close(found, returns_to_go(rewards) - values)


# --- extremes and shapes ------------------------------------------------------------------------


def test_inputs_of_ten_thousand_stay_finite() -> None:
    far = torch.tensor([1e4, -1e4, 1e4, -1e4])
    group, valid = torch.tensor([0, 0, 1, 1]), torch.ones(4, dtype=torch.bool)
    table = far.view(2, 2)
    mask, ended = torch.ones(2, 2, dtype=torch.bool), torch.tensor([[False, True]] * 2)
    found = [
        leave_one_out(far, group, valid), group_standardised(far, group, valid),
        returns_to_go(table), whiten(table, mask),
        generalised_advantages(table, -table, table, ended, mask, discount=1.0, trace=0.95),
    ]  # fmt: skip
    assert all(bool(torch.isfinite(x).all()) for x in found)


def test_a_lone_valid_sample_is_refused() -> None:
    valid = torch.tensor([True, False])
    group = torch.zeros(2, dtype=torch.long)
    for function in (leave_one_out, group_standardised):
        with pytest.raises(ValueError, match="at least two valid samples a group"):
            function(torch.ones(2), group, valid)


def test_wrong_shapes_are_told() -> None:
    with pytest.raises(ValueError, match=r"must share B, got \[\(6,\), \(5,\), \(6,\)\]"):
        leave_one_out(VALUES, GROUP[:5], VALID)
    with pytest.raises(ValueError, match="must share B"):
        group_standardised(VALUES, GROUP, VALID[:5])
    good, short = torch.zeros(2, 3), torch.zeros(2, 2)
    flags = torch.zeros(2, 3, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"one shape \[B, T\]"):
        generalised_advantages(good, short, good, flags, flags, discount=1.0, trace=1.0)
