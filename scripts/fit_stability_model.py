"""Fit the coefficients of domains/protein/stability.py and say how good they are.

    python scripts/fit_stability_model.py --data DATA_FOLDER [--out domains/protein/stability.json]

Learns from FireProtDB's training split and Nisthal's GB1 table; judges itself by leaving out whole
proteins, by FireProtDB's other splits, and by Ssym. A protein is left out of everything but Ssym
where a local alignment has identical residues worth more than 30 % of the shorter sequence.

Environment of a mutated residue: burial and helix. FireProtDB gives the accessible area and the
secondary structure of its wild type; GB1's come from the structure in the data folder. The area is
put on the scale of ``backbone.burial`` by a line fitted on the residues of GB1 and hen lysozyme,
where both are known. Ssym has no annotation: its residues take that of the same residue in
FireProtDB (same protein, 90 % identity), whose measured values are not used; the others take the
mean environment.
"""

import argparse
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from stability_mutants import (
    GB1,
    LYSOZYME,
    Mutant,
    area_to_burial,
    homologues,
    read_fireprot,
    read_nisthal,
    read_ssym,
    ssym_environment,
    with_environment,
)
from torch import Tensor

from suite.core.oracle_metrics import pearson, spearman
from suite.domains.protein.alphabet import INDEX, LETTERS, NUM_LETTERS
from suite.domains.protein.pdb import read_pdb
from suite.domains.protein.scales import SWISS_PROT_PERCENT
from suite.domains.protein.stability import COLUMNS

RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS = 5
CLIP = (-5.0, 4.0)  # kcal/mol; beyond it a mutant is unfolded, and the number says little


# --- fitting -------------------------------------------------------------------------------------


def features(mutants: list[Mutant]) -> Tensor:
    """Mutant minus wild type, [M, 3 V]; columns of COLUMNS one after the other."""
    x = torch.zeros(len(mutants), len(COLUMNS), NUM_LETTERS, dtype=torch.float64)
    for row, m in enumerate(mutants):
        environment = torch.tensor([1.0, m.burial or 0.0, m.helix or 0.0], dtype=torch.float64)
        x[row, :, INDEX[m.mutation]] += environment
        x[row, :, INDEX[m.wild_type]] -= environment
    return x.flatten(1)


def changes(mutants: list[Mutant]) -> Tensor:
    """Measured changes of stability, [M], kcal/mol."""
    return torch.tensor([m.change for m in mutants], dtype=torch.float64)


def fit(mutants: list[Mutant], ridge: float) -> Tensor:
    """Weighted ridge regression; a protein with n mutants counts as sqrt(n). [3 V], kcal/mol."""
    sizes = Counter(m.protein for m in mutants)
    weight = torch.tensor([sizes[m.protein] ** -0.5 for m in mutants], dtype=torch.float64)
    weight = weight / weight.mean()
    x, y = features(mutants), changes(mutants).clamp(*CLIP)
    gram = (x * weight[:, None]).T @ x + ridge * torch.eye(x.shape[1], dtype=torch.float64)
    return torch.linalg.solve(gram, (x * weight[:, None]).T @ y)


def cross_validated(mutants: list[Mutant], ridge: float) -> float:
    """Spearman of predictions for proteins that the fit has not seen."""
    names = sorted({m.protein for m in mutants})
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(0)).tolist()
    fold = {names[place]: rank % FOLDS for rank, place in enumerate(order)}
    predicted = torch.zeros(len(mutants), dtype=torch.float64)
    for which in range(FOLDS):
        train = [m for m in mutants if fold[m.protein] != which]
        rows = torch.tensor([fold[m.protein] == which for m in mutants])
        test = [m for m in mutants if fold[m.protein] == which]
        predicted[rows] = features(test) @ fit(train, ridge)
    return spearman(predicted, changes(mutants))


def score(mutants: list[Mutant], coefficients: Tensor) -> float:
    """Spearman of predicted and measured changes."""
    return spearman(features(mutants) @ coefficients, changes(mutants))


def centred(coefficients: Tensor) -> Tensor:
    """Each column shifted to a mean of 0 over Swiss-Prot's composition, which no ddG can see."""
    columns = coefficients.view(len(COLUMNS), NUM_LETTERS)
    shares = torch.tensor([SWISS_PROT_PERCENT[a] for a in LETTERS], dtype=torch.float64)
    return columns - (columns * shares / shares.sum()).sum(dim=-1, keepdim=True)


# --- the report ----------------------------------------------------------------------------------


def check_signs(train: list[Mutant], nisthal: list[Mutant], ssym: list[Mutant]) -> None:
    """Print what shows that the three tables now have one sign."""
    measured = {(*m.site, m.mutation): m.change for m in train}
    twice = [(measured[k], m.change) for m in nisthal if (k := (*m.site, m.mutation)) in measured]
    first, second = torch.tensor(twice, dtype=torch.float64).T
    equal = int(((first - second).abs() < 0.01).sum())
    print(f"FireProtDB and Nisthal: {len(twice)} GB1 mutants in both, {equal} equal to 0.01")
    for name, mutants in (("FireProtDB", train), ("Nisthal", nisthal), ("Ssym direct", ssym)):
        mean = changes(mutants).mean()
        print(f"{name}: mean change {mean:+.2f} kcal/mol (mutations destabilise on average)")


