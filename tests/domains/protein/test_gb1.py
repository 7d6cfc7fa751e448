"""The measured GB1 variants: bad files, look-ups, and splits that share no variant."""

import gzip
from pathlib import Path

import pytest
import torch

from suite.core.errors import SuiteError
from suite.domains.protein.alphabet import decode, encode
from suite.domains.protein.gb1 import (
    Gb1Table,
    load_gb1,
    measured_fitness,
    split_gb1,
    variant_numbers,
)

ROWS = ["VDGV,1.0", "FWAA,8.76", "AAAA,0.0", "CDEF,0.25"]


def write(folder: Path, rows: list[str], *, header: str = "variant,fitness") -> str:
    path = folder / "table.csv.gz"
    path.write_bytes(gzip.compress("\n".join([header, *rows, ""]).encode()))
    return str(path)


@pytest.fixture(scope="module")
def measured(data_folder: Path) -> Gb1Table:
    return load_gb1(str(data_folder / "protein/gb1_four_sites.csv.gz"))


def test_a_table_is_read_and_looked_up(tmp_path: Path) -> None:
    table = load_gb1(write(tmp_path, ROWS))
    assert decode(table.tokens) == ("VDGV", "FWAA", "AAAA", "CDEF")
    assert table.best == pytest.approx(8.76)
    fitness, known = measured_fitness(table, encode(["FWAA", "YYYY", "AAAA"]))
    assert fitness.tolist() == pytest.approx([8.76, 0.0, 0.0])
    assert known.tolist() == [True, False, True]


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    path = write(tmp_path, ["12,1.0,VDGV"], header="count,fitness,variant")
    assert load_gb1(path).fitness.tolist() == [1.0]


def test_variant_numbers_enumerate_all_variants_once() -> None:
    grid = torch.cartesian_prod(*[torch.arange(20)] * 4)
    assert torch.equal(variant_numbers(grid), torch.arange(20**4))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, "VXGV,1.0"], r"line 6: .*'X' is no amino acid"),
        ([*ROWS, "VDG,1.0"], r"line 6: .*has 3 letters"),
        ([*ROWS, "VDGV,2.0"], r"line 6: variant VDGV was on line 2 already"),
        ([*ROWS, "VDGW,nan"], r"line 6: the fitness of VDGW is 'nan'"),
        ([*ROWS, "VDGW,inf"], r"line 6: the fitness of VDGW is 'inf'"),
        ([*ROWS, "VDGW,-0.5"], r"line 6: the fitness of VDGW is '-0\.5'"),
        ([*ROWS, "VDGW,"], r"line 6: the fitness of VDGW is ''"),
        ([*ROWS, "VDGW"], r"line 6: the fitness of VDGW is None"),
        ([], r"holds no variant"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, rows: list[str], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load_gb1(write(tmp_path, rows))


def test_a_wrong_header_names_what_is_missing_and_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path, ["VDGV,1.0"], header="variant,score")
    with pytest.raises(SuiteError, match=r"lacks the column fitness; .* names variant, score"):
        load_gb1(path)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(SuiteError, match="lacks the column variant, fitness"):
        load_gb1(str(tmp_path / "empty.csv"))


def test_a_missing_or_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no data file '.*absent\.csv\.gz'"):
        load_gb1(str(tmp_path / "absent.csv.gz"))
    whole = Path(write(tmp_path, ROWS * 1))
    short = tmp_path / "short.csv.gz"
    short.write_bytes(whole.read_bytes()[:-12])
    with pytest.raises(SuiteError, match="is cut short"):
        load_gb1(str(short))
    plain = tmp_path / "plain.csv.gz"
    plain.write_text("variant,fitness\nVDGV,1.0\n")
    with pytest.raises(SuiteError, match="is not a gzip file"):
        load_gb1(str(plain))


def test_every_message_is_three_short_facts_at_most(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load_gb1(write(tmp_path, ["VDGV,-1"]))
    lines = str(caught.value).splitlines()
    assert len(lines) <= 3
    assert lines[-1].endswith(".")


def test_the_real_table_has_its_published_facts(measured: Gb1Table) -> None:
    assert measured.tokens.shape == (149361, 4)
    assert measured.best == pytest.approx(8.76, abs=0.005)
    best = measured.tokens[int(measured.fitness.argmax())]
    assert decode(best[None]) == ("FWAA",)
    fitness, known = measured_fitness(measured, encode(["VDGV", "FWAA"]))
    assert known.all()
    assert fitness.tolist() == pytest.approx([1.0, 8.76], abs=0.005)
    everything = torch.cartesian_prod(*[torch.arange(20)] * 4)
    assert int(measured_fitness(measured, everything)[1].sum()) == 149361


def test_the_training_oracle_never_sees_what_is_searched_for(measured: Gb1Table) -> None:
    split = split_gb1(measured)
    assert measured.fitness[split.oracle].max() <= 1.0
    assert len(split.oracle) > 60000
    seen = {tuple(row) for row in measured.tokens[split.oracle].tolist()}
    assert tuple(encode(["FWAA"])[0].tolist()) not in seen
    assert not seen & {tuple(row) for row in measured.tokens[split.judge].tolist()}
    assert set(split.base.tolist()) <= set(split.oracle.tolist())
    assert not set(split.held_out_base.tolist()) & set(split.base.tolist())
    assert not set(split.held_out_base.tolist()) & set(split.oracle.tolist())


def test_the_judge_knows_the_top_and_is_tested_on_variants_that_nobody_saw(
    measured: Gb1Table,
) -> None:
    """A judge of low-fitness variants alone could not rank designs that are to be fitter."""
    split = split_gb1(measured)
    fit = measured.fitness > 1.0
    assert int(fit[split.judge].sum()) == 1810
    assert bool(fit[split.unseen].all())
    assert len(split.unseen) == 1833
    best_hundred = set(measured.fitness.argsort(descending=True)[:100].tolist())
    assert len(best_hundred & set(split.judge.tolist())) == 49
    assert int(measured.fitness.argmax()) in set(split.unseen.tolist())


def test_every_variant_has_one_use(measured: Gb1Table) -> None:
    split = split_gb1(measured)
    parts = torch.cat([split.oracle, split.judge, split.unseen])
    assert torch.equal(parts.sort().values, torch.arange(len(measured.tokens)))


def test_the_split_does_not_depend_on_the_order_of_rows(measured: Gb1Table) -> None:
    order = torch.randperm(len(measured.tokens))
    shuffled = Gb1Table(
        tokens=measured.tokens[order], fitness=measured.fitness[order], lookup=measured.lookup
    )
    first = variant_numbers(measured.tokens[split_gb1(measured).oracle]).sort().values
    second = variant_numbers(shuffled.tokens[split_gb1(shuffled).oracle]).sort().values
    assert torch.equal(first, second)
