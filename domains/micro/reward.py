"""Rewards on enumerable spaces. Shapes: B samples, L positions, V letters, D coordinates."""

from typing import ClassVar

import torch
from torch import Tensor

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward


class TableReward(Reward):
    """One fixed number a string, drawn once from a standard normal by ``seed``.

    ``noise`` adds an independent table of that standard deviation: a second opinion that agrees
    with the first as far as the noise allows, for a held-out reward.

    The relaxed view scores the expectation of the table under independent letters, which equals the
    table at the corners.
    """

    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True
    invalid_value = -4.0

    def __init__(self, *, length: int, letters: int, seed: int = 0, noise: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(seed)
        # Letter id ``letters`` is padding, for strings that ended early.
        shape = (letters + 1,) * length
        self.table = torch.randn(shape, generator=generator)
        self.table = self.table + noise * torch.randn(shape, generator=generator)
        self.length, self.letters = length, letters

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Look up tokens [B, L], or contract the table with a relaxed view [B, L, V]."""
        if samples.relaxed is not None:
            return Scores.all_valid(self._expected(samples.relaxed))
        assert samples.tokens is not None
        self.table = self.table.to(samples.tokens.device)
        return Scores.all_valid(self.table[tuple(samples.tokens.unbind(dim=1))])

    def _expected(self, relaxed: Tensor) -> Tensor:
        narrow = self.table.to(relaxed)
        for dim in range(self.length):
            narrow = narrow.narrow(dim, 0, relaxed.shape[-1])
        value = narrow.unsqueeze(0).expand(len(relaxed), *narrow.shape)
        for position in range(self.length):
            weights = relaxed[:, position]
            value = torch.einsum("bv...,bv->b...", value, weights)
        return value


class PointReward(Reward):
    """Minus the squared distance to a target point."""

    unit = "squared distance"
    bounds = (-float("inf"), 0.0)
    invalid_value = -100.0
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(self, *, x: float = 1.0, y: float = 0.0) -> None:
        self.target = torch.tensor([x, y])

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score values [B, 2]."""
        assert samples.values is not None
        target = self.target.to(samples.values)
        return Scores.all_valid(-((samples.values - target) ** 2).sum(dim=1))
