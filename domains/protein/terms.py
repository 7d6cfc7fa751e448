"""What a designer looks at besides contacts, each as a pure differentiable function.

All take points of the simplex and give one number a sequence; at the corners (one-hot) they are the
plain counts that a person would make. ``mask`` is True where a residue stands; what a row holds
under padding is never read.

Shapes: B sequences, L positions, V = 20 letters; probs [B, L, V], mask [B, L], results [B].
"""

import torch
from torch import Tensor

from suite.domains.protein.alphabet import scale
from suite.domains.protein.scales import CHARGE, HYDROPHOBICITY


def hydrophobic_share(dtype: torch.dtype = torch.float32) -> Tensor:
    """Fauchere & Pliska's hydrophobicity scaled to 0 (arginine) .. 1 (tryptophan), [V]."""
    values = scale(HYDROPHOBICITY, dtype)
    return (values - values.min()) / (values.max() - values.min())


def burial_mismatch(probs: Tensor, burial: Tensor, mask: Tensor) -> Tensor:
    """Mean over residues of (hydrophobicity - burial)^2, both from 0 to 1; no unit.

    Zero would be: arginine where the side chain is exposed, tryptophan where it is buried.

    Args:
        probs: [B, L, V].
        burial: 0 exposed .. 1 buried, [B, L].
        mask: [B, L].
    """
    # The square of each letter's own mismatch, not of the mean letter's: linear in probs, so that
    # a half-and-half position is worth the mean of its two letters.
    mismatch = (hydrophobic_share(probs.dtype).to(probs.device) - burial[..., None]).square()
    per_residue = (probs * mismatch).sum(dim=-1)
    return (per_residue * mask).sum(dim=-1) / residues(mask).to(probs.dtype)


def net_charge(probs: Tensor, mask: Tensor) -> Tensor:
    """Side-chain charge at pH 7, elementary charges."""
    charge = scale(CHARGE, probs.dtype).to(probs.device)
    return ((probs @ charge) * mask).sum(dim=-1)


def charge_excess(probs: Tensor, mask: Tensor, *, low: float, high: float) -> Tensor:
    """How far the net charge lies outside of [low, high], elementary charges, never negative."""
    charge = net_charge(probs, mask)
    return (charge - high).clamp_min(0.0) + (low - charge).clamp_min(0.0)


def composition_divergence(
    probs: Tensor, mask: Tensor, reference: Tensor, *, pseudo_count: float = 1.0
) -> Tensor:
    """KL of a sequence's own composition from ``reference`` [V] (shares that add up to 1), nats.

    ``pseudo_count`` residues of the reference are counted in. Without them an absent letter has an
    infinite gradient, and one that is absent by chance would drive a relaxed design.
    """
    counts = (probs * mask[..., None]).sum(dim=1)
    shares = reference.to(probs)
    total = residues(mask)[:, None].to(probs.dtype) + pseudo_count
    composition = (counts + pseudo_count * shares) / total
    return (composition * (composition / shares).log()).sum(dim=-1)


def run_share(probs: Tensor, mask: Tensor, *, length: int) -> Tensor:
    """Windows of ``length`` equal residues in a row, a residue; no unit.

    A run of n residues holds n - length + 1 windows; a chain of one letter scores nearly 1. For
    relaxed input: the expected number, if positions were independent.

    Raises:
        ValueError: ``length`` is below 2.
    """
    if length < 2:
        raise ValueError(f"a run has at least 2 residues, got {length}")
    standing = probs * mask[..., None]
    windows = standing.shape[1] - length + 1
    if windows < 1:
        return standing.new_zeros(len(standing))
    same = standing[:, :windows]
    for offset in range(1, length):
        same = same * standing[:, offset : offset + windows]
    return same.sum(dim=(1, 2)) / residues(mask).to(probs.dtype)


def residues(mask: Tensor) -> Tensor:
    """How many residues each row has, [B]; at least 1, so that nothing divides by zero."""
    return mask.sum(dim=-1).clamp_min(1)
