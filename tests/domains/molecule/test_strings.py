"""SMILES as strings: round trips, files of them, and what is refused."""

import gzip
from pathlib import Path

import pytest
import torch

from suite.core.api import run
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_metric, make_task
from suite.domains.molecule.corpus import made_molecules
from suite.domains.molecule.smiles import SYMBOLS, SmilesCodec, read_smiles
from suite.domains.molecule.strings import SmilesStrings


def test_made_molecules_survive_the_round_trip() -> None:
    made = made_molecules(0, 200, 12)
    codec = SmilesCodec(length=32)
    assert codec.decode(Samples(tokens=codec.encode(made).tokens)) == made


def test_an_atom_in_brackets_or_of_two_letters_is_one_symbol() -> None:
    row = SmilesCodec(length=8).row("Clc[nH]Br", where="a test")
    padding = len(SYMBOLS)
    names = ["Cl", "c", "[nH]", "Br"]
    assert row == [*map(SYMBOLS.index, names), *[padding] * 4]


def test_what_is_no_molecule_is_decoded_as_it_was_written() -> None:
    codec = SmilesCodec(length=8)
    assert codec.decode(codec.encode(("C(C(", "c1cc"))) == ("C(C(", "c1cc")


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [("", "it is empty"), ("C[Si]", r"its symbol \[Si\]"), ("C" * 9, "it has 9 symbols")],
)
def test_what_the_alphabet_cannot_write_is_refused(smiles: str, reason: str) -> None:
    with pytest.raises(SuiteError, match=reason):
        SmilesCodec(length=8).encode((smiles,))


@pytest.mark.parametrize("task", ["molecule/strings", "molecule/zinc"])
def test_the_policy_of_a_task_has_the_symbols_and_the_length_of_its_codec(task: str) -> None:
    found = make_task(task)
    assert found.codec is not None
    assert found.policy.config["letters"] == len(SYMBOLS)
    lengths = [use.config["length"] for use in (found.policy, found.codec, found.contexts)]
    assert len(set(lengths)) == 1


def test_a_line_that_is_no_molecule_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("smiles\nCCO ethanol\n\nc1ccccc\n")
    with pytest.raises(SuiteError, match=r"mine.smi' line 4: 'c1ccccc' is not a molecule: its syn"):
        read_smiles(path)


def test_a_file_is_read_without_stereo_header_and_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv.gz"
    with gzip.open(path, "wt") as file:
        file.write("SMILES,logp\nF/C=C/F,1\nOCC,2\n")
    assert read_smiles(path) == ("FC=CF", "CCO")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n\n", "holds no molecule"), (b"\xff\xfe\x00", "cannot be read as text")],
)
def test_a_file_without_molecules_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "mine.smi"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=message):
        read_smiles(path)


def test_a_file_that_mostly_does_not_fit_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("C[Si](C)C\nCC[Si]\nCCO\n")
    with pytest.raises(SuiteError, match=r"2 of the 3 molecules .* \[Si\] is not in the alphabet"):
        SmilesStrings(data=str(path))


def test_held_out_molecules_are_not_among_the_demonstrations() -> None:
    strings = SmilesStrings(length=32)
    _, train = strings.demonstrations(torch.arange(strings.num_demonstrations))
    _, held_out = strings.held_out_demonstrations(torch.arange(100))
    assert train.tokens is not None
    assert held_out.tokens is not None
    seen = {tuple(row) for row in train.tokens.tolist()}
    assert not seen & {tuple(row) for row in held_out.tokens.tolist()}


def test_the_panel_counts_what_is_valid_distinct_and_not_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("CCO\nc1ccccc1\n")
    metric = make_metric("molecule/string_statistics", {"length": 16, "data": str(path)})
    natives = ("CCO", "OCC", "CCN", "c1cc")
    samples = Samples(tokens=SmilesCodec(length=16).encode(natives).tokens, native=natives)
    found = metric(samples, Context(index=torch.zeros(4, dtype=torch.long)))
    assert found["validity"] == pytest.approx(3 / 4)
    assert found["uniqueness"] == pytest.approx(2 / 3)
    assert found["novelty"] == pytest.approx(1 / 2)


def test_a_run_learns_from_a_file_of_smiles(tmp_path: Path) -> None:
    path = tmp_path / "mine.smi"
    path.write_text("\n".join(made_molecules(0, 40, 8)))
    settings = {
        "policy.width": 16,
        "base.num_steps": 3,
        "train.num_steps": 2,
        "train.group_size": 8,
        "train.eval_samples": 8,
        "controls.enabled": False,
    }
    result = run(task="molecule/zinc", data=str(path), out=tmp_path / "run", settings=settings)
    text = (result.folder / "metrics.jsonl").read_text()
    assert "metric/molecule/string_statistics/validity" in text
