"""How a conformance check is written, run and named.

A check is a function of one subject that raises AssertionError with a message that says what to
do. Its name is what a table shows, its docstring the demand. Any other exception in a check comes
from the thing under test, and becomes an AssertionError that quotes the demand.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from suite.core.trees import tree_map

Subject = TypeVar("Subject")
Check = Callable[[Subject], None]


def require(condition: object, message: str) -> None:
    """An assertion that ``python -O`` keeps."""
    if not condition:
        raise AssertionError(message)


def name_of(check: Check[Subject]) -> str:
    """What a table calls a check: its function's name in words."""
    return check.__name__.replace("_", " ")


def run_check(check: Check[Subject], subject: Subject) -> None:
    """One check.

    Raises:
        AssertionError: the subject does not do what the check demands.
    """
    try:
        check(subject)
    except AssertionError:
        raise
    except Exception as error:
        demand = (check.__doc__ or name_of(check)).strip().splitlines()[0]
        raise AssertionError(f"{demand} It raised {type(error).__name__}: {error}") from error


def run_checks(checks: Sequence[Check[Subject]], subject: Subject) -> None:
    """Every check, up to the first that fails."""
    for check in checks:
        run_check(check, subject)


def leaves(tree: Any) -> list[Any]:
    """The tensors and tuples of a tree, in order."""
    found: list[Any] = []

    def keep(leaf: Any) -> Any:
        found.append(leaf)
        return leaf

    tree_map(keep, tree)
    return found


def distance(one: Tensor, other: Tensor) -> float:
    """The largest difference, relative where values exceed 1; infinite values must be equal."""
    if one.shape != other.shape:
        return float("inf")
    if one.numel() == 0:
        return 0.0
    one, other = one.detach().double(), other.detach().double()
    gap = torch.where(one == other, torch.zeros_like(one), (one - other).abs())
    scale = other.abs().clamp_min(1.0)
    # inf / inf where only one side is infinite, and nan anywhere, are no agreement.
    return float(torch.nan_to_num(gap / scale, nan=float("inf")).max())
