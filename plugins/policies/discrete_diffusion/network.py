"""The denoiser: letters in, logits over letters out. Trunks differ; embedding and head do not.

Letters are read as ids or as relaxed points of the simplex (straight-through draws); at the corners
both give the same numbers, because the embedding of a relaxed letter is a matrix product.

Shapes: C contexts, R = C G rows (the G rows of one context side by side), L positions, V letters,
H hidden units.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from suite.core.policy import State
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig
from suite.plugins.policies.discrete_diffusion.schedule import noise_level


class Trunk(nn.Module, ABC):
    """Mixes positions."""

    def condition(self, data: Mapping[str, Tensor], present: Tensor) -> State:
        """What is computed once a context and read at every step, each [C, ...]."""
        return {}

    @abstractmethod
    def forward(self, hidden: Tensor, present: Tensor, features: State) -> Tensor:
        """Hidden states [R, L, H] -> [R, L, H]; ``present`` [R, L]; padding must not leak."""


class Denoiser(nn.Module):
    """Embedding, trunk and head.

    ``label`` is a class, or ``num_classes`` for none; it is read only where there are classes.
    """

    def __init__(self, config: DiffusionConfig, trunk: Trunk) -> None:
        super().__init__()
        self.trunk, self.width = trunk, config.width
        self.letters = nn.Parameter(torch.randn(config.letters + 1, config.width))
        self.labels = (
            nn.Embedding(config.num_classes + 1, config.width) if config.num_classes else None
        )
        self.time = nn.Linear(config.width, config.width) if config.time_conditioning else None
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.letters)
        # Start near the uniform law: a base then spends no steps on unlearning random logits.
        nn.init.normal_(self.head.weight, std=0.1 / math.sqrt(config.width))
        nn.init.zeros_(self.head.bias)

    def hidden(
        self, letters: Tensor, time: Tensor, present: Tensor, label: Tensor, features: State
    ) -> Tensor:
        """Final hidden states, [R, L, H].

        Args:
            letters: ids [R, L] long, or relaxed one-hot rows [R, L, V + 1].
            time: of the noise schedule, 1 (all masked) to 0, [R].
            present: False at padding, [R, L].
            label: [R] long.
            features: what ``condition`` gave, each [C, ...].
        """
        hidden = letters @ self.letters if letters.ndim == 3 else self.letters[letters]
        if self.labels is not None:
            hidden = hidden + self.labels(label).unsqueeze(1)
        if self.time is not None:
            hidden = hidden + self.time(_waves(noise_level(time), self.width)).unsqueeze(1)
        mixed: Tensor = self.norm(self.trunk(hidden, present, features))
        return mixed

    def forward(
        self, letters: Tensor, time: Tensor, present: Tensor, label: Tensor, features: State
    ) -> Tensor:
        """Logits over letters, [R, L, V]."""
        logits: Tensor = self.head(self.hidden(letters, time, present, label, features))
        return logits


def _waves(level: Tensor, width: int) -> Tensor:
    """Sines and cosines of the noise level at frequencies 1 to 1/100, [R, width]."""
    powers = torch.linspace(0.0, 1.0, (width + 1) // 2, device=level.device, dtype=level.dtype)
    angles = level.unsqueeze(1) * 100.0**-powers
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :width]


def build_denoiser(config: DiffusionConfig) -> Denoiser:
    """The network that ``config`` names; weights come from its seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return Denoiser(config, _trunk(config))


def _trunk(config: DiffusionConfig) -> Trunk:
    if config.network == "transformer":
        from suite.plugins.policies.discrete_diffusion.transformer import Transformer

        return Transformer(config.width, config.layers, config.heads)
    if config.network == "backbone":
        from suite.plugins.policies.discrete_diffusion.backbone import BackboneTrunk

        return BackboneTrunk(config)
    from suite.plugins.policies.discrete_diffusion.cnn import DilatedCNN

    return DilatedCNN(config.width, config.layers, config.kernel)
