"""Figures of merit against hand-worked numbers, scipy, and brute force."""

import itertools
import math

import pytest
import torch

from suite.core.oracle_metrics import (
    average_ranks,
    calibrate,
    calibration_error,
    r_squared,
    rmse,
    spearman,
)


def test_equal_values_share_the_mean_of_their_ranks() -> None:
    ranks = average_ranks(torch.tensor([3.0, 1.0, 3.0, 2.0, 3.0]))
    assert ranks.tolist() == [4.0, 1.0, 4.0, 2.0, 4.0]


def test_spearman_without_ties_is_the_textbook_formula() -> None:
    """1 - 6 sum d^2 / (n (n^2 - 1)) for every permutation of five."""
    first = torch.arange(5.0)
    for order in itertools.permutations(range(5)):
        second = torch.tensor(order, dtype=torch.float32)
        squares = float(((first - second) ** 2).sum())
        assert spearman(first, second) == pytest.approx(1.0 - 6.0 * squares / 120.0, abs=1e-12)


def test_spearman_with_ties_agrees_with_scipy() -> None:
    from scipy import stats

    generator = torch.Generator().manual_seed(3)
    for _ in range(5):
        a = torch.randint(6, (40,), generator=generator).float()
        b = a + torch.randint(9, (40,), generator=generator).float()
        expected = float(stats.spearmanr(a.numpy(), b.numpy()).statistic)
        assert spearman(a, b) == pytest.approx(expected, abs=1e-12)


def test_spearman_of_a_constant_is_not_a_number() -> None:
    assert math.isnan(spearman(torch.ones(4), torch.arange(4.0)))


def test_errors_of_a_hand_worked_example() -> None:
    """Residuals 1, 0, -2; targets spread 4 + 0 + 4 around their mean 2."""
    target, prediction = torch.tensor([0.0, 2.0, 4.0]), torch.tensor([1.0, 2.0, 2.0])
    assert rmse(prediction, target) == pytest.approx(math.sqrt(5.0 / 3.0))
    assert r_squared(prediction, target) == pytest.approx(1.0 - 5.0 / 8.0)


def test_calibration_error_forgives_noise_and_sees_bias() -> None:
    """Two bins: errors +1 and -1 cancel in the first, +2 and +2 add up in the second."""
    prediction = torch.tensor([0.0, 0.1, 5.0, 5.1])
    target = prediction - torch.tensor([1.0, -1.0, 2.0, 2.0])
    assert calibration_error(prediction, target, num_bins=2) == pytest.approx(1.0, abs=1e-6)


def brute_force_isotonic(target: list[float]) -> list[float]:
    """Least squares among monotone sequences: the max-min formula."""
    n = len(target)
    mean = {(i, j): sum(target[i : j + 1]) / (j + 1 - i) for i in range(n) for j in range(i, n)}
    return [max(min(mean[i, j] for j in range(k, n)) for i in range(k + 1)) for k in range(n)]


def test_isotonic_pools_are_the_max_min_formula() -> None:
    """At a pool's centre the map gives the pool's level; levels are those of brute force."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(10):
        target = torch.randn(9, generator=generator)
        fitted = calibrate(torch.arange(9.0), target, "isotonic")
        levels = sorted({round(v, 5) for v in brute_force_isotonic(target.tolist())})
        assert [round(v, 5) for v in fitted.y.tolist()] == pytest.approx(levels, abs=2e-5)
        torch.testing.assert_close(fitted(fitted.x), fitted.y)


def test_affine_calibration_undoes_a_straight_line() -> None:
    raw = torch.linspace(-2.0, 3.0, 50)
    fitted = calibrate(raw, 1.5 * raw - 0.7, "affine")
    torch.testing.assert_close(fitted(torch.tensor([-9.0, 9.0])), torch.tensor([-14.2, 12.8]))


def test_a_scorer_that_ranks_backwards_is_not_turned_around() -> None:
    raw = torch.arange(10.0)
    for kind in ("affine", "isotonic"):
        fitted = calibrate(raw, -raw, kind)  # type: ignore[arg-type]
        torch.testing.assert_close(fitted(torch.tensor([0.0, 9.0])), torch.tensor([-4.5, -4.5]))


def test_the_map_is_continuous_and_keeps_a_gradient_beyond_the_data() -> None:
    generator = torch.Generator().manual_seed(2)
    raw = torch.randn(200, generator=generator)
    fitted = calibrate(raw, raw.tanh() + 0.1 * torch.randn(200, generator=generator), "isotonic")
    grid = torch.linspace(-6.0, 6.0, 20001)
    values = fitted(grid)
    assert float(values.diff().min()) >= 0.0
    near = torch.cat([fitted.x - 1e-5, fitted.x + 1e-5])
    assert float((fitted(near) - torch.cat([fitted.y, fitted.y])).abs().max()) < 1e-2
    far = torch.tensor([-6.0, 6.0], requires_grad=True)
    fitted(far).sum().backward()
    assert far.grad is not None
    torch.testing.assert_close(far.grad, torch.full((2,), fitted.slope))


def test_no_calibration_changes_nothing() -> None:
    raw = torch.randn(5)
    torch.testing.assert_close(calibrate(raw, -raw, "none")(raw), raw)
