"""Networks of control policies and the normaliser of what they see. Shapes: [..., F] features."""

import math

import torch
from torch import Tensor, nn


class Normaliser(nn.Module):
    """(x - mean) / std, cut at +-10; its numbers are buffers, so a checkpoint holds them."""

    mean: Tensor
    std: Tensor

    def __init__(self, size: int, mean: tuple[float, ...] | None, std: tuple[float, ...] | None):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean or (0.0,) * size))
        self.register_buffer("std", torch.tensor(std or (1.0,) * size))

    def forward(self, seen: Tensor) -> Tensor:
        """Normalised observations [..., O] of raw ones."""
        return ((seen - self.mean) / self.std).clamp(-10.0, 10.0)


def perceptron(inputs: int, width: int, outputs: int, *, last_gain: float) -> nn.Sequential:
    """Two hidden layers of tanh, orthogonal weights, zero biases.

    Huang et al., "The 37 Implementation Details of Proximal Policy Optimization" (2022), detail 2.
    """
    return nn.Sequential(
        _orthogonal(nn.Linear(inputs, width), math.sqrt(2)),
        nn.Tanh(),
        _orthogonal(nn.Linear(width, width), math.sqrt(2)),
        nn.Tanh(),
        _orthogonal(nn.Linear(width, outputs), last_gain),
    )


def _orthogonal(layer: nn.Linear, gain: float) -> nn.Linear:
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def time_features(t: Tensor) -> Tensor:
    """Sines and cosines of a time in [0, 1], [..., 6]."""
    angle = t.unsqueeze(-1) * math.pi * torch.tensor([1.0, 2.0, 4.0]).to(t)
    return torch.cat([angle.sin(), angle.cos()], dim=-1)
