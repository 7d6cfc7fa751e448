"""What a biologist looks at in a set of designs: how varied, how new, how protein-like.

Pure functions of tokens, and one Metric that gathers them. Positions under padding (mask False)
count for nothing; a position at which two designs are not both present is not compared.

Shapes: B designs, N reference sequences, L positions, V = 20 letters.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from suite.core.metric import Metric, References
from suite.core.records import Context, Samples
from suite.domains.protein.alphabet import encode, one_hot, scale
from suite.domains.protein.scales import SWISS_PROT_PERCENT
from suite.domains.protein.terms import net_charge

HYDROPHOBIC = "AVILMFWC"
CHUNK = 1024  # reference sequences compared at once, which bounds memory at B x CHUNK x L


def letter_counts(tokens: Tensor, mask: Tensor) -> Tensor:
    """How many designs have each letter at each position, [L, V]."""
    return (one_hot(tokens) * mask[..., None]).sum(dim=0)


def position_frequencies(tokens: Tensor, mask: Tensor) -> Tensor:
    """Share of each letter at each position, [L, V], what a logo is drawn from; 0 if none there."""
    counts = letter_counts(tokens, mask)
    return counts / counts.sum(dim=-1, keepdim=True).clamp_min(1.0)


def pairwise_diversity(tokens: Tensor, mask: Tensor) -> float:
    """Share of positions at which two designs differ, over all pairs and positions they share.

    At a position where letter v stands n_v times among n designs, n(n-1) ordered pairs are compared
    and n_v(n_v-1) of them agree; so no pair is ever formed. nan for fewer than two designs.
    """
    counts = letter_counts(tokens, mask).double()
    present = counts.sum(dim=-1)
    pairs = (present * (present - 1)).sum()
    same = (counts * (counts - 1)).sum()
    return float(1.0 - same / pairs) if pairs > 0 else float("nan")


def uniqueness(tokens: Tensor, mask: Tensor) -> float:
    """Different sequences as a share of all."""
    marked = torch.where(mask, tokens, -1)
    return len(torch.unique(marked, dim=0)) / len(tokens)


def composition(tokens: Tensor, mask: Tensor) -> Tensor:
    """Share of each letter over the whole set, [V]."""
    counts = letter_counts(tokens, mask).sum(dim=0)
    return counts / counts.sum().clamp_min(1.0)


def composition_kl(tokens: Tensor, mask: Tensor, reference: Tensor | None = None) -> float:
    """KL of the set's composition from ``reference`` [V] (default: Swiss-Prot), nats."""
    if reference is None:
        reference = scale(SWISS_PROT_PERCENT) / sum(SWISS_PROT_PERCENT.values())
    shares = composition(tokens, mask)
    return float(torch.special.xlogy(shares, shares / reference).sum())


def hydrophobic_fraction(tokens: Tensor, mask: Tensor) -> float:
    """Share of residues that are one of A V I L M F W C."""
    return float(composition(tokens, mask)[encode([HYDROPHOBIC])[0]].sum())


def distances_to(tokens: Tensor, reference: Tensor, mask: Tensor | None = None) -> Tensor:
    """Positions at which each design [B, L] differs from one reference [L]; [B], residues."""
    differ = tokens != reference
    return (differ if mask is None else differ & mask).sum(dim=-1)


def novelty(tokens: Tensor, known: Tensor, mask: Tensor | None = None) -> Tensor:
    """Hamming distance of each design [B, L] to the nearest of ``known`` [N, L]; [B], residues.

    Raises:
        ValueError: nothing to compare with, or lengths differ.
    """
    if len(known) == 0 or known.shape[-1] != tokens.shape[-1]:
        raise ValueError(
            f"novelty compares {tuple(tokens.shape)} with sequences of the same length, got "
            f"{tuple(known.shape)}"
        )
    nearest = torch.full((len(tokens),), tokens.shape[-1], device=tokens.device)
    for chunk in known.split(CHUNK):
        differ = tokens[:, None] != chunk[None]
        if mask is not None:
            differ = differ & mask[:, None]
        nearest = torch.minimum(nearest, differ.sum(dim=-1).amin(dim=1))
    return nearest


class DesignStatistics(Metric):
    """Diversity, uniqueness, composition, charge and hydrophobicity of a set of designs.

    ``known``, if given, is what the base learnt from, [N, L]: the mean novelty is added. Of single
    designs: novelty against what the base learnt from, and the distance to the wild type.
    """

    unit = "named by each number"

    def __init__(self, *, known: Tensor | None = None) -> None:
        self.known = known

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """Shares without unit, nats (composition_kl), elementary charges, residues (novelty)."""
        if samples.tokens is None:
            raise ValueError("DesignStatistics reads samples.tokens")
        tokens = samples.tokens.cpu()
        mask = context.data.get("mask", torch.ones_like(tokens, dtype=torch.bool)).cpu()
        found = {
            "diversity": pairwise_diversity(tokens, mask),
            "uniqueness": uniqueness(tokens, mask),
            "composition_kl": composition_kl(tokens, mask),
            "net_charge": float(net_charge(one_hot(tokens), mask).mean()),
            "hydrophobic_fraction": hydrophobic_fraction(tokens, mask),
        }
        if self.known is not None:
            found["novelty"] = float(novelty(tokens, self.known, mask).double().mean())
        return found

    def each(
        self, samples: Samples, context: Context, references: References
    ) -> Mapping[str, Tensor]:
        """Residues: novelty, distance_to_wild_type; each [B], where there is what to compare."""
        assert samples.tokens is not None
        tokens = samples.tokens.cpu()
        mask = context.data.get("mask", torch.ones_like(tokens, dtype=torch.bool)).cpu()
        found = {}
        if references.known is not None and references.known.tokens is not None:
            found["novelty"] = novelty(tokens, references.known.tokens.cpu(), mask)
        if references.template is not None and references.template.tokens is not None:
            wild_type = references.template.tokens[0].cpu()
            found["distance_to_wild_type"] = distances_to(tokens, wild_type, mask)
        return found
