"""What bends the sampling of answers: a nucleus, and texts that end an answer.

Shapes: N rows, V letters.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from suite.core.distributions import Categorical
from suite.core.randomness import Streams


class Nucleus(Categorical):
    """A law whose draws come from its most probable letters only; it is scored untruncated.

    Kept is the smallest set of most probable letters that holds at least ``top_p``. Holtzman et
    al., "The Curious Case of Neural Text Degeneration", arXiv:1904.09751, eq. (2)-(3).
    """

    def __init__(self, logits: Tensor, top_p: float) -> None:
        super().__init__(logits)
        self.kept = Categorical(self.log_p.masked_fill(_outside(self.log_p, top_p), -torch.inf))

    def sample(self, streams: Streams) -> Tensor:
        return self.kept.sample(streams)

    def behaviour_log_prob(self, decision: Tensor) -> Tensor:
        return self.kept.log_prob(decision)


def _outside(log_p: Tensor, top_p: float) -> Tensor:
    """Which letters the nucleus leaves out, [..., V] bool; the most probable one always stays."""
    ordered, letters = log_p.sort(dim=-1, descending=True, stable=True)
    p = ordered.exp()
    before = p.cumsum(dim=-1) - p  # of all that are more probable
    beyond = before >= top_p
    beyond[..., 0] = False  # whatever rounding says
    return torch.zeros_like(beyond).scatter(-1, letters, beyond)


def length_at_stop(
    decode: Callable[[Sequence[int]], str], ids: Sequence[int], stop: Sequence[str]
) -> int:
    """Tokens of ``ids`` up to and with the one that completes a text of ``stop``; all: none."""
    for length in range(1, len(ids) + 1):
        if has_stop(decode(ids[:length]), stop):
            return length
    return len(ids)


def has_stop(text: str, stop: Sequence[str]) -> bool:
    """Whether the text holds one of them."""
    return any(one in text for one in stop)
