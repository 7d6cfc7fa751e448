"""Liver enhancers: contexts, the reward, the held-out reward.

The reward asks that HNF1A, HNF4A, FOXA2 and CEBPA all bind, at a share of G and C that a genome
has. The held-out reward reads matrices of other experiments: a paralog that binds the same sites
(HNF1B, FOXA1, CEBPB), or the same factor by another assay (HNF4A by HT-SELEX, where the training
matrix is from ChIP-seq). A sequence that exploits quirks of one matrix does not score there.

Shapes: B sequences, L positions, V = 4 bases.
"""

from typing import ClassVar

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.randomness import stream_key
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.dna.alphabet import DNA, reverse_complement
from suite.domains.dna.motifs import Motif, load_motif, log_occupancy

TRAINING = ("MA0046.3", "MA0114.5", "MA0047.4", "MA0102.5")  # HNF1A, HNF4A, FOXA2, CEBPA
HELD_OUT = ("MA0153.2", "MA1494.2", "MA0148.5", "MA0466.4")  # HNF1B, HNF4A, FOXA1, CEBPB
GC_RANGE = (0.35, 0.65)  # most windows of 50 bases of vertebrate regulatory DNA
SITE_SHARE = 0.25  # how often a sequence of the base's corpus holds a site of one factor
# Share of the next base after A, C, G, T: vertebrate genomes avoid CG and favour like after like.
NEXT_BASE = (
    (0.32, 0.18, 0.25, 0.25),
    (0.35, 0.26, 0.05, 0.34),
    (0.29, 0.21, 0.26, 0.24),
    (0.22, 0.20, 0.25, 0.33),
)


class EnhancerReward(Reward):
    """Mean over factors of the log-probability of being bound, less a penalty on GC, nats.

    Args:
        matrices: "training" or "held_out", or ids of JASPAR matrices.
        gc_weight: nats for every tenth of GC outside ``GC_RANGE``; 0 for the held-out reward.
    """

    unit = "nats"
    bounds = (float("-inf"), 0.0)
    invalid_value = -20.0
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(
        self, *, matrices: str | tuple[str, ...] = "training", gc_weight: float = 1.0
    ) -> None:
        named = {"training": TRAINING, "held_out": HELD_OUT}
        ids = named.get(matrices, (matrices,)) if isinstance(matrices, str) else tuple(matrices)
        self.motifs: tuple[Motif, ...] = tuple(map(load_motif, ids))
        self.gc_weight = gc_weight

    def __call__(self, samples: Samples, context: Context) -> Scores:
        chances = DNA.probabilities(samples)
        bound = {m.factor: log_occupancy(chances, m) for m in self.motifs}
        excess = gc_excess(chances)
        value = torch.stack(list(bound.values())).mean(dim=0) - self.gc_weight * 10 * excess
        return Scores.all_valid(value, **bound, gc_excess=excess)


def gc_excess(probabilities: Tensor) -> Tensor:
    """How far the share of G and C lies outside of ``GC_RANGE``, [B]; 0 inside."""
    share = probabilities[..., 1:3].sum(dim=-1).mean(dim=-1)
    low, high = GC_RANGE
    return (low - share).clamp_min(0) + (share - high).clamp_min(0)


class EnhancerContexts(Contexts):
    """One empty context; demonstrations are background DNA with a few sites of the factors.

    Sequence ``i`` is a function of its number alone: bases follow ``NEXT_BASE``, then each factor
    writes one site, sampled from its training matrix, with probability ``SITE_SHARE``, anywhere and
    on either strand; a later one may overwrite an earlier one.
    """

    num_train = 1

    def __init__(self, *, length: int = 50, num_demonstrations: int = 20_000) -> None:
        self.length, self.num_demonstrations = length, num_demonstrations
        self.motifs = tuple(map(load_motif, TRAINING))

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._rows(index))

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._rows(index + self.num_demonstrations))

    def _rows(self, index: Tensor) -> Tensor:
        return torch.stack([self._sequence(number) for number in index.tolist()])

    def _sequence(self, number: int) -> Tensor:
        generator = torch.Generator().manual_seed(stream_key(0, 0, "dna/enhancers", number) % 2**62)
        sequence = background(self.length, generator)
        for motif in self.motifs:
            if float(torch.rand((), generator=generator)) < SITE_SHARE:
                sequence = _with_site(sequence, motif, generator)
        return sequence


def background(length: int, generator: torch.Generator) -> Tensor:
    """A sequence of the first-order chain ``NEXT_BASE``, [length] ids."""
    cumulative = torch.tensor(NEXT_BASE).cumsum(dim=-1)
    draws = torch.rand(length, generator=generator)
    bases = [int(4 * draws[0])]
    for draw in draws[1:]:
        bases.append(min(int((draw >= cumulative[bases[-1]]).sum()), 3))
    return torch.tensor(bases)


def _with_site(sequence: Tensor, motif: Motif, generator: torch.Generator) -> Tensor:
    """``sequence`` [L] with a site of ``motif`` written at a random place and strand."""
    shares = motif.shares
    if float(torch.rand((), generator=generator)) < 0.5:
        shares = reverse_complement(shares)
    site = torch.multinomial(shares, 1, generator=generator).squeeze(1)
    places = len(sequence) - len(site) + 1
    first = int(torch.randint(places, (), generator=generator))
    return torch.cat([sequence[:first], site, sequence[first + len(site) :]])
