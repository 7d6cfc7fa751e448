"""What a biologist looks at in a set of DNA designs.

Shapes: B designs, L positions.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from suite.core.metric import Metric
from suite.core.records import Context, Samples
from suite.domains.dna.alphabet import NUM_LETTERS
from suite.domains.dna.enhancer import EnhancerContexts

WORD = 3  # letters of a word whose frequencies are compared, as in DRAKES (arXiv 2410.13643)


def word_shares(tokens: Tensor, width: int = WORD) -> Tensor:
    """Share of each word of ``width`` letters over all places of all designs, [4^width]."""
    windows = tokens.unfold(1, width, 1)  # [B, L - width + 1, width]
    weights = NUM_LETTERS ** torch.arange(width - 1, -1, -1)
    counts = torch.bincount((windows * weights).sum(dim=-1).flatten(), minlength=NUM_LETTERS**width)
    return counts.double() / counts.sum()


def correlation(one: Tensor, other: Tensor) -> float:
    """Pearson's correlation of two vectors; nan where one of them is constant."""
    stacked = torch.stack([one, other]).double()
    centred = stacked - stacked.mean(dim=1, keepdim=True)
    norms = centred.norm(dim=1)
    return float((centred[0] @ centred[1]) / norms.prod()) if norms.prod() > 0 else float("nan")


class EnhancerStatistics(Metric):
    """GC share, diversity, and likeness of three-letter words to the corpus of the base."""

    unit = "named by each number"

    def __init__(self, *, length: int = 50, corpus_size: int = 512) -> None:
        contexts = EnhancerContexts(length=length)
        corpus = contexts.held_out_demonstrations(torch.arange(corpus_size))[1].tokens
        assert corpus is not None
        self.corpus = word_shares(corpus)

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """Shares without unit; the correlation of word shares with the corpus."""
        assert samples.tokens is not None
        tokens = samples.tokens.cpu()
        different = (tokens[:, None] != tokens[None]).float().mean(dim=-1)
        pairs = len(tokens) * (len(tokens) - 1)
        return {
            "gc_share": float(((tokens == 1) | (tokens == 2)).float().mean()),
            "diversity": float(different.sum() / pairs) if pairs else float("nan"),
            "uniqueness": len(torch.unique(tokens, dim=0)) / len(tokens),
            "word_correlation": correlation(word_shares(tokens), self.corpus),
        }
