"""Measured point mutants with the environment of the residue, for fit_stability_model.py.

Everything here has one sign, kcal/mol, positive where a mutation stabilises. FireProtDB and Nisthal
count a destabilising mutation as positive ddG and are turned around; Ssym counts it as negative.
"""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from suite.core.errors import missing_extra
from suite.core.oracle_metrics import pearson
from suite.domains.protein.backbone import Backbone, burial
from suite.domains.protein.scales import MAX_ACCESSIBLE_AREA

SAME_PROTEIN, HOMOLOGOUS = 0.9, 0.3  # shares of identical residues
GB1, LYSOZYME = "1PGA", "4LYZ"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One measured point mutant; ``change`` in kcal/mol, positive where it stabilises."""

    source: str
    protein: str
    position: int  # in the protein's sequence, from 0
    wild_type: str
    mutation: str
    change: float
    burial: float | None = None
    helix: float | None = None
    relative_area: float | None = None

    @property
    def site(self) -> tuple[str, int]:
        return self.protein, self.position


# --- reading -------------------------------------------------------------------------------------


def table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a gzipped CSV file."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def read_fireprot(folder: Path) -> tuple[list[Mutant], dict[str, str]]:
    """Mutants of all three splits, and the sequence of each protein."""
    mutants, sequences = [], {}
    for split in ("train", "val", "test"):
        for row in table(folder / f"fireprot_{split}.csv.gz"):
            sequences[row["pdb_id_corrected"]] = row["pdb_sequence"]
            mutants.append(_fireprot_mutant(row, f"fireprot_{split}"))
    return mutants, sequences


def _fireprot_mutant(row: dict[str, str], source: str) -> Mutant:
    area = float(row["asa"]) / MAX_ACCESSIBLE_AREA[row["wild_type"]] if row["asa"] else None
    return Mutant(
        source=source,
        protein=row["pdb_id_corrected"],
        position=int(float(row["pdb_position"])),
        wild_type=row["wild_type"],
        mutation=row["mutation"],
        change=-float(row["ddG"]),
        helix=float(row["secondary_structure"] == "H") if row["secondary_structure"] else None,
        relative_area=min(area, 1.0) if area is not None else None,
    )


def read_nisthal(folder: Path) -> list[Mutant]:
    """GB1 mutants; y is positive where destabilising. A name may list synonyms: the last counts."""
    mutants = []
    for row in table(folder / "nisthal_data.csv.gz"):
        wild_type, number, mutation = parse_mutation(row["name"].split(",")[-1].strip())
        mutants.append(
            Mutant(
                source="nisthal",
                protein=GB1,
                position=number - 1,
                wild_type=wild_type,
                mutation=mutation,
                change=-float(row["y"]),
            )
        )
    return mutants


def read_ssym(folder: Path, direction: str) -> tuple[list[Mutant], dict[str, str]]:
    """Ssym; DDG is positive where stabilising. Residue numbers are shifted onto the sequence."""
    rows = list(table(folder / f"ssym_{direction}.csv.gz"))
    sequences = {row["PDB"]: row["SEQ"] for row in rows}
    shift = {pdb: numbering(pdb, sequence, rows) for pdb, sequence in sequences.items()}
    mutants = []
    for row in rows:
        wild_type, number, mutation = parse_mutation(row["MUT"])
        mutants.append(
            Mutant(
                source=f"ssym_{direction}",
                protein=row["PDB"],
                position=number - 1 + shift[row["PDB"]],
                wild_type=wild_type,
                mutation=mutation,
                change=float(row["DDG"]),
            )
        )
    return mutants, sequences


def numbering(pdb: str, sequence: str, rows: list[dict[str, str]]) -> int:
    """The shift from residue numbers to places in the sequence that fits all wild types best."""
    wanted = [parse_mutation(row["MUT"])[:2] for row in rows if row["PDB"] == pdb]

    def matches(shift: int) -> int:
        places = [(letter, number - 1 + shift) for letter, number in wanted]
        return sum(0 <= p < len(sequence) and sequence[p] == letter for letter, p in places)

    return max(range(-80, 81), key=lambda shift: (matches(shift), -abs(shift)))


def parse_mutation(text: str) -> tuple[str, int, str]:
    """V39A to ("V", 39, "A")."""
    match = re.fullmatch(r"([A-Z])(\d+)([A-Z])", text)
    if match is None:
        raise SystemExit(f"'{text}' is no mutation such as V39A")
    return match[1], int(match[2]), match[3]


# --- homology and environment --------------------------------------------------------------------


@cache
def aligner(mode: str) -> Any:
    """Biopython's pairwise aligner with BLOSUM62 and the usual gap costs."""
    try:
        from Bio import Align
    except ImportError:
        raise missing_extra("biopython", "protein", needed_by="this script") from None
    matrix = Align.substitution_matrices.load("BLOSUM62")
    gaps = {"open_gap_score": -11, "extend_gap_score": -1}
    return Align.PairwiseAligner(mode=mode, substitution_matrix=matrix, **gaps)


