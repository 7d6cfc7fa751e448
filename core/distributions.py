"""Step distributions: the law of one decision. Four of them carry nearly every algorithm.

Shapes: a distribution has a batch shape, [N] while sampling (one step of N rows) or [B, S] in a
replay (S steps of B rows), written [...] below. L positions, V letters. All log-probabilities and
divergences are in nats, summed over everything but the batch shape.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import torch
from torch import Tensor

from suite.core.randomness import Streams

LOG_TWO_PI = 1.8378770664093453


@dataclass(frozen=True, kw_only=True, eq=False)
class RelaxedTokens:
    """A straight-through draw of letters.

    Attributes:
        tokens: the hard letters, [N, L], long.
        relaxed: one_hot(tokens) in the forward pass, soft in the backward pass, [N, L, V].
    """

    tokens: Tensor
    relaxed: Tensor


class StepDistribution(ABC):
    """The law of one decision, for a whole batch of states."""

    has_kl: ClassVar[bool] = True
    has_entropy: ClassVar[bool] = True

    @abstractmethod
    def sample(self, streams: Streams) -> Tensor:
        """One decision a row; only for batch shape [N]."""

    @abstractmethod
    def log_prob(self, decision: Tensor) -> Tensor:
        """Log-probability of a decision, [...], nats."""

    def behaviour_log_prob(self, decision: Tensor) -> Tensor | None:
        """Log-probability under what ``sample`` draws from, [...]; None: that of ``log_prob``."""
        return None

    @abstractmethod
    def narrow(self, start: int, length: int) -> "StepDistribution":
        """Steps [start, start + length) of a replay's [B, S]."""

    @classmethod
    def stack(cls, laws: Sequence[Self]) -> Self:
        """Laws of S single steps, each over [N], as one law over [N, S]."""
        raise NotImplementedError(f"{cls.__name__} cannot join the laws of several steps")

    def kl(self, other: "StepDistribution") -> Tensor:
        """KL(self || other), [...], nats; only between two laws of one kind."""
        raise NotImplementedError(f"{type(self).__name__} has no closed-form KL")

    def entropy(self) -> Tensor:
        """Entropy, [...], nats."""
        raise NotImplementedError(f"{type(self).__name__} has no closed-form entropy")

    def rsample(self, streams: Streams, *, temperature: float) -> Tensor | RelaxedTokens:
        """A draw that carries a gradient; equals ``sample`` of the same streams in the forward."""
        raise NotImplementedError(f"{type(self).__name__} has no reparameterised draw")


def categorical_kl(log_p: Tensor, log_q: Tensor) -> Tensor:
    """Sum over the last dimension of p (log p - log q); 0 where p is 0, whatever q is."""
    p = log_p.exp()
    # 0 * (-inf) is nan in the forward and in the backward: both logs are replaced where p is 0.
    empty = p == 0
    difference = log_p.masked_fill(empty, 0.0) - log_q.masked_fill(empty, 0.0)
    return (p * difference).sum(dim=-1)


def categorical_entropy(log_p: Tensor) -> Tensor:
    """Minus the sum over the last dimension of p log p, nats."""
    p = log_p.exp()
    return -(p * log_p.masked_fill(p == 0, 0.0)).sum(dim=-1)


class Categorical(StepDistribution):
    """One letter of V: a token, a discrete action, an edge of a GFlowNet."""

    def __init__(self, logits: Tensor) -> None:
        self.log_p = torch.log_softmax(logits, dim=-1)

    def sample(self, streams: Streams) -> Tensor:
        return (self.log_p + streams.gumbel(self.log_p.shape[-1])).argmax(dim=-1)

    def log_prob(self, decision: Tensor) -> Tensor:
        return self.log_p.gather(-1, decision.unsqueeze(-1)).squeeze(-1)

    def narrow(self, start: int, length: int) -> "Categorical":
        return Categorical(self.log_p.narrow(1, start, length))

    @classmethod
    def stack(cls, laws: Sequence[Self]) -> Self:
        return cls(torch.stack([law.log_p for law in laws], dim=1))

    def kl(self, other: StepDistribution) -> Tensor:
        assert isinstance(other, Categorical)
        return categorical_kl(self.log_p, other.log_p)

    def entropy(self) -> Tensor:
        return categorical_entropy(self.log_p)


