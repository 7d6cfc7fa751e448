"""Pairs of samples of one context: which two rows meet.

Shapes: B rows, P pairs.
"""

import torch
from torch import Tensor

from suite.core.errors import SuiteError


def rows_by_group(group: Tensor, valid: Tensor) -> list[Tensor]:
    """Valid rows of each group, in order.

    Raises:
        ValueError: ``group`` and ``valid`` are not of one shape [B].
    """
    if group.ndim != 1 or valid.shape != group.shape:
        shapes = [tuple(x.shape) for x in (group, valid)]
        raise ValueError(f"group and valid must be of one shape [B], got {shapes}")
    return [
        torch.nonzero((group == g) & valid).squeeze(1) for g in torch.unique(group, sorted=True)
    ]


def neighbours(group: Tensor, valid: Tensor) -> Tensor:
    """Rows 0-1, 2-3, ... of each group, [P, 2] long; an odd one out is left.

    Raises:
        SuiteError: no group has two valid samples.
    """
    pairs = []
    for rows in rows_by_group(group, valid):
        even = rows[: len(rows) // 2 * 2]
        pairs.append(even.view(-1, 2))
    return _checked(torch.cat(pairs))


def best_and_worst(group: Tensor, valid: Tensor, score: Tensor) -> Tensor:
    """The best and the worst of each group, [P, 2] (best first); groups without spread give none.

    Raises:
        SuiteError: no group has two samples of different score.
    """
    pairs = []
    for rows in rows_by_group(group, valid):
        if len(rows) < 2:
            continue
        best, worst = rows[score[rows].argmax()], rows[score[rows].argmin()]
        if bool(score[best] > score[worst]):
            pairs.append(torch.stack([best, worst]))
    return _checked(torch.stack(pairs) if pairs else torch.zeros(0, 2, dtype=torch.long))


def _checked(pairs: Tensor) -> Tensor:
    if len(pairs) == 0:
        raise SuiteError(
            "no context had two samples to compare.\n"
            "Raise train.group_size to 2 or more; if it is, every group's scores are equal: raise "
            "the sampling temperature or choose another reward."
        )
    return pairs
