"""Trees of tensors with one leading row dimension.

A tree is a tensor, None, a tuple of per-row objects (strings, molecules), a mapping of trees, or a
frozen dataclass of trees. Strings and numbers in a dataclass are settings and stay as they are.
Every function returns a new tree; none edits its argument.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

Tree = TypeVar("Tree")


def tree_map(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """Apply ``function`` to every leaf that has rows: tensors and tuples."""
    if isinstance(tree, Tensor | tuple):
        return function(tree)  # type: ignore[no-any-return]
    if isinstance(tree, Mapping):
        return {key: tree_map(function, value) for key, value in tree.items()}  # type: ignore[return-value]
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        fields = {
            f.name: tree_map(function, getattr(tree, f.name)) for f in dataclasses.fields(tree)
        }
        return dataclasses.replace(tree, **fields)
    return tree


def take_rows(tree: Tree, index: Tensor) -> Tree:
    """Rows ``index`` [K] of every leaf, in that order."""
    chosen = index.tolist()

    def take(leaf: Any) -> Any:
        if isinstance(leaf, tuple):
            return tuple(leaf[i] for i in chosen)
        return leaf.index_select(0, index.to(leaf.device))

    return tree_map(take, tree)


def to_device(tree: Tree, device: torch.device | str) -> Tree:
    """Every tensor on ``device``."""
    return tree_map(lambda leaf: leaf.to(device) if isinstance(leaf, Tensor) else leaf, tree)


def detach(tree: Tree) -> Tree:
    """Every tensor cut from the autograd graph."""
    return tree_map(lambda leaf: leaf.detach() if isinstance(leaf, Tensor) else leaf, tree)


def concat_rows(trees: Sequence[Tree]) -> Tree:
    """The rows of all trees, one after the other; the trees must have one shape of fields."""
    first = trees[0]
    if len(trees) == 1:
        return first
    if isinstance(first, Tensor):
        return torch.cat([t for t in trees if isinstance(t, Tensor)], dim=0)  # type: ignore[return-value]
    if isinstance(first, tuple):
        return tuple(item for tree in trees for item in tree)  # type: ignore[return-value, attr-defined]
    if isinstance(first, Mapping):
        return {key: concat_rows([t[key] for t in trees]) for key in first}  # type: ignore[return-value, index]
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        names = [f.name for f in dataclasses.fields(first)]
        fields = {name: concat_rows([getattr(t, name) for t in trees]) for name in names}
        return dataclasses.replace(first, **fields)
    return first


def num_rows(tree: Any) -> int:
    """How many rows the first leaf has.

    Raises:
        ValueError: the tree has no leaf with rows.
    """
    sizes: list[int] = []

    def note(leaf: Any) -> Any:
        sizes.append(len(leaf))
        return leaf

    tree_map(note, tree)
    if not sizes:
        raise ValueError("num_rows needs a tree with at least one tensor or tuple")
    return sizes[0]
