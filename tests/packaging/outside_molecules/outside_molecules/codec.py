"""SMILES to the tokens of a graph policy and back.

Tokens [A + A (A - 1) / 2]: element + 1 of each atom, 0 where there is none, then the bond order of
each pair i < j of atoms. Shapes: B molecules, A = MAX_ATOMS.
"""

from itertools import combinations

import torch
from rdkit import Chem, rdBase

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples

ELEMENTS = ("C", "N", "O")
VALENCES = (4, 3, 2)
MAX_ATOMS = 6
PAIRS = tuple(combinations(range(MAX_ATOMS), 2))
BONDS = (None, Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)


def parse(smiles: str) -> Chem.Mol | None:
    """The molecule of a SMILES string; None where it is none."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
    return molecule if molecule is not None and molecule.GetNumAtoms() else None


def to_tokens(smiles: str) -> list[int]:
    """The tokens of one molecule.

    Raises:
        SuiteError: it is no molecule of this domain.
    """
    molecule = parse(smiles)
    symbols = [] if molecule is None else [atom.GetSymbol() for atom in molecule.GetAtoms()]
    if molecule is None or len(symbols) > MAX_ATOMS or not set(symbols) <= set(ELEMENTS):
        raise SuiteError(
            f"'{smiles}' is not a molecule of outside-molecules.\n"
            f"One has at most {MAX_ATOMS} atoms of {', '.join(ELEMENTS)}.\nCorrect it."
        )
    Chem.Kekulize(molecule, clearAromaticFlags=True)
    atoms = [ELEMENTS.index(symbol) + 1 for symbol in symbols]
    orders = {
        tuple(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))): BONDS.index(
            bond.GetBondType()
        )
        for bond in molecule.GetBonds()
    }
    return atoms + [0] * (MAX_ATOMS - len(atoms)) + [orders.get(pair, 0) for pair in PAIRS]


def to_smiles(tokens: list[int]) -> str:
    """Canonical SMILES of one graph; empty where it is no molecule."""
    molecule = Chem.RWMol()
    for element in filter(None, tokens[:MAX_ATOMS]):
        molecule.AddAtom(Chem.Atom(ELEMENTS[element - 1]))
    for pair, order in zip(PAIRS, tokens[MAX_ATOMS:], strict=True):
        if order:
            molecule.AddBond(*pair, BONDS[order])
    with rdBase.BlockLogs():
        flaw = Chem.SanitizeMol(molecule, catchErrors=True)
    return "" if flaw else str(Chem.MolToSmiles(molecule))


class GraphCodec(Codec):
    """Molecules as SMILES."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        """Tokens [B, A + A (A - 1) / 2]."""
        rows = [to_tokens(str(native)) for native in natives]
        return Samples(tokens=torch.tensor(rows, dtype=torch.long), native=natives)

    def decode(self, samples: Samples) -> tuple[object, ...]:
        """One SMILES string a row."""
        assert samples.tokens is not None
        return tuple(to_smiles(row) for row in samples.tokens.tolist())
