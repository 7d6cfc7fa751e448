"""Molecules in and out: SMILES, RDKit's molecules and graphs of heavy atoms.

Hydrogens are implied by valences; charges, isotopes and stereochemistry are not represented.
Bonds are those of one Kekule structure, so that a molecule whose structures differ beyond
renumbering is several graphs.

Token layout of a graph [A + P]: element + 1 of each atom (0: none), then the bond order of each
pair i < j of atoms, (0, 1), (0, 2), ..., (A - 2, A - 1) (0: none).

Shapes: B molecules, A atoms at most, P = A (A - 1) / 2.
"""

from functools import lru_cache
from itertools import combinations

import torch
from rdkit import Chem, rdBase
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples
from suite.domains.molecule.drawing import data_uri

ELEMENTS = ("C", "N", "O", "F", "S", "Cl")
VALENCES = (4, 3, 2, 1, 2, 1)
BONDS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
ORDERS = {bond: order for order, bond in BONDS.items()}


@lru_cache(maxsize=50_000)
def parse(smiles: str) -> Chem.Mol | None:
    """The molecule of a SMILES string, or None where it is not one, or an empty one."""
    molecule = _read(smiles, checked=True)
    return molecule if molecule is not None and molecule.GetNumAtoms() else None


def _read(smiles: str, *, checked: bool) -> Chem.Mol | None:
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(smiles, sanitize=checked)


def why_not(smiles: str) -> str:
    """In a few words, what is wrong with a SMILES string that does not parse."""
    if not smiles.strip():
        return "it is empty"
    unchecked = _read(smiles, checked=False)
    if unchecked is None:
        return "its syntax is wrong"
    with rdBase.BlockLogs():
        problems = Chem.DetectChemistryProblems(unchecked)
    return str(problems[0].Message()) if problems else "RDKit refuses it"


def plain_smiles(molecule: Chem.Mol) -> str:
    """Canonical SMILES without stereochemistry."""
    return str(Chem.MolToSmiles(molecule, isomericSmiles=False))


def to_molecule(nodes: list[int], bonds: list[int], elements: tuple[str, ...]) -> Chem.Mol | None:
    """The molecule of one graph's tokens; None where it is none."""
    editable = Chem.RWMol()
    for kind in nodes:
        if kind:
            editable.AddAtom(Chem.Atom(elements[kind - 1]))
    for (first, second), order in zip(combinations(range(len(nodes)), 2), bonds, strict=True):
        if order:
            editable.AddBond(first, second, BONDS[order])
    molecule = editable.GetMol()
    with rdBase.BlockLogs():
        flaw = Chem.SanitizeMol(molecule, catchErrors=True)
    return None if flaw != Chem.SanitizeFlags.SANITIZE_NONE or not nodes[0] else molecule


class GraphCodec(Codec):
    """SMILES to graphs of at most ``max_nodes`` heavy atoms of ``elements``, and back."""

    def __init__(
        self, *, max_nodes: int = 12, elements: tuple[str, ...] | list[str] = ELEMENTS
    ) -> None:
        self.max_nodes, self.elements = max_nodes, tuple(elements)
        self.pairs = list(combinations(range(max_nodes), 2))

    def encode(self, natives: tuple[object, ...]) -> Samples:
        texts = tuple(str(native) for native in natives)
        rows = [self.encode_one(text, where=f"'{text}'") for text in texts]
        return Samples(tokens=torch.tensor(rows, dtype=torch.long), native=texts)

    def encode_one(self, smiles: str, *, where: str) -> list[int]:
        """The tokens of one molecule.

        Raises:
            SuiteError: it does not parse, is too large, in pieces, or has an atom that a graph
                cannot hold; ``where`` says in the message which it is.
        """
        molecule = parse(smiles)
        if molecule is None:
            raise SuiteError(
                f"{where} is not a molecule: {why_not(smiles)}.\nCorrect or remove it."
            )
        reason = self.refusal(molecule)
        if reason is not None:
            raise SuiteError(
                f"{where} cannot be a graph of this task: {reason}.\n"
                f"A graph has at most {self.max_nodes} heavy atoms of {', '.join(self.elements)}, "
                "without charges, in one piece.\nRemove it, or choose a task of SMILES strings."
            )
        return self._tokens(molecule)

    def refusal(self, molecule: Chem.Mol) -> str | None:
        """Why a molecule is outside of the space, or None."""
        if molecule.GetNumAtoms() > self.max_nodes:
            return f"it has {molecule.GetNumAtoms()} heavy atoms"
        if len(Chem.GetMolFrags(molecule)) > 1:
            return "it is in several pieces"
        for atom in molecule.GetAtoms():
            name = atom.GetSymbol()
            if name not in self.elements:
                return f"it holds {name}"
            if atom.GetFormalCharge():
                return f"{name} is charged"
            heavy = atom.GetTotalValence() > dict(zip(ELEMENTS, VALENCES, strict=True))[name]
            if heavy or atom.GetNumRadicalElectrons():
                return f"{name} has {atom.GetTotalValence()} bonds"
        return None

    def _tokens(self, molecule: Chem.Mol) -> list[int]:
        plain = Chem.Mol(molecule)
        Chem.Kekulize(plain, clearAromaticFlags=True)
        nodes = [self.elements.index(atom.GetSymbol()) + 1 for atom in plain.GetAtoms()]
        bound = {
            tuple(sorted((b.GetBeginAtomIdx(), b.GetEndAtomIdx()))): ORDERS[b.GetBondType()]
            for b in plain.GetBonds()
        }
        nodes += [0] * (self.max_nodes - len(nodes))
        return nodes + [bound.get(pair, 0) for pair in self.pairs]

    def decode(self, samples: Samples) -> tuple[object, ...]:
        """Canonical SMILES; a graph that is no molecule gives an empty string."""
        assert samples.tokens is not None
        return tuple(self._smiles(row) for row in samples.tokens.tolist())

    def _smiles(self, row: list[int]) -> str:
        molecule = to_molecule(row[: self.max_nodes], row[self.max_nodes :], self.elements)
        return "" if molecule is None else plain_smiles(molecule)

    def picture(self, native: object) -> str | None:
        """A drawing; None for what is no molecule."""
        molecule = parse(str(native)) if native else None
        return None if molecule is None else data_uri(molecule)


def num_rings(tokens: Tensor, max_nodes: int) -> Tensor:
    """Independent rings of graphs [B, A + P], [B]."""
    nodes, bonds = tokens[:, :max_nodes] > 0, tokens[:, max_nodes:] > 0
    return bonds.sum(dim=1) - nodes.sum(dim=1) + 1
