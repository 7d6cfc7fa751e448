"""A small transformer over patches of an image and words of a caption.

Shapes: N images [N, C, H, H], L words, P patches, W hidden units.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

NUM_TIMES = 8


class Block(nn.Module):
    """Attention and a perceptron, each after a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """[N, P + L, W] to the same."""
        parts = self.mixed(self.first(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        changed: Tensor = x + self.outer(functional.gelu(self.inner(self.second(x))))
        return changed


class PatchTransformer(nn.Module):
    """x, a time and words to an image of the same shape."""

    def __init__(
        self,
        *,
        size: int,
        channels: int,
        patch: int,
        width: int,
        layers: int,
        heads: int,
        num_words: int,
        max_words: int,
    ) -> None:
        super().__init__()
        self.size, self.patch = size, patch
        self.read = nn.Linear(channels * patch * patch, width)
        self.write = nn.Linear(width, channels * patch * patch)
        self.time = nn.Linear(2 * NUM_TIMES, width)
        self.words = nn.Embedding(num_words, width)
        self.place = nn.Parameter(torch.randn((size // patch) ** 2, width) * 0.3)
        self.order = nn.Parameter(torch.randn(max_words, width) * 0.3)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, time: Tensor, words: Tensor) -> Tensor:
        """x [N, C, H, H], time [N] in [0, 1], words [N, L] long: [N, C, H, H]."""
        patches = functional.unfold(x, self.patch, stride=self.patch).transpose(1, 2)
        about = self.time(_waves(time)).unsqueeze(1)
        seen = self.read(patches) + self.place + about
        tokens = torch.cat([seen, self.words(words) + self.order + about], dim=1)
        for block in self.blocks:
            tokens = block(tokens)
        out = self.write(self.norm(tokens[:, : patches.shape[1]])).transpose(1, 2)
        return functional.fold(out, (self.size, self.size), self.patch, stride=self.patch)


def _waves(time: Tensor) -> Tensor:
    """Sines and cosines of a time, [N, 2 * NUM_TIMES]."""
    rates = torch.arange(1, NUM_TIMES + 1, device=time.device) * (math.pi / 2)
    angle = time.unsqueeze(-1) * rates
    return torch.cat([angle.sin(), angle.cos()], dim=-1)
