"""What SMILES strings are learned from: a file's molecules, or molecules made by rule."""

from pathlib import Path

import torch
from torch import Tensor

from suite.core.contexts import Unconditioned
from suite.core.randomness import permutation
from suite.core.records import Context, Samples
from suite.domains.molecule.corpus import made_molecules
from suite.domains.molecule.smiles import SmilesCodec, read_smiles, that_fit

MADE_ATOMS = 12  # heavy atoms of a molecule made by rule, as in molecule/druglike
NUM_MADE = 4_000
HELD_OUT_SHARE = 0.1


def corpus(data: str | None) -> tuple[str, ...]:
    """The molecules of a file, or those made by rule, as canonical SMILES without stereo."""
    return made_molecules(0, NUM_MADE, MADE_ATOMS) if data is None else read_smiles(Path(data))


class SmilesStrings(Unconditioned):
    """One empty context; demonstrations are SMILES, a tenth of the distinct ones held out.

    Args:
        length: symbols a string at most, as in the policy; longer molecules are left out.
        data: a file with one SMILES a line, or None: molecules made by rule.
    """

    def __init__(self, *, length: int = 64, data: str | None = None) -> None:
        codec = SmilesCodec(length=length)
        source = "the corpus made by rule" if data is None else f"'{data}'"
        distinct = sorted(set(that_fit(corpus(data), codec, source=source)))
        order = permutation(0, 0, "molecule/strings", len(distinct)).tolist()
        rows = [codec.row(distinct[i], where=f"'{distinct[i]}'") for i in order]
        tokens = torch.tensor(rows, dtype=torch.long)
        held_out = max(1, int(HELD_OUT_SHARE * len(rows)))
        self._held_out, self._tokens = tokens[:held_out], tokens[held_out:]
        self.num_demonstrations = len(self._tokens)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._tokens[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._held_out[index % len(self._held_out)])
