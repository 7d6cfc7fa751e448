"""Weights of samples: by hand, extremes, and wrong arguments. B samples."""

import math

import pytest
import torch

from suite.plugins.algorithms.weighted.weights import best_share, exponential

F64 = torch.float64
SCORE = torch.tensor([1.0, 3.0, 2.0, 9.0, math.nan, 4.0, 4.0], dtype=F64)
GROUP = torch.tensor([0, 0, 0, 1, 1, 1, 1])
VALID = torch.tensor([True, True, True, True, False, True, True])


@pytest.mark.parametrize(
    ("share", "kept"),
    [(0.25, [1, 3]), (1 / 3, [1, 3]), (0.34, [1, 2, 3, 5]), (1.0, [0, 1, 2, 3, 5, 6])],
)
def test_the_best_share_of_each_groups_valid_samples_gets_one(
    share: float, kept: list[int]
) -> None:
    """Rounded up, and the first of equals wins."""
    weights = best_share(SCORE, GROUP, VALID, share=share)
    assert torch.nonzero(weights).squeeze(1).tolist() == kept
    assert set(weights.tolist()) <= {0.0, 1.0}


def test_exponential_weights_have_mean_one_and_the_ratios_of_the_tilt() -> None:
    weights = exponential(SCORE, GROUP, VALID, temperature=2.0)
    first = torch.tensor([1.0, 3.0, 2.0], dtype=F64).div(2.0).exp()
    torch.testing.assert_close(weights[:3], 3 * first / first.sum())
    assert float(weights[4]) == 0.0
    torch.testing.assert_close(weights[3:].sum(), torch.tensor(3.0, dtype=F64))
    torch.testing.assert_close(weights[3] / weights[5], torch.tensor(math.exp(2.5), dtype=F64))


def test_one_round_of_exponential_weights_lands_on_the_tilted_law() -> None:
    """Weighted counts of samples of p_old estimate p_old exp(r / temperature) / Z."""
    p_old = torch.tensor([0.5, 0.3, 0.2], dtype=F64)
    reward = torch.tensor([0.0, 1.0, 2.0], dtype=F64)
    drawn = torch.repeat_interleave(torch.arange(3), torch.tensor([50, 30, 20]))
    group, valid = torch.zeros(100, dtype=torch.long), torch.ones(100, dtype=torch.bool)
    weights = exponential(reward[drawn], group, valid, temperature=0.7)
    found = torch.zeros(3, dtype=F64).index_add_(0, drawn, weights) / 100
    tilted = p_old * (reward / 0.7).exp()
    torch.testing.assert_close(found, tilted / tilted.sum())


def test_scores_of_ten_thousand_stay_finite() -> None:
    far = torch.tensor([1e4, -1e4, 0.0])
    group, valid = torch.zeros(3, dtype=torch.long), torch.ones(3, dtype=torch.bool)
    assert exponential(far, group, valid, temperature=0.01).tolist() == [3.0, 0.0, 0.0]
    assert best_share(far, group, valid, share=0.3).tolist() == [1.0, 0.0, 0.0]


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\], got 0"):
        best_share(SCORE, GROUP, VALID, share=0)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        exponential(SCORE, GROUP, VALID, temperature=0)
    with pytest.raises(ValueError, match=r"of one shape \[B\], got \[\(7,\), \(6,\), \(7,\)\]"):
        best_share(SCORE, GROUP[:6], VALID, share=0.5)
    with pytest.raises(ValueError, match=r"of one shape \[B\]"):
        exponential(SCORE, GROUP, VALID[:6], temperature=1.0)
