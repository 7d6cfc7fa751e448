"""Backbones from PDB files, plain or gzipped.

Read by hand, without biopython: the ATOM records of the first model are fixed columns, and four
atoms a residue are all that is asked. Alternate locations other than the first are left out;
selenomethionine counts as methionine.

Not read: mmCIF, and modified residues in HETATM records other than MSE.
"""

import gzip
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import torch

from suite.core.errors import SuiteError
from suite.domains.protein.backbone import Backbone, assign_secondary

ATOMS = ("N", "CA", "C", "O")
PEPTIDE_BREAK = 2.5  # angstrom between C and the next N; the bond is 1.33

THREE_LETTER = {
    "ALA": "A", "CYS": "C", "ASP": "D", "GLU": "E", "PHE": "F", "GLY": "G", "HIS": "H",
    "ILE": "I", "LYS": "K", "LEU": "L", "MET": "M", "ASN": "N", "PRO": "P", "GLN": "Q",
    "ARG": "R", "SER": "S", "THR": "T", "VAL": "V", "TRP": "W", "TYR": "Y", "MSE": "M",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Residue:
    """One residue while its records are read."""

    chain: str
    number: str
    name: str
    atoms: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.name} {self.chain}{self.number}"


def read_pdb(path: str | Path, *, chains: str | None = None) -> Backbone:
    """The backbone of the first model in a .pdb or .pdb.gz file.

    Args:
        path: the file; one that ends in .gz must be gzipped.
        chains: the chain letters to keep, "A" or "AB"; all by default.

    Raises:
        SuiteError: the file is missing, not gzip, or cut short; it has no backbone atoms; a
            residue lacks one of N, CA, C (named); a coordinate is no number (line named); a
            chain that was asked for is not there.
    """
    file = Path(path)
    residues = _residues(_read_text(file), file)
    if chains is not None:
        residues = _keep_chains(residues, chains, file)
    if not any(residue.atoms for residue in residues):
        raise SuiteError(
            f"{file} has no backbone atoms (ATOM records named N, CA and C).\n"
            "A backbone is read from the ATOM records of a PDB file.\n"
            "Give a PDB file of a protein (gzipped ones end in .gz); convert an mmCIF file first."
        )
    _require_complete(residues, file)
    return _backbone(residues, file.name.removesuffix(".gz").removesuffix(".pdb"))


def _read_text(file: Path) -> str:
    if not file.is_file():
        raise SuiteError(
            f"no file {file}.\nA backbone is read from a .pdb or .pdb.gz file.\nCheck the path."
        )
    raw = file.read_bytes()
    try:
        # Remarks may hold any byte; the columns that are read are ASCII.
        return (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("latin-1")
    except gzip.BadGzipFile:
        raise SuiteError(
            f"{file} ends in .gz but is not gzipped.\nIts first bytes are not those of gzip.\n"
            "Rename it without .gz, or compress it with `gzip`."
        ) from None
    except (EOFError, zlib.error):
        raise SuiteError(
            f"{file} is cut short or damaged: gzip cannot read it to the end.\n"
            "Check it with `gzip -t`.\nFetch or copy it again."
        ) from None


def _residues(text: str, file: Path) -> list[_Residue]:
    """Residues of the first model in the order of the file, with those of ATOMS that they have."""
    found: dict[tuple[str, str], _Residue] = {}
    for number, line in _atom_lines(text):
        key = (line[21], line[22:27].strip())
        residue = found.setdefault(
            key, _Residue(chain=line[21], number=key[1], name=line[17:20].strip())
        )
        atom = line[12:16].strip()
        if atom in ATOMS and atom not in residue.atoms:
            residue.atoms[atom] = _coordinates(line, number, file)
    return [residue for residue in found.values() if residue.name in THREE_LETTER]


def _atom_lines(text: str) -> Iterator[tuple[int, str]]:
    """ATOM records (and HETATM of selenomethionine) of the first model, with line numbers."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("ENDMDL"):
            return
        selenomethionine = line.startswith("HETATM") and line[17:20] == "MSE"
        if (line.startswith("ATOM  ") or selenomethionine) and line[16:17] in (" ", "A"):
            yield number, line.ljust(54)


def _coordinates(line: str, number: int, file: Path) -> tuple[float, float, float]:
    try:
        x, y, z = (float(line[start : start + 8]) for start in (30, 38, 46))
    except ValueError:
        x = y = z = math.nan
    if not all(map(math.isfinite, (x, y, z))):
        raise SuiteError(
            f"line {number} of {file} has coordinates that are no numbers: '{line[30:54]}'.\n"
            "Columns 31 to 54 of an ATOM record hold x, y and z.\nCorrect or remove the line."
        )
    return x, y, z


def _keep_chains(residues: list[_Residue], chains: str, file: Path) -> list[_Residue]:
    known = "".join(dict.fromkeys(residue.chain for residue in residues))
    missing = [letter for letter in chains if letter not in known]
    if missing:
        raise SuiteError(
            f"{file} has no chain '{missing[0]}'.\nIts chains: {', '.join(known) or 'none'}.\n"
            "Ask for one of these."
        )
    return [residue for residue in residues if residue.chain in chains]


def _require_complete(residues: list[_Residue], file: Path) -> None:
    for residue in residues:
        lacking = [atom for atom in ("N", "CA", "C") if atom not in residue.atoms]
        if lacking:
            raise SuiteError(
                f"residue {residue.label} of {file} lacks {' and '.join(lacking)}.\n"
                "Every residue of a backbone needs N, CA and C.\n"
                "Remove the residue from the file, or model the missing atoms."
            )


def _backbone(residues: list[_Residue], name: str) -> Backbone:
    rows = [[residue.atoms.get(atom, (math.nan,) * 3) for atom in ATOMS] for residue in residues]
    coordinates = torch.tensor(rows, dtype=torch.float64)
    coordinates[:, 3] = _with_oxygen(coordinates)
    letters = [residue.chain for residue in residues]
    chain = _stretches(coordinates, letters)
    return Backbone(
        name=name,
        coordinates=coordinates.float(),
        chain=chain,
        secondary=assign_secondary(coordinates, chain),
        sequence="".join(THREE_LETTER[residue.name] for residue in residues),
    )


def _stretches(coordinates: torch.Tensor, letters: list[str]) -> torch.Tensor:
    """A new number where the chain letter changes or the peptide bond is missing, [L]."""
    gap = (coordinates[1:, 0] - coordinates[:-1, 2]).norm(dim=-1) > PEPTIDE_BREAK
    change = torch.tensor([a != b for a, b in pairwise(letters)])
    starts = torch.cat([torch.zeros(1, dtype=torch.bool), gap | change.bool()])
    return starts.long().cumsum(0)


def _with_oxygen(coordinates: torch.Tensor) -> torch.Tensor:
    """O positions [L, 3]; a missing one is put opposite to the mean of the next N and CA.

    Crystal structures often lack the last O. It is 1.23 angstrom from C, in the plane of CA, C and
    the next N; without a next residue the place of N is taken from the residue's own N.
    """
    oxygen = coordinates[:, 3].clone()
    following = torch.cat([coordinates[1:, 0], coordinates[-1:, 0]])
    carbon = coordinates[:, 2]
    normalize = torch.nn.functional.normalize
    toward = normalize(coordinates[:, 1] - carbon, dim=-1) + normalize(following - carbon, dim=-1)
    guess = carbon - 1.23 * normalize(toward, dim=-1)
    missing = oxygen.isnan().any(dim=-1)
    oxygen[missing] = guess[missing]
    return oxygen
