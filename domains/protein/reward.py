"""Rewards for sequences on a backbone.

``BundleDesign`` is the training reward of the embedded default; every part of it is a pure function
of ``contact_potential`` or ``terms``, and reads a relaxed sequence as well as letters.

Shapes: B sequences, L positions, V = 20 letters.
"""

import math
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.protein.alphabet import probabilities, scale
from suite.domains.protein.backbone import MIN_SEPARATION
from suite.domains.protein.contact_potential import (
    arrangement_weights,
    contact_energies,
    pair_energy,
)
from suite.domains.protein.scales import CHARGE, SWISS_PROT_PERCENT
from suite.domains.protein.terms import (
    burial_mismatch,
    charge_excess,
    composition_divergence,
    residues,
    run_share,
)

BACKBONE_KEYS = ("contacts", "burial", "mask")


class BundleDesign(Reward):
    """How well a sequence fits its backbone, in kT per residue.

    value = contact - burial_weight * burial - charge_weight * charge
            - composition_weight * composition - run_weight * runs

    with the parts (all in ``Scores.parts``, penalties as negative numbers, already weighted):

    contact: minus the Miyazawa-Jernigan energy of the backbone's contacts, relative to a random
        arrangement of the sequence's own residues, per residue. Relative, because the energies
        include transfer from water: a chain of one letter gets exactly 0, whatever the letter.
    burial: mean squared difference of hydrophobicity and burial (both 0..1).
    charge: elementary charges of net charge outside of [charge_low, charge_high].
    composition: KL of the sequence's composition from Swiss-Prot's beyond ``free_divergence`` nats
        (56 residues drawn from Swiss-Prot itself have about 0.18).
    runs: windows of ``run_length`` equal residues, a residue.

    Reads from ``context.data``: contacts [B, L, L], burial [B, L], mask [B, L], as made by
    ``contexts.backbone_data``.
    """

    unit = "kT per residue"
    invalid_value = -10.0  # no sequence is invalid; the price must be named because of the bounds
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(
        self,
        *,
        burial_weight: float = 3.0,
        charge_weight: float = 0.1,
        charge_low: float = -4.0,
        charge_high: float = 4.0,
        composition_weight: float = 1.0,
        free_divergence: float = 0.5,
        run_weight: float = 2.0,
        run_length: int = 4,
    ) -> None:
        if charge_low > charge_high:
            raise ValueError(f"charge_low {charge_low} is above charge_high {charge_high}")
        self.burial_weight = burial_weight
        self.charge_weight = charge_weight
        self.charge_low, self.charge_high = charge_low, charge_high
        self.composition_weight = composition_weight
        self.free_divergence = free_divergence
        self.run_weight, self.run_length = run_weight, run_length
        self._table = contact_energies()
        self._reference = scale(SWISS_PROT_PERCENT) / sum(SWISS_PROT_PERCENT.values())

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score relaxed [B, L, V] or tokens [B, L]; every row is valid.

        Raises:
            ValueError: the context lacks a backbone tensor, or shapes disagree.
        """
        probs = probabilities(samples)
        data = backbone_tensors(context, probs)
        parts = self.parts(probs, data)
        return Scores.all_valid(torch.stack(list(parts.values())).sum(dim=0), **parts)

    def parts(self, probs: Tensor, data: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The summands of the value, each [B], kT per residue."""
        contacts, burial, mask = (data[key] for key in BACKBONE_KEYS)
        weights = arrangement_weights(contacts, mask, min_separation=MIN_SEPARATION)
        energy = pair_energy(probs, weights, self._table.to(probs))
        excess = charge_excess(probs, mask, low=self.charge_low, high=self.charge_high)
        divergence = composition_divergence(probs, mask, self._reference)
        return {
            "contact": -energy / residues(mask),
            "burial": -self.burial_weight * burial_mismatch(probs, burial, mask),
            "charge": -self.charge_weight * excess,
            "composition": -self.composition_weight
            * (divergence - self.free_divergence).clamp_min(0.0),
            "runs": -self.run_weight * run_share(probs, mask, length=self.run_length),
        }


class ChargeDistance(Reward):
    """Minus the distance of the net charge to ``target``, in elementary charges.

    A context with a mask counts its residues only; without one every position counts.
    """

    unit = "elementary charge"
    bounds = (-math.inf, 0.0)
    invalid_value = -100.0  # unbounded below, so the price of an invalid sample is named
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(self, *, target: float) -> None:
        self.target = target
        self.charge = scale(CHARGE)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score tokens [B, L] or relaxed [B, L, V]; every row is valid."""
        per_residue = probabilities(samples) @ self.charge.to(_device(samples))
        if "mask" in context.data:
            per_residue = per_residue * context.data["mask"]
        return Scores.all_valid(-(per_residue.sum(dim=-1) - self.target).abs())


def backbone_tensors(
    context: Context, probs: Tensor, keys: tuple[str, ...] = BACKBONE_KEYS
) -> dict[str, Tensor]:
    """The tensors of ``context.data`` that a backbone reward reads, in the precision of ``probs``.

    Raises:
        ValueError: one is missing, or is not [B, L, ...] for probs [B, L, V].
    """
    found = {}
    for key in keys:
        if key not in context.data:
            known = ", ".join(sorted(context.data)) or "nothing"
            raise ValueError(
                f"a reward on a backbone reads context.data['{key}']; it holds {known}"
            )
        value = context.data[key].to(probs.device)
        if value.shape[:2] != probs.shape[:2]:
            raise ValueError(
                f"context.data['{key}'] is {tuple(value.shape)} for samples of "
                f"{tuple(probs.shape[:2])}"
            )
        found[key] = value.to(probs.dtype) if value.is_floating_point() else value
    return found


def _device(samples: Samples) -> torch.device:
    view = samples.relaxed if samples.relaxed is not None else samples.tokens
    return view.device if view is not None else torch.device("cpu")
