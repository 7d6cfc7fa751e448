"""The law of revealing one position a step: which masked position, then which letter.

Any-order decoding (Uria et al., "A Deep and Tractable Density Estimator", arXiv:1310.1757): the
position is uniform among the masked ones, so that a sample of n free positions takes n decisions.
"""

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from suite.core.distributions import (
    RelaxedTokens,
    StepDistribution,
    categorical_entropy,
    categorical_kl,
)
from suite.core.randomness import Streams


class OnePositionStep(StepDistribution):
    """Position uniform among the masked, then its letter; a row with none masked decides nothing.

    ``log_p`` [..., L, V] over letters, ``masked`` [..., L] bool; ``mask_id`` fills a decision
    [..., L] everywhere but at the position that is revealed.
    """

    def __init__(self, log_p: Tensor, masked: Tensor, *, mask_id: int) -> None:
        self.log_p, self.masked, self.mask_id = log_p, masked, mask_id

    @property
    def _count(self) -> Tensor:
        """Masked positions, at least 1, so that its log is 0 where there is none; [...]."""
        return self.masked.sum(dim=-1).clamp_min(1).to(self.log_p.dtype)

    def _draw(self, streams: Streams) -> tuple[Tensor, Tensor, Tensor]:
        """Which position is revealed [N, L], perturbed logits [N, L, V], letters [N, L]."""
        length, letters = self.log_p.shape[-2:]
        place = streams.uniform(length).masked_fill(~self.masked, -1.0).argmax(dim=-1, keepdim=True)
        shown = torch.zeros_like(self.masked).scatter(-1, place, value=True) & self.masked
        perturbed = self.log_p + streams.gumbel(length, letters)
        return shown, perturbed, perturbed.argmax(dim=-1)

    def sample(self, streams: Streams) -> Tensor:
        shown, _, letters = self._draw(streams)
        return letters.masked_fill(~shown, self.mask_id)

    def log_prob(self, decision: Tensor) -> Tensor:
        """-log(number masked) + log p(letter); -inf unless exactly one masked position is shown."""
        named = decision != self.mask_id
        letters = decision.masked_fill(~named, 0)
        chosen = self.log_p.gather(-1, letters.unsqueeze(-1)).squeeze(-1)
        total = chosen.masked_fill(~named, 0.0).sum(dim=-1) - self._count.log()
        wanted = self.masked.any(dim=-1).long()
        possible = (named.sum(dim=-1) == wanted) & ~(named & ~self.masked).any(dim=-1)
        return total.masked_fill(~possible, -torch.inf)

    def narrow(self, start: int, length: int) -> "OnePositionStep":
        parts = [tensor.narrow(1, start, length) for tensor in (self.log_p, self.masked)]
        return OnePositionStep(parts[0], parts[1], mask_id=self.mask_id)

    @classmethod
    def stack(cls, laws: Sequence[Self]) -> Self:
        log_p = torch.stack([law.log_p for law in laws], dim=1)
        masked = torch.stack([law.masked for law in laws], dim=1)
        return cls(log_p, masked, mask_id=laws[0].mask_id)

    def kl(self, other: StepDistribution) -> Tensor:
        """Mean over masked positions of KL(p || q): both choose the position alike."""
        assert isinstance(other, OnePositionStep)
        return self._mean_over_masked(categorical_kl(self.log_p, other.log_p))

    def entropy(self) -> Tensor:
        return self._count.log() + self._mean_over_masked(categorical_entropy(self.log_p))

    def _mean_over_masked(self, values: Tensor) -> Tensor:
        return values.masked_fill(~self.masked, 0.0).sum(dim=-1) / self._count

    def rsample(self, streams: Streams, *, temperature: float) -> RelaxedTokens:
        """Hard forward, Gumbel-softmax backward in the letter; the position carries no gradient."""
        shown, perturbed, letters = self._draw(streams)
        soft = torch.softmax(perturbed / temperature, dim=-1)
        hard = torch.nn.functional.one_hot(letters, self.log_p.shape[-1]).to(soft.dtype)
        relaxed = (hard + (soft - soft.detach())) * shown.unsqueeze(-1)
        return RelaxedTokens(tokens=letters.masked_fill(~shown, self.mask_id), relaxed=relaxed)
