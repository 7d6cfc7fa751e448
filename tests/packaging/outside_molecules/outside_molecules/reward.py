"""The reward of outside-molecules. Shapes: B molecules."""

from typing import ClassVar

import torch
from rdkit import Chem

from outside_molecules.codec import parse
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward


class Chain(Reward):
    """Atoms on the longest of the shortest paths between two atoms, over ``length``, at most 1.

    Args:
        length: of the wanted chain, in atoms.
    """

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"native"})

    def __init__(self, *, length: int = 6) -> None:
        self.length = length

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score SMILES; what is no molecule gets 0."""
        assert samples.native is not None
        shares = [min(1.0, longest(str(one)) / self.length) for one in samples.native]
        return Scores.all_valid(torch.tensor(shares))


def longest(smiles: str) -> int:
    """Atoms on the longest of the shortest paths; 0 of what is no molecule."""
    molecule = parse(smiles)
    return 0 if molecule is None else int(Chem.GetDistanceMatrix(molecule).max()) + 1
