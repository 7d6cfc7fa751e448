"""Optimal pairings against enumeration."""

import itertools

import numpy as np
import pytest

from suite.plugins.rewards.tools.match import align, assign


def total(scores: list[list[float]], pairs: list[tuple[int, int]]) -> float:
    return sum(scores[i][j] for i, j in pairs)


def best(scores: list[list[float]], *, ordered: bool) -> float:
    """The highest total by trying every pairing."""
    wanted, predicted = len(scores), len(scores[0])
    found = 0.0
    for size in range(min(wanted, predicted) + 1):
        for rows in itertools.combinations(range(wanted), size):
            for columns in itertools.permutations(range(predicted), size):
                if ordered and list(columns) != sorted(columns):
                    continue
                found = max(found, total(scores, list(zip(rows, columns, strict=True))))
    return found


@pytest.mark.parametrize("ordered", [False, True])
def test_pairings_reach_the_total_that_enumeration_finds(ordered: bool) -> None:
    random = np.random.default_rng(0)
    for _ in range(60):
        shape = random.integers(1, 5, size=2)
        scores = (random.random(shape) * (random.random(shape) < 0.7)).tolist()
        pairs = (align if ordered else assign)(scores)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert total(scores, pairs) == pytest.approx(best(scores, ordered=ordered))
        if ordered:
            assert [j for _, j in pairs] == sorted(j for _, j in pairs)


def test_greedy_would_lose_where_optimal_does_not() -> None:
    scores = [[0.9, 1.0], [0.0, 0.9]]
    assert total(scores, assign(scores)) == pytest.approx(1.8)


def test_nothing_to_pair() -> None:
    for pairing in (assign, align):
        assert pairing([]) == []
        assert pairing([[], []]) == []
        assert pairing([[0.0, 0.0]]) == []
