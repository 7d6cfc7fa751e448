"""Backbones read from PDB files."""

import gzip
from pathlib import Path

import pytest
import torch

from suite.core.errors import SuiteError
from suite.domains.protein.alphabet import wild_type
from suite.domains.protein.backbone import burial, phi_psi, virtual_beta
from suite.domains.protein.pdb import read_pdb


def atom(
    serial: int, name: str, residue: str, number: int, x: float, *, chain: str = "A", alt: str = " "
) -> str:
    """One ATOM record, in fixed columns."""
    return (
        f"ATOM  {serial:5d}  {name:<3}{alt}{residue} {chain}{number:4d}    "
        f"{x:8.3f}{x / 2:8.3f}{0.0:8.3f}  1.00  0.00           {name[0]}"
    )


def residue(number: int, name: str = "ALA", *, chain: str = "A", skip: str = "") -> list[str]:
    atoms = [a for a in ("N", "CA", "C", "O", "CB") if a != skip]
    return [atom(i, a, name, number, 3.0 * number + i, chain=chain) for i, a in enumerate(atoms)]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_four_atoms_a_residue_are_read_from_fixed_columns(tmp_path: Path) -> None:
    backbone = read_pdb(write(tmp_path / "x.pdb", residue(1) + residue(2, "TRP")))
    assert (len(backbone), backbone.sequence, backbone.name) == (2, "AW", "x")
    assert backbone.coordinates[0, :, 0].tolist() == [3.0, 4.0, 5.0, 6.0]
    assert backbone.coordinates[1, 1].tolist() == [7.0, 3.5, 0.0]


def test_gzip_gives_what_plain_text_gives(tmp_path: Path) -> None:
    plain = write(tmp_path / "x.pdb", residue(1) + residue(2))
    packed = tmp_path / "x.pdb.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert torch.equal(read_pdb(plain).coordinates, read_pdb(packed).coordinates)
    assert read_pdb(packed).name == "x"


def test_only_the_first_model_and_the_first_location_are_read(tmp_path: Path) -> None:
    first = [*residue(1, skip="CA"), atom(8, "CA", "ALA", 1, 10.0, alt="A")]
    lines = [*first, atom(9, "CA", "ALA", 1, 99.0, alt="B"), "ENDMDL", *residue(2)]
    backbone = read_pdb(write(tmp_path / "x.pdb", lines))
    assert len(backbone) == 1
    assert backbone.coordinates[0, 1, 0] == 10.0


def test_waters_and_ligands_are_no_residues(tmp_path: Path) -> None:
    water = atom(9, "O", "HOH", 7, 0.0).replace("ATOM  ", "HETATM")
    assert len(read_pdb(write(tmp_path / "x.pdb", [*residue(1), water]))) == 1


def test_a_missing_oxygen_is_placed_in_the_peptide_plane(data_folder: Path, tmp_path: Path) -> None:
    source = data_folder / "protein/gb1_2qmt.pdb.gz"
    lines = gzip.decompress(source.read_bytes()).decode().splitlines()
    kept = [x for x in lines if (x[:4], x[12:16].strip(), x[22:26]) != ("ATOM", "O", "  20")]
    assert len(kept) == len(lines) - 1
    rebuilt = read_pdb(write(tmp_path / "x.pdb", kept))
    off = (rebuilt.coordinates[19, 3] - read_pdb(source).coordinates[19, 3]).norm()
    assert 0 < off < 0.15


def test_real_structures_have_the_sequence_and_helix_that_are_known(data_folder: Path) -> None:
    backbone = read_pdb(data_folder / "protein/gb1_2qmt.pdb.gz")
    assert backbone.sequence == wild_type("gb1")
    # The helix of protein G runs from about A24 to about N37.
    assert backbone.secondary[23:35] == "H" * 12
    assert backbone.secondary.count("H") < 18
    assert backbone.secondary[2:6] == "EEEE"
    # Y3, L5, A26, F30 and F52 make the core; K10 and the outer side of the helix are exposed.
    inside = burial(backbone)
    assert inside[[2, 4, 25, 29, 51]].min() > 0.5 > inside[[9, 20, 27, 35]].max()


def test_virtual_betas_lie_on_the_measured_ones(data_folder: Path) -> None:
    source = data_folder / "protein/gb1_2qmt.pdb.gz"
    lines = gzip.decompress(source.read_bytes()).decode().splitlines()
    betas = {
        int(x[22:26]) - 1: [float(x[start : start + 8]) for start in (30, 38, 46)]
        for x in lines
        if x.startswith("ATOM") and x[12:16].strip() == "CB" and x[16] in " A"
    }
    assert len(betas) == 56 - wild_type("gb1").count("G")
    virtual = virtual_beta(read_pdb(source).coordinates)[list(betas)]
    off = (virtual - torch.tensor(list(betas.values()))).norm(dim=-1)
    assert off.max() < 0.35
    assert off.mean() < 0.1


def test_proline_of_a_real_structure_keeps_its_phi(data_folder: Path) -> None:
    backbone = read_pdb(data_folder / "protein/1aki.pdb.gz")
    phi, _ = phi_psi(backbone.coordinates, backbone.chain)
    sequence = backbone.sequence or ""
    prolines = [i for i, letter in enumerate(sequence) if letter == "P"]
    assert prolines
    assert all(-100 < float(phi[i]) < -40 for i in prolines)


def test_a_break_starts_a_new_stretch(tmp_path: Path) -> None:
    lines = residue(1) + residue(2, chain="B")
    assert read_pdb(write(tmp_path / "x.pdb", lines)).chain.tolist() == [0, 1]
    assert len(read_pdb(write(tmp_path / "x.pdb", lines), chains="B")) == 1


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["HEADER    NOTHING"], r"x\.pdb has no backbone atoms"),
        ([atom(1, "CB", "ALA", 1, 0.0)], r"x\.pdb has no backbone atoms"),
        (residue(1) + residue(2, "LEU", skip="CA"), r"residue LEU A2 of .*x\.pdb lacks CA\."),
        ([line.replace("3.000", "  abc") for line in residue(1)], r"line 1 of .*no numbers"),
    ],
)
def test_a_file_without_a_whole_backbone_is_refused(
    tmp_path: Path, lines: list[str], message: str
) -> None:
    with pytest.raises(SuiteError, match=message):
        read_pdb(write(tmp_path / "x.pdb", lines))


def test_a_chain_that_is_not_there_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "x.pdb", residue(1))
    with pytest.raises(SuiteError, match=r"has no chain 'C'.\nIts chains: A."):
        read_pdb(file, chains="AC")


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no file .*absent\.pdb"):
        read_pdb(tmp_path / "absent.pdb")
    plain = write(tmp_path / "plain.pdb.gz", residue(1))
    with pytest.raises(SuiteError, match=r"ends in \.gz but is not gzipped"):
        read_pdb(plain)
    short = tmp_path / "short.pdb.gz"
    short.write_bytes(gzip.compress("\n".join(residue(1) * 50).encode())[:-20])
    with pytest.raises(SuiteError, match="cut short or damaged"):
        read_pdb(short)