def evaluate_ssym(
    direct: list[Mutant], inverse: list[Mutant], coefficients: Tensor
) -> dict[str, Any]:
    """Spearman with and without the rows of unknown environment, and the antisymmetry."""
    covered = [m.burial is not None for m in direct]
    known = [m for m in direct if m.burial is not None]
    mean_burial = sum(m.burial or 0.0 for m in known) / len(known)
    mean_helix = sum(m.helix or 0.0 for m in known) / len(known)

    def filled(m: Mutant) -> Mutant:
        return m if m.burial is not None else replace(m, burial=mean_burial, helix=mean_helix)

    forward = features([filled(m) for m in direct]) @ coefficients
    # The mutant's own structure is not at hand: the inverse takes the wild type's environment.
    backward_mutants = [
        replace(filled(there), wild_type=back.wild_type, mutation=back.mutation)
        for there, back in zip(direct, inverse, strict=True)
    ]
    backward = features(backward_mutants) @ coefficients
    rows = torch.tensor(covered)
    return {
        "rows_with_environment": int(rows.sum()),
        "spearman_direct": spearman(forward[rows], changes(direct)[rows]),
        "spearman_inverse": spearman(backward[rows], changes(inverse)[rows]),
        "pearson_direct": pearson(forward[rows], changes(direct)[rows]),
        "spearman_direct_all_342": spearman(forward, changes(direct)),
        "spearman_inverse_all_342": spearman(backward, changes(inverse)),
        "pearson_direct_with_inverse": pearson(forward, backward),
        "mean_of_direct_plus_inverse_kcal": float((forward + backward).mean()),
    }


def make_record(folder: Path) -> dict[str, Any]:
    """Read, fit and judge; what goes to stability.json."""
    fireprot, sequences = read_fireprot(folder)
    nisthal = read_nisthal(folder)
    direct, ssym_sequences = read_ssym(folder, "direct")
    inverse, _ = read_ssym(folder, "inverse")
    check_signs(fireprot, nisthal, direct)

    gb1 = read_pdb(folder / "gb1_2qmt.pdb.gz")
    line = area_to_burial(fireprot, {GB1: gb1, LYSOZYME: read_pdb(folder / "1aki.pdb.gz")})
    left_out = homologues(sequences, ssym_sequences)
    seen = {(*m.site, m.mutation) for m in fireprot}
    annotated = with_environment(fireprot, gb1, line)
    extra = with_environment([m for m in nisthal if (*m.site, m.mutation) not in seen], gb1, line)
    usable = [m for m in annotated if m.protein not in left_out]
    train = [m for m in usable if m.source == "fireprot_train"] + extra
    other = [m for m in usable if m.source != "fireprot_train"]

    by_ridge = {ridge: cross_validated(train, ridge) for ridge in RIDGES}
    ridge = max(by_ridge, key=lambda value: by_ridge[value])
    coefficients = fit(train, ridge)
    direct = ssym_environment(direct, ssym_sequences, annotated, sequences)
    on_ssym = evaluate_ssym(direct, inverse, coefficients)
    return {
        "made_by": "scripts/fit_stability_model.py",
        "unit": "kcal/mol, positive stabilises",
        "model": "sum_i anywhere[a] + burial_i buried[a] + helix_i helix[a]",
        "fitted_to": {
            "mutants": len(train),
            "of_which_only_in_nisthal": len(extra),
            "proteins": len({m.protein for m in train}),
            "left_out_as_homologous_to_ssym": sorted(left_out),
            "ridge": ridge,
            "burial_from_area": {"slope": round(line[0], 4), "intercept": round(line[1], 4)},
        },
        "spearman": {
            "proteins_left_out_in_turn_by_ridge": {
                str(k): round(v, 3) for k, v in by_ridge.items()
            },
            "fireprot_val_and_test": round(score(other, coefficients), 3),
            "fireprot_val_and_test_mutants": len(other),
        },
        "ssym": {key: round(value, 3) for key, value in on_ssym.items()},
        "coefficients": {
            name: {a: round(float(value), 4) for a, value in zip(LETTERS, row, strict=True)}
            for name, row in zip(COLUMNS, centred(coefficients), strict=True)
        },
    }


def main() -> None:
    """Write the record and print it without the coefficients."""
    parser = argparse.ArgumentParser(description="Fit the stability model of the protein domain.")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    default = Path(__file__).resolve().parents[1] / "domains/protein/stability.json"
    parser.add_argument("--out", type=Path, default=default)
    arguments = parser.parse_args()
    record = make_record(arguments.data / "protein")
    arguments.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    told = {key: value for key, value in record.items() if key != "coefficients"}
    print(json.dumps(told, indent=1))
    print(f"wrote {arguments.out}")


if __name__ == "__main__":
    main()
