"""A bidirectional transformer with rotary positions (Su et al., arXiv:2104.09864).

Shapes: R rows, L positions, H hidden units, A heads, E = H / A.
"""

import torch
from torch import Tensor, nn

from suite.core.policy import State
from suite.plugins.policies.discrete_diffusion.network import Trunk


class Transformer(Trunk):
    """Pre-normalised blocks."""

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))

    def forward(self, hidden: Tensor, present: Tensor, features: State) -> Tensor:
        seen = present[:, None, None, :]  # padding is never a key
        for block in self.blocks:
            hidden = block(hidden, seen)
        return hidden


class Block(nn.Module):
    """Attention, then a two-layer perceptron of width 2 H."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_in, self.norm_out = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, hidden: Tensor, seen: Tensor) -> Tensor:
        """Hidden states [R, L, H]; ``seen`` [R, 1, 1, L] bool."""
        split = self.mix(self.norm_in(hidden)).unflatten(-1, (3, self.heads, -1))
        query, key, value = (part.transpose(1, 2) for part in split.unbind(dim=2))
        attended = torch.nn.functional.scaled_dot_product_attention(
            rotate(query), rotate(key), value, attn_mask=seen
        )
        hidden = hidden + self.join(attended.transpose(1, 2).flatten(2))
        fed: Tensor = hidden + self.feed(self.norm_out(hidden))
        return fed


def rotate(vectors: Tensor) -> Tensor:
    """Turn pairs of coordinates by angles that grow with the position, [..., L, E]."""
    length, width = vectors.shape[-2:]
    pair, place = (torch.arange(n).to(vectors) for n in (width // 2, length))
    speed = 10_000.0 ** (-2.0 * pair / width)
    angle = place.unsqueeze(1) * speed
    cosine, sine = angle.cos(), angle.sin()
    first, second = vectors[..., 0::2], vectors[..., 1::2]
    turned = (first * cosine - second * sine, first * sine + second * cosine)
    return torch.stack(turned, dim=-1).flatten(-2)
