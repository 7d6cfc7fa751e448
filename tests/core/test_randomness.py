"""Streams: a row's numbers depend on its key alone."""

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from suite.core.randomness import Streams, permutation, stream_key


def test_a_row_draws_the_same_numbers_in_any_batch_and_any_order() -> None:
    whole = Streams(3, 5, "train", range(20)).normal(7)
    for rows in ([4], [19, 4, 0], [4, 4 + 9], list(range(19, -1, -1))):
        assert torch.equal(Streams(3, 5, "train", rows).normal(7), whole[rows])


def test_a_selection_shares_its_streams_and_leaves_the_others_alone() -> None:
    whole = Streams(0, 0, "a", range(4))
    expected = Streams(0, 0, "a", range(4)).uniform(2, 3)  # two draws of three in a row
    part = whole.select(torch.tensor([2, 0]))
    assert torch.equal(part.uniform(3), expected[[2, 0], 0])
    # Rows 0 and 2 have moved on by one draw, rows 1 and 3 have not.
    after = whole.uniform(3)
    assert torch.equal(after[[0, 2]], expected[[0, 2], 1])
    assert torch.equal(after[[1, 3]], expected[[1, 3], 0])
    assert part.row_ids == [2, 0]


def test_forks_of_one_name_are_equal_and_of_two_names_are_not() -> None:
    streams = Streams(0, 1, "loss", range(8))
    first = streams.fork("noise").normal(16)
    streams.uniform(4)  # what the parent draws changes no fork
    assert torch.equal(streams.fork("noise").normal(16), first)
    assert not torch.equal(streams.fork("masks").normal(16), first)
    assert torch.equal(Streams(0, 1, "loss/noise", range(8)).normal(16), first)


def test_seed_step_purpose_and_row_all_change_the_numbers() -> None:
    keys = [(0, 0, "a", 0), (1, 0, "a", 0), (0, 1, "a", 0), (0, 0, "b", 0), (0, 0, "a", 1)]
    drawn = [tuple(Streams(s, t, p, [r]).uniform(4)[0].tolist()) for s, t, p, r in keys]
    assert len(set(drawn)) == len(keys)


def test_streams_are_numpys_philox_under_the_published_key() -> None:
    """The shortcut that hands Philox its key gives what Philox(key=...) gives."""
    key = stream_key(7, 11, "train", 13)
    plain = np.random.Generator(np.random.Philox(key=key)).random(9, dtype=np.float32)
    assert np.array_equal(Streams(7, 11, "train", [13]).uniform(9)[0].numpy(), plain)


def test_a_hundred_thousand_streams_do_not_collide() -> None:
    """With keys of 32 bits, about 1.2 pairs of 100,000 would be equal by chance."""
    keys = {stream_key(0, 0, "train", row) for row in range(100_000)}
    assert len(keys) == 100_000
    assert max(key.bit_length() for key in keys) > 120
    first = Streams(0, 0, "train", range(20_000)).uniform(2).double()
    assert len({tuple(pair) for pair in first.tolist()}) == 20_000


def test_draws_are_uniform_normal_and_gumbel() -> None:
    """Means and variances within five standard errors, across rows and along a row."""
    for shape, rows in (((1,), 20_000), ((20_000,), 1)):
        streams = Streams(0, 0, "statistics", range(rows))
        uniform, normal = streams.uniform(*shape).double(), streams.normal(*shape).double()
        gumbel = streams.gumbel(*shape).double()
        n = 20_000
        assert abs(float(uniform.mean()) - 0.5) < 5 * math.sqrt(1 / 12 / n)
        assert abs(float(normal.mean())) < 5 / math.sqrt(n)
        assert abs(float(normal.var()) - 1.0) < 5 * math.sqrt(2 / n)
        deviation = math.pi / math.sqrt(6)
        assert abs(float(gumbel.mean()) - 0.57722) < 5 * deviation / math.sqrt(n)


def test_neighbouring_rows_and_steps_are_uncorrelated() -> None:
    n = 2_000
    rows = Streams(0, 0, "a", range(n + 1)).normal(4).double()
    steps = torch.stack([Streams(0, step, "a", [0]).normal(4)[0] for step in range(n + 1)]).double()
    for draws in (rows, steps):
        correlation = (draws[1:] * draws[:-1]).mean()
        assert abs(float(correlation)) < 5 / math.sqrt(4 * n)


def test_uniform_never_gives_zero_and_gumbel_is_finite() -> None:
    streams = Streams(0, 0, "extremes", range(100))
    assert float(streams.uniform(1000).min()) > 0
    assert bool(torch.isfinite(streams.gumbel(1000)).all())


@given(st.integers(1, 50), st.integers(0, 5))
def test_integers_stay_in_range(high: int, row: int) -> None:
    drawn = Streams(0, 0, "integers", [row]).integers(high, 200)
    assert 0 <= int(drawn.min()) <= int(drawn.max()) < high


def test_integers_are_even() -> None:
    counts = torch.bincount(Streams(0, 0, "integers", range(12_000)).integers(6), minlength=6)
    assert float(((counts - 2000.0) ** 2 / 2000.0).sum()) < 20.5  # chi-square, 5 degrees, 99.9 %


def test_no_rows_is_an_empty_draw() -> None:
    assert Streams(0, 0, "none", []).uniform(3).shape == (0, 3)


@given(st.integers(0, 2**40), st.integers(0, 1000), st.integers(1, 64))
def test_a_permutation_holds_every_item_once(seed: int, step: int, size: int) -> None:
    order = permutation(seed, step, "items", size)
    assert sorted(order.tolist()) == list(range(size))
    assert torch.equal(order, permutation(seed, step, "items", size))
