"""Which predicted call answers which wanted one: the pairing with the highest total, exactly.

Greedy pairing depends on the order of the calls: with scores [[0.9, 1.0], [0.0, 0.9]] it takes
1.0 first and ends at 1.0, where 1.8 is possible.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

Scores = Sequence[Sequence[float]]  # [wanted, predicted], none negative


def assign(scores: Scores) -> list[tuple[int, int]]:
    """Pairs (wanted, predicted) of the highest total, each index once; pairs of score 0 are left.

    The assignment problem, solved exactly in O(n^3) (Jonker and Volgenant, by way of scipy).
    """
    if not scores or not scores[0]:
        return []
    rows, columns = linear_sum_assignment(np.asarray(scores, dtype=np.float64), maximize=True)
    pairs = [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
    return [(row, column) for row, column in pairs if scores[row][column] > 0]


def align(scores: Scores) -> list[tuple[int, int]]:
    """As ``assign``, with pairs that keep the order of both sides (dynamic programming)."""
    wanted, predicted = len(scores), len(scores[0]) if scores else 0
    best = np.zeros((wanted + 1, predicted + 1))
    for i in range(wanted - 1, -1, -1):
        for j in range(predicted - 1, -1, -1):
            together = scores[i][j] + best[i + 1, j + 1] if scores[i][j] > 0 else 0.0
            best[i, j] = max(together, best[i + 1, j], best[i, j + 1])
    pairs, i, j = [], 0, 0
    while i < wanted and j < predicted:
        if best[i, j] == best[i + 1, j]:
            i += 1
        elif best[i, j] == best[i, j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs
