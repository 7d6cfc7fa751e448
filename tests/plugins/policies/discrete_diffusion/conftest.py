"""Small spaces, counted out: every state of a chain, every decision, every probability."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.distributions import StepDistribution
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.policy import DiscreteDiffusion


def sharp_policy(**config: Any) -> DiscreteDiffusion:
    """A float64 micro policy whose laws are far from uniform and depend on the state."""
    small = {"length": 3, "letters": 3, "width": 8, "layers": 1, "heads": 2, "kernel": 5, "seed": 3}
    policy = DiscreteDiffusion(DiffusionConfig(**{**small, **config})).double()
    with torch.no_grad():
        policy.denoiser.head.weight.mul_(10.0)
    return policy


class Chain:
    """A policy's Markov chain on one context, as matrices over all (V + 1)^L states."""

    def __init__(self, policy: DiscreteDiffusion, data: Mapping[str, Tensor] | None = None) -> None:
        self.policy, self.data = policy, data or {}
        self.length, self.mask_id = policy.config.length, policy.mask_id
        ids = range(self.mask_id + 1)
        self.states = torch.tensor(list(itertools.product(ids, repeat=self.length)))
        self.powers = (self.mask_id + 1) ** torch.arange(self.length - 1, -1, -1)

    def context(self, rows: int) -> Context:
        data = {key: value.expand(rows, *value.shape[1:]) for key, value in self.data.items()}
        return Context(index=torch.zeros(rows, dtype=torch.long), data=data)

    def streams(self, rows: int, purpose: str = "test") -> Streams:
        return Streams(0, 0, purpose, range(rows))

    def law(self, t: int) -> StepDistribution:
        """The law of step t in every state."""
        rows = len(self.states)
        state = self.policy.start(self.context(rows), self.streams(rows))
        return self.policy.step(
            {**state, "tokens": self.states}, torch.full((rows,), t, dtype=torch.long)
        )

    def place(self, tokens: Tensor) -> Tensor:
        """Which state each row of tokens [..., L] is."""
        return (tokens * self.powers).sum(dim=-1)

    def decision_log_probs(self, law: StepDistribution) -> Tensor:
        """log p(decision d | state s), [s, d]; -inf where d names a position that is not masked."""
        columns = []
        for decision in self.states:
            rows = decision.expand_as(self.states)
            value = law.log_prob(rows)
            off = ((self.states != self.mask_id) & (rows != self.mask_id)).any(dim=1)
            columns.append(value.masked_fill(off, -torch.inf))
        return torch.stack(columns, dim=1)

    @torch.no_grad()
    def marginals(self) -> Tensor:
        """Probability of each state before each step and at the end, [T + 1, states]."""
        start = self.policy.start(self.context(1), self.streams(1))["tokens"]
        now = torch.zeros(len(self.states), dtype=torch.float64)
        now[self.place(start)] = 1.0
        rows = [now]
        after = torch.where(
            self.states.unsqueeze(0) != self.mask_id, self.states.unsqueeze(0), self.states[:, None]
        )
        for t in range(self.policy.num_steps):
            flow = rows[-1].unsqueeze(1) * self.decision_log_probs(self.law(t)).exp()
            rows.append(
                torch.zeros_like(now).index_add(0, self.place(after).flatten(), flow.flatten())
            )
        return torch.stack(rows)

    def finished(self) -> Tensor:
        """Which states have nothing masked, [states] bool."""
        return (self.states != self.mask_id).all(dim=1)


@pytest.fixture
def make_policy() -> Callable[..., DiscreteDiffusion]:
    return sharp_policy


@pytest.fixture
def make_chain() -> Callable[..., Chain]:
    return Chain
