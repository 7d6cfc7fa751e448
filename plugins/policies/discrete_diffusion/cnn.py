"""Dilated convolutions, the usual denoiser of DNA (Stark et al., arXiv:2402.05841, appendix).

Shapes: R rows, L positions, H hidden units.
"""

import torch
from torch import Tensor, nn

from suite.core.policy import State
from suite.plugins.policies.discrete_diffusion.network import Trunk

DILATIONS = (1, 1, 4, 16, 64)  # of successive layers, then again from the start


class DilatedCNN(Trunk):
    """Residual layers: normalise, convolve, GELU."""

    def __init__(self, width: int, layers: int, kernel: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, kernel, padding="same", dilation=DILATIONS[i % len(DILATIONS)])
            for i in range(layers)
        )

    def forward(self, hidden: Tensor, present: Tensor, features: State) -> Tensor:
        # Zeros are what a shorter row meets beyond its end, so that padding changes nothing.
        keep = present.unsqueeze(-1).to(hidden.dtype)
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            mixed = convolution((norm(hidden) * keep).transpose(1, 2)).transpose(1, 2)
            hidden = hidden + torch.nn.functional.gelu(mixed)
        return hidden
