"""The micro policies' networks: a table that can be any law, and a small perceptron.

Shapes: N rows, L positions, V letters, H hidden units.
"""

import torch
from torch import Tensor, nn


class PrefixTable(nn.Module):
    """One row of logits a prefix: the policy that can be any distribution on V^L."""

    def __init__(self, length: int, letters: int) -> None:
        super().__init__()
        self.letters = letters
        self.first: Tensor
        self.powers: Tensor
        counts = torch.tensor([letters**k for k in range(length)])
        self.register_buffer("first", torch.cumsum(counts, 0) - counts)
        self.register_buffer("powers", letters ** torch.arange(length))
        self.table = nn.Parameter(0.5 * torch.randn(int(counts.sum()), letters))

    def forward(self, tokens: Tensor, t: Tensor) -> Tensor:
        """Logits after prefixes tokens[:, :t]; tokens [N, L], t [N] -> [N, V]."""
        known = torch.arange(tokens.shape[1], device=tokens.device) < t.unsqueeze(1)
        place = (tokens * known * self.powers).sum(dim=1)
        clamped = t.clamp_max(len(self.first) - 1)
        return self.table[self.first[clamped] + place]


class PrefixNetwork(nn.Module):
    """A small network on the one-hot prefix."""

    def __init__(self, length: int, letters: int, width: int) -> None:
        super().__init__()
        self.letters = letters
        self.layers = nn.Sequential(
            nn.Linear(length * letters + length, width),
            nn.Tanh(),
            nn.Linear(width, width),
            nn.Tanh(),
        )

    def forward(self, tokens: Tensor, t: Tensor) -> Tensor:
        """Hidden state after prefixes tokens[:, :t]; [N, L], [N] -> [N, H]."""
        known = torch.arange(tokens.shape[1], device=tokens.device) < t.unsqueeze(1)
        letters = torch.nn.functional.one_hot(tokens, self.letters) * known.unsqueeze(-1)
        inputs = torch.cat([letters.flatten(1), known], dim=1)
        hidden: Tensor = self.layers(inputs.to(next(self.parameters()).dtype))
        return hidden


class StateTable(nn.Module):
    """One row of logits a (masked state, position)."""

    def __init__(self, length: int, letters: int, width: int) -> None:
        super().__init__()
        self.powers: Tensor
        self.register_buffer("powers", (letters + 1) ** torch.arange(length))
        self.table = nn.Parameter(0.5 * torch.randn((letters + 1) ** length, length, letters))

    def forward(self, relaxed: Tensor) -> Tensor:
        """[..., L, V + 1] -> logits [..., L, V]; reads the hard state."""
        place = (relaxed.argmax(dim=-1) * self.powers).sum(dim=-1)
        return self.table[place]


class StateNetwork(nn.Module):
    """A small network on the (relaxed) one-hot state."""

    def __init__(self, length: int, letters: int, width: int) -> None:
        super().__init__()
        self.shape = (length, letters)
        self.layers = nn.Sequential(
            nn.Linear(length * (letters + 1), width), nn.Tanh(), nn.Linear(width, length * letters)
        )

    def forward(self, relaxed: Tensor) -> Tensor:
        """[..., L, V + 1] -> logits [..., L, V]."""
        logits: Tensor = self.layers(relaxed.flatten(-2)).unflatten(-1, self.shape)
        return logits
