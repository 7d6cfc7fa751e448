"""The flow of states: what SubTB and detailed balance learn beside the policy."""

import torch
from torch import Tensor, nn


class StateFlow(nn.Module):
    """log F(s) - log Z, a small perceptron from features [..., F] to [...], nats; 0 at first."""

    def __init__(self, features: int, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(features, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()
        )
        self.out = nn.Linear(width, 1)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, features: Tensor, log_z: Tensor) -> Tensor:
        """log F of the T + 1 states of each row, [B, T + 1]; exactly log Z of the first."""
        relative: Tensor = self.out(self.layers(features)).squeeze(-1)
        first = torch.zeros_like(relative[:, :1])
        return log_z + torch.cat([first, relative[:, 1:]], dim=1)
