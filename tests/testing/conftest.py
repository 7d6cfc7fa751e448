"""A small environment for the conformance kit: a walk that noise from the episode's seed pushes."""

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from suite.core.environment import Environment, Transition


class Walk(Environment):
    """Two numbers; every step adds the action's size and the episode's own noise."""

    max_steps = 6

    def __init__(self) -> None:
        self.state = torch.zeros(0, 2)
        self.steps = torch.zeros(0, dtype=torch.long)
        self.generators: list[torch.Generator] = []

    def reset(self, seeds: Sequence[int]) -> Tensor:
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self.steps = torch.zeros(len(seeds), dtype=torch.long)
        self.state = torch.stack([torch.randn(2, generator=g) for g in self.generators])
        return self.state.clone()

    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        noise = [torch.randn(2, generator=self.generators[int(row)]) for row in rows]
        push = actions.float().reshape(len(rows), -1).sum(dim=1, keepdim=True)
        self.state[rows] += 0.1 * push + 0.1 * torch.stack(noise)
        self.steps[rows] += 1
        far = self.state[rows].norm(dim=1) > 50.0
        return Transition(
            observation=self.state[rows].clone(),
            reward=-self.state[rows].norm(dim=1),
            terminated=far,
            truncated=(self.steps[rows] >= self.max_steps) & ~far,
            failed=torch.zeros(len(rows), dtype=torch.bool),
        )


@pytest.fixture
def walk() -> Walk:
    return Walk()


@pytest.fixture
def walk_class() -> type[Walk]:
    """For tests that break one method of it."""
    return Walk