class LazyCategorical(StepDistribution):
    """Letters whose logits are made a chunk of steps at a time, from hidden states [B, S, H].

    A vocabulary of 150k never stands in memory as [B, S, V]; the trunk is not repeated.
    """

    def __init__(self, hidden: Tensor, head: Callable[[Tensor], Tensor]) -> None:
        self.hidden, self.head = hidden, head

    def _dense(self) -> Categorical:
        logits = self.head(self.hidden)
        # Up from half precision, and never down from double.
        return Categorical(logits.to(torch.promote_types(logits.dtype, torch.float32)))

    def sample(self, streams: Streams) -> Tensor:
        return self._dense().sample(streams)

    def log_prob(self, decision: Tensor) -> Tensor:
        return self._dense().log_prob(decision)

    def narrow(self, start: int, length: int) -> "LazyCategorical":
        return LazyCategorical(self.hidden.narrow(1, start, length), self.head)

    def kl(self, other: StepDistribution) -> Tensor:
        assert isinstance(other, LazyCategorical)
        return self._dense().kl(other._dense())

    def entropy(self) -> Tensor:
        return self._dense().entropy()


class GaussianStep(StepDistribution):
    """An independent normal a coordinate: a denoising step, a flow-SDE step, a continuous action.

    ``mean`` is [..., *event], ``std`` broadcasts to it; ``batch_ndim`` says how many leading
    dimensions are batch.
    """

    def __init__(self, mean: Tensor, std: Tensor, *, batch_ndim: int) -> None:
        self.mean, self.std, self.batch_ndim = mean, std.expand_as(mean), batch_ndim

    def _sum(self, values: Tensor) -> Tensor:
        return values.flatten(self.batch_ndim).sum(dim=-1)

    def sample(self, streams: Streams) -> Tensor:
        return self.mean + self.std * streams.normal(*self.mean.shape[1:])

    def log_prob(self, decision: Tensor) -> Tensor:
        z = (decision - self.mean) / self.std
        return self._sum(-0.5 * z**2 - self.std.log() - 0.5 * LOG_TWO_PI)

    def narrow(self, start: int, length: int) -> "GaussianStep":
        mean, std = self.mean.narrow(1, start, length), self.std.narrow(1, start, length)
        return GaussianStep(mean, std, batch_ndim=self.batch_ndim)

    @classmethod
    def stack(cls, laws: Sequence[Self]) -> Self:
        mean = torch.stack([law.mean for law in laws], dim=1)
        std = torch.stack([law.std for law in laws], dim=1)
        return cls(mean, std, batch_ndim=laws[0].batch_ndim + 1)

    def kl(self, other: StepDistribution) -> Tensor:
        assert isinstance(other, GaussianStep)
        ratio = self.std / other.std
        shift = (self.mean - other.mean) / other.std
        return self._sum(0.5 * (ratio**2 + shift**2 - 1.0) - ratio.log())

    def entropy(self) -> Tensor:
        return self._sum(self.std.log() + 0.5 * (1.0 + LOG_TWO_PI))

    def rsample(self, streams: Streams, *, temperature: float) -> Tensor:
        """mean + std * noise; ``temperature`` has no meaning here and must be 1."""
        return self.sample(streams)