def identity(first: str, second: str) -> float:
    """Identical residues of the best local alignment, as a share of the shorter sequence."""
    counts = aligner("local").align(first, second)[0].counts()
    return float(counts.identities) / min(len(first), len(second))


def homologues(sequences: dict[str, str], others: dict[str, str]) -> frozenset[str]:
    """Names in ``sequences`` that are homologous to any of ``others``."""
    return frozenset(
        name
        for name, sequence in sequences.items()
        if any(identity(sequence, other) > HOMOLOGOUS for other in others.values())
    )


def area_to_burial(mutants: list[Mutant], structures: dict[str, Backbone]) -> tuple[float, float]:
    """Slope and intercept of 1 - relative area against burial, over sites where both are known."""
    areas = {m.site: m.relative_area for m in mutants if m.relative_area is not None}
    known = [
        (float(burial(structures[protein])[position]), 1 - area)
        for (protein, position), area in areas.items()
        if protein in structures
    ]
    x, y = torch.tensor(known, dtype=torch.float64).T
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    print(f"1 - relative area against burial: {len(known)} sites, Pearson {pearson(x, y):.2f}")
    return float(slope), float(y.mean() - slope * x.mean())


def with_environment(
    mutants: list[Mutant], gb1: Backbone, line: tuple[float, float]
) -> list[Mutant]:
    """Mutants whose environment is known."""
    inside, slope, intercept = burial(gb1), *line
    found = []
    for m in mutants:
        if m.protein == GB1:
            helix = float(gb1.secondary[m.position] == "H")
            found.append(replace(m, burial=float(inside[m.position]), helix=helix))
        elif m.relative_area is not None and m.helix is not None:
            covered = (1 - m.relative_area - intercept) / slope
            found.append(replace(m, burial=min(max(covered, 0.0), 1.0)))
    return found


def ssym_environment(
    ssym: list[Mutant], sequences: dict[str, str], annotated: list[Mutant], known: dict[str, str]
) -> list[Mutant]:
    """Ssym mutants with the environment of the same residue in an annotated protein, if any."""
    sites: dict[str, dict[int, Mutant]] = defaultdict(dict)
    for m in annotated:
        sites[m.protein][m.position] = m
    environment: dict[tuple[str, int], Mutant] = {}
    for pdb, sequence in sequences.items():
        for protein, its_sequence in known.items():
            if protein in sites and identity(sequence, its_sequence) >= SAME_PROTEIN:
                pairs = zip(
                    *aligner("global").align(sequence, its_sequence)[0].aligned, strict=True
                )
                for (start, stop), (its_start, _) in pairs:
                    for place in range(start, stop):
                        there = sites[protein].get(its_start + place - start)
                        if there is not None:
                            environment[pdb, place] = there
    result = []
    for m in ssym:
        there = environment.get(m.site)
        fits = there is not None and there.wild_type == m.wild_type
        result.append(replace(m, burial=there.burial, helix=there.helix) if there and fits else m)
    return result
