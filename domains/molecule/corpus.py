"""Molecules made by rule: what the embedded default's base learns from.

A core gets one to three groups on atoms that still have a hydrogen. Cores and groups are textbook
ones, good and bad alike: what makes a good molecule of them is left to find. Molecule ``i`` is a
function of its number alone.
"""

import itertools
from functools import lru_cache

import torch
from rdkit import Chem

from suite.core.randomness import stream_key
from suite.domains.molecule.chemistry import plain_smiles

CORES = (
    "c1ccccc1", "c1ccncc1", "c1cncnc1", "c1cc[nH]c1", "c1ccoc1", "c1ccsc1", "c1c[nH]cn1",
    "C1CCCCC1", "C1CCNCC1", "C1CNCCN1", "C1COCCN1", "C1CCOC1", "C1CCNC1", "C1CCCC1",
    "C1=CCCCC1", "CC", "CCC", "CCO", "CN", "CCN", "CC(C)C", "COC", "C=C", "C#C", "CSC", "NN", "OO",
)  # fmt: skip
GROUPS = (
    "C", "CC", "C(C)C", "O", "OC", "N", "NC", "N(C)C", "F", "Cl", "S", "SC", "C#N", "C=O",
    "C(C)=O", "C(=O)O", "C(N)=O", "C=C", "C#C", "N=O", "NN", "OO", "N=N", "SS", "OF", "NCl", "C=S",
    "CCl", "C(F)(F)F", "CO", "CN", "C(=O)Cl", "N=C=O",
)  # fmt: skip
MOST_GROUPS = 3


def make_molecule(number: int, max_atoms: int) -> str:
    """Molecule ``number`` as canonical SMILES, of at most ``max_atoms`` heavy atoms."""
    generator = torch.Generator().manual_seed(stream_key(0, 0, "molecule/made", number) % 2**62)
    molecule = Chem.MolFromSmiles(CORES[_pick(len(CORES), generator)])
    for _ in range(1 + _pick(MOST_GROUPS, generator)):
        group = Chem.MolFromSmiles(GROUPS[_pick(len(GROUPS), generator)])
        if molecule.GetNumAtoms() + group.GetNumAtoms() <= max_atoms:
            molecule = _bound(molecule, group, generator)
    return plain_smiles(molecule)


def _bound(molecule: Chem.Mol, group: Chem.Mol, generator: torch.Generator) -> Chem.Mol:
    """The molecule with the group's first atom bound to a random atom that has a hydrogen."""
    open_atoms = [a.GetIdx() for a in molecule.GetAtoms() if a.GetTotalNumHs() > 0]
    if not open_atoms:
        return molecule
    anchor = open_atoms[_pick(len(open_atoms), generator)]
    joined = Chem.RWMol(Chem.CombineMols(molecule, group))
    joined.AddBond(anchor, molecule.GetNumAtoms(), Chem.BondType.SINGLE)
    for index in (anchor, molecule.GetNumAtoms()):
        atom = joined.GetAtomWithIdx(index)
        atom.SetNumExplicitHs(max(0, atom.GetNumExplicitHs() - 1))
    made = joined.GetMol()
    Chem.SanitizeMol(made)
    return made


def _pick(count: int, generator: torch.Generator) -> int:
    return int(torch.randint(count, (), generator=generator))


@lru_cache(maxsize=4)
def made_molecules(first: int, count: int, max_atoms: int) -> tuple[str, ...]:
    """Molecules ``first`` to ``first + count``."""
    numbers = itertools.islice(itertools.count(first), count)
    return tuple(make_molecule(number, max_atoms) for number in numbers)
