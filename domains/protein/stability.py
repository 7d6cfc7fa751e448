"""The held-out reward: a small stability model fitted to measured changes of folding energy.

    stability(sequence, backbone) = sum over residues of
        anywhere[a] + burial_i * buried[a] + (1 if i is in a helix) * helix[a]     kcal/mol

Sixty coefficients, fitted by ``scripts/fit_stability_model.py`` to point mutants (the difference of
two stabilities at one place) and stored in ``stability.json`` with where they come from and how
well they rank mutants that they never saw. They share no number with the training reward: neither
the contact energies nor the hydrophobicity scale.

Sign: a higher number is a more stable protein. FireProtDB and Nisthal count a destabilising
mutation as positive ddG, Ssym as negative; the fit and its evaluation turn the first two around.

The zero: a ddG says nothing of sums over a whole sequence, so each column is shifted to a mean of 0
over Swiss-Prot's composition. A score is the stability that is expected on top of that of a random
natural composition on the same backbone. It is a ranking aid of modest accuracy (the rank
correlations in ``stability.json`` are 0.3 to 0.4) and no free energy of folding; and whoever trains
on it gets tryptophan everywhere, which is why nobody should.

Shapes: B sequences, L positions, V = 20 letters.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar

import torch
from torch import Tensor

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.protein.alphabet import probabilities, scale
from suite.domains.protein.backbone import SECONDARY
from suite.domains.protein.reward import backbone_tensors
from suite.domains.protein.terms import residues

COLUMNS = ("anywhere", "buried", "helix")
HELIX = SECONDARY.index("H")


@dataclass(frozen=True, kw_only=True, eq=False)
class StabilityModel:
    """Coefficients in kcal/mol, [3, V], rows in the order of COLUMNS."""

    coefficients: Tensor

    def site_stability(self, burial: Tensor, helix: Tensor) -> Tensor:
        """What each letter is worth at each residue, [..., V], kcal/mol.

        Args:
            burial: 0 exposed .. 1 buried, [...].
            helix: 1 in a helix, else 0, [...].
        """
        environment = torch.stack([torch.ones_like(burial), burial, helix], dim=-1)
        return environment @ self.coefficients.to(burial)

    def stability(self, probs: Tensor, burial: Tensor, helix: Tensor, mask: Tensor) -> Tensor:
        """Stability of whole sequences, [B], kcal/mol; padding counts for nothing."""
        per_residue = (probs * self.site_stability(burial, helix)).sum(dim=-1)
        return (per_residue * mask).sum(dim=-1)


def shipped_record() -> dict[str, Any]:
    """What ``stability.json`` holds: coefficients by column and letter, and how they were made."""
    text = (files("suite.domains.protein") / "stability.json").read_text(encoding="utf-8")
    record: dict[str, Any] = json.loads(text)
    return record


def load_model() -> StabilityModel:
    """The model that ships."""
    columns = shipped_record()["coefficients"]
    return StabilityModel(coefficients=torch.stack([scale(columns[name]) for name in COLUMNS]))


class StabilityReward(Reward):
    """Predicted stability in kcal/mol per residue; higher is more stable.

    Reads ``burial``, ``secondary`` and ``mask`` from ``context.data`` (see ``contexts``), and no
    contact.
    """

    unit = "kcal/mol per residue"
    invalid_value = -10.0  # no sequence is invalid; far below the worst possible one
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __init__(self) -> None:
        self.model = load_model()

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score relaxed [B, L, V] or tokens [B, L]; every row is valid.

        Raises:
            ValueError: the context lacks a backbone tensor, or shapes disagree.
        """
        probs = probabilities(samples)
        data = backbone_tensors(context, probs, ("burial", "secondary", "mask"))
        helix = (data["secondary"] == HELIX).to(probs.dtype)
        total = self.model.stability(probs, data["burial"], helix, data["mask"])
        return Scores.all_valid(total / residues(data["mask"]))