class UnmaskingStep(StepDistribution):
    """The masked-diffusion kernel: each masked position is revealed with chance ``reveal``.

    q(x_s | x_t) factorises over masked positions: letter v with chance reveal * p(v), still masked
    with chance 1 - reveal; revealed positions stay (SUBS). Sahoo et al., arXiv:2406.07524, eq. (7),
    with reveal = (m_t - m_s) / m_t. At the last step reveal is exactly 1 and nothing stays masked.

    ``log_p`` [..., L, V] over letters, ``masked`` [..., L] bool, ``reveal`` [...]; ``mask_id`` is
    the id that stands for a masked position in a decision [..., L].
    """

    def __init__(self, log_p: Tensor, masked: Tensor, reveal: Tensor, *, mask_id: int) -> None:
        self.log_p, self.masked, self.reveal, self.mask_id = log_p, masked, reveal, mask_id

    def _draw(self, streams: Streams) -> tuple[Tensor, Tensor, Tensor]:
        """Which positions are revealed [N, L], perturbed logits [N, L, V], letters [N, L]."""
        length, letters = self.log_p.shape[-2:]
        shown = self.masked & (streams.uniform(length) < self.reveal.unsqueeze(-1))
        perturbed = self.log_p + streams.gumbel(length, letters)
        return shown, perturbed, perturbed.argmax(dim=-1)

    def sample(self, streams: Streams) -> Tensor:
        """Letters at the newly revealed positions, ``mask_id`` elsewhere, [N, L]."""
        shown, _, letters = self._draw(streams)
        return letters.masked_fill(~shown, self.mask_id)

    def log_prob(self, decision: Tensor) -> Tensor:
        """Sum over masked positions of log(reveal p(v)), or of log(1 - reveal) where kept."""
        shown = self.masked & (decision != self.mask_id)
        kept = self.masked & (decision == self.mask_id)
        letters = decision.masked_fill(~shown, 0)
        chosen = self.log_p.gather(-1, letters.unsqueeze(-1)).squeeze(-1)
        reveal = self.reveal.unsqueeze(-1)
        # where, not a product with the mask: log(1 - reveal) is -inf at the last step.
        values = torch.where(shown, chosen + reveal.log(), torch.zeros_like(chosen))
        values = torch.where(kept, torch.log1p(-reveal).expand_as(values), values)
        return values.sum(dim=-1)

    def narrow(self, start: int, length: int) -> "UnmaskingStep":
        parts = [t.narrow(1, start, length) for t in (self.log_p, self.masked, self.reveal)]
        return UnmaskingStep(parts[0], parts[1], parts[2], mask_id=self.mask_id)

    @classmethod
    def stack(cls, laws: Sequence[Self]) -> Self:
        log_p = torch.stack([law.log_p for law in laws], dim=1)
        masked = torch.stack([law.masked for law in laws], dim=1)
        reveal = torch.stack([law.reveal for law in laws], dim=1)
        return cls(log_p, masked, reveal, mask_id=laws[0].mask_id)

    def kl(self, other: StepDistribution) -> Tensor:
        """reveal * sum over masked positions of KL(p || q): exact, both kernels share reveal."""
        assert isinstance(other, UnmaskingStep)
        return self._over_masked(categorical_kl(self.log_p, other.log_p)) * self.reveal

    def entropy(self) -> Tensor:
        coin = torch.stack([self.reveal, 1.0 - self.reveal], dim=-1)
        coin_entropy = torch.special.entr(coin).sum(dim=-1).unsqueeze(-1)
        each = coin_entropy + self.reveal.unsqueeze(-1) * categorical_entropy(self.log_p)
        return self._over_masked(each)

    def _over_masked(self, values: Tensor) -> Tensor:
        return values.masked_fill(~self.masked, 0.0).sum(dim=-1)

    def rsample(self, streams: Streams, *, temperature: float) -> RelaxedTokens:
        """Hard forward, Gumbel-softmax backward; rows of ``relaxed`` that stay masked are 0."""
        shown, perturbed, letters = self._draw(streams)
        soft = torch.softmax(perturbed / temperature, dim=-1)
        hard = torch.nn.functional.one_hot(letters, self.log_p.shape[-1]).to(soft.dtype)
        straight_through = hard + (soft - soft.detach())
        relaxed = straight_through * shown.unsqueeze(-1)
        return RelaxedTokens(tokens=letters.masked_fill(~shown, self.mask_id), relaxed=relaxed)
