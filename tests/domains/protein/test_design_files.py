"""FASTA and CSV of designs: score parts, novelty, distance to the wild type, measured fitness."""

import csv
import gzip
import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

import suite
from suite.cli import main
from suite.core.designs import write_csv, write_fasta
from suite.core.metric import References
from suite.core.records import Context, Samples
from suite.domains.protein.alphabet import decode, encode
from suite.domains.protein.gb1 import WILD_TYPE, load_gb1, split_gb1
from suite.domains.protein.gb1_task import MeasuredFitness
from suite.domains.protein.metrics import DesignStatistics

LETTERS = "ADGLVW"
MISSING = "AA"  # variants that begin so were not measured


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,260 variants of GB1's format, with made-up fitness."""
    path = tmp_path_factory.mktemp("gb1") / "table.csv.gz"
    variants = ["".join(sites) for sites in itertools.product(LETTERS, repeat=4)]
    rows = [f"{text},{(7 * i % 41) / 25:.3f}\n" for i, text in enumerate(variants)]
    rows = [row for row in rows if not row.startswith(MISSING)]
    path.write_bytes(gzip.compress("".join(["variant,fitness\n", *rows]).encode()))
    return path


@pytest.fixture(scope="module")
def run(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    settings = {"train.num_steps": 1, "base.num_steps": 80, "controls.enabled": False}
    suite.run(task="protein/gb1", algo="rloo", data=str(table), out=folder, settings=settings)
    return folder


def context(rows: int) -> Context:
    return Context(index=torch.zeros(rows, dtype=torch.long))


def hamming(one: str, other: str) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True))


def test_the_files_of_a_run_tell_what_a_biologist_asks(run: Path, table: Path) -> None:
    """Every number is worked out again here from letters and the table alone."""
    names = [str(run.parent / name) for name in ("x.csv", "x.fasta")]
    files = ["--csv", names[0], "--fasta", names[1]]
    result = CliRunner().invoke(main, ["sample", str(run), "-n", "24", "--select", "8", *files])
    assert result.exit_code == 0, result.output
    with Path(names[0]).open(newline="") as file:
        rows = list(csv.DictReader(file))
    read = load_gb1(str(table))
    fitness = dict(zip(decode(read.tokens), read.fitness.tolist(), strict=True))
    known = decode(read.tokens[split_gb1(read).base])
    records = Path(names[1]).read_text().split(">")[1:]
    assert len(rows) == len(records) == 8
    assert 0 < sum(row["sample"] in fitness for row in rows) < 8  # both kinds are looked at
    for row, record in zip(rows, records, strict=True):
        text = row["sample"]
        assert float(row["novelty"]) == min(hamming(text, other) for other in known)
        assert float(row["distance_to_wild_type"]) == hamming(text, WILD_TYPE)
        told_fitness = row["measured_fitness"]
        assert (float(told_fitness) if told_fitness else None) == fitness.get(text)
        header, sequence = record.split("\n")[:2]
        told = dict(word.split("=") for word in header.split()[1:])
        assert sequence == text
        assert set(told) == {name for name, value in row.items() if value and name != "sample"}
        assert float(told["novelty"]) == float(row["novelty"])


def test_single_designs_are_compared_where_there_is_what_to_compare_with() -> None:
    designs = Samples(tokens=encode(["VDGV", "FWAA", "VDGA"]))
    known = Samples(tokens=encode(["FWAV", "VDGA"]))
    both = References(known=known, template=Samples(tokens=encode(["VDGV"])))
    found = DesignStatistics().each(designs, context(3), both)
    assert found["novelty"].tolist() == [1, 1, 0]
    assert found["distance_to_wild_type"].tolist() == [0, 4, 1]
    assert DesignStatistics().each(designs, context(3), References()) == {}
    half = Context(
        index=torch.zeros(3, dtype=torch.long),
        data={"mask": torch.tensor([[True, True, False, False]] * 3)},
    )
    masked = DesignStatistics().each(designs, half, both)
    assert masked["distance_to_wild_type"].tolist() == [0, 2, 0]


def test_an_unmeasured_design_has_no_fitness(table: Path) -> None:
    designs = Samples(tokens=encode(["AAGG", "ADAA"]))
    values = MeasuredFitness(data=str(table)).each(designs, context(2), References())
    first, second = values["measured_fitness"].tolist()
    assert math.isnan(first)
    assert second == pytest.approx((7 * 36 % 41) / 25, abs=1e-3)


def test_what_a_row_does_not_have_is_left_out(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "AC", "reward": 1.5, "parts": {"charge": -0.25}, "metrics": {"novelty": 2.0}},
        {"text": "GG", "reward": 0.5, "held_out": 3.0, "metrics": {"novelty": math.nan}},
    ]
    write_csv(rows, tmp_path / "x.csv")
    write_fasta(rows, tmp_path / "x.fasta")
    assert (tmp_path / "x.csv").read_text().splitlines() == [
        "sample,reward,charge,novelty,held_out",
        "AC,1.5,-0.25,2.0,",
        "GG,0.5,,,3.0",
    ]
    assert (tmp_path / "x.fasta").read_text() == (
        ">design1 reward=1.5 charge=-0.25 novelty=2\nAC\n>design2 reward=0.5 held_out=3\nGG\n"
    )
