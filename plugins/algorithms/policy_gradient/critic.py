"""A critic: values of states from the features that a policy offers."""

import torch
from torch import Tensor, nn


class Critic(nn.Module):
    """A small perceptron from features [..., F] to values [...], in the reward's unit."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()
        )
        self.value = nn.Linear(width, 1)
        nn.init.zeros_(self.value.weight)
        nn.init.zeros_(self.value.bias)

    def forward(self, features: Tensor) -> Tensor:
        """Values [...] of features [..., F]."""
        out: Tensor = self.value(self.layers(features)).squeeze(-1)
        return out


def bootstrap_values(after: Tensor, terminated: Tensor) -> Tensor:
    """Value of the state after each decision: 0 where the episode ended by itself, [B, T]."""
    return torch.where(terminated, torch.zeros_like(after), after)
