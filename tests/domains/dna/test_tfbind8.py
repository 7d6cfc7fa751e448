"""The measured 8-mers: reading, strands, the interpolated reward, the optimum, bad files."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.dna import tfbind8
from suite.domains.dna.alphabet import DNA
from suite.domains.dna.tfbind8 import (
    BindingOptimum,
    BindingReward,
    WeakBinders,
    all_tokens,
    decode_number,
    load_table,
    numbers,
)

NOTHING = Context(index=torch.zeros(1, dtype=torch.long))
HEADER = "8-mer\t8-mer\tE-score\tMedian\tZ-score"


def other_strand(sequence: str) -> str:
    return sequence[::-1].translate(str.maketrans("ACGT", "TGCA"))


def all_lines() -> list[str]:
    """Every 8-mer once with its other strand; the score tells the share of A and T."""
    lines, done = [], set()
    for tokens in all_tokens().tolist():
        text = "".join(DNA.letters[token] for token in tokens)
        if text in done:
            continue
        done |= {text, other_strand(text)}
        share = sum(base in "AT" for base in text) / 8 - 0.5
        lines.append(f"{text}\t{other_strand(text)}\t{share}\t1\t1")
    return lines


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return all_lines()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[str]], str]:
    def go(rows: list[str], header: str = HEADER) -> str:
        path = tmp_path / "table.tsv"
        path.write_text("\n".join([header, *rows]) + "\n")
        return str(path)

    return go


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> str:
    path = tmp_path_factory.mktemp("tfbind8") / "table.tsv.gz"
    path.write_bytes(gzip.compress("\n".join([HEADER, *lines]).encode()))
    return str(path)


def test_numbers_enumerate_the_space() -> None:
    assert torch.equal(numbers(all_tokens()), torch.arange(tfbind8.SPACE))
    assert decode_number(0) == "AAAAAAAA"
    assert decode_number(tfbind8.SPACE - 1) == "TTTTTTTT"


def test_both_strands_have_the_score(table: str) -> None:
    reward = BindingReward(data=table)
    pair = Samples(tokens=DNA.encode(["AACCCCCC", "GGGGGGTT"]))
    assert reward(pair, NOTHING).value.tolist() == [-0.25, -0.25]


def test_the_relaxed_reward_is_the_expectation_under_independent_positions(table: str) -> None:
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(2, 8, 4, generator=generator, dtype=torch.float64).softmax(dim=-1)
    reward = BindingReward(data=table)
    tokens = all_tokens()
    chance = torch.stack([shares[:, i, tokens[:, i]] for i in range(8)]).prod(dim=0)
    wanted = chance @ load_table(table).double()
    assert torch.allclose(reward(Samples(relaxed=shares), NOTHING).value, wanted)


def test_the_relaxed_reward_equals_the_table_at_corners(table: str) -> None:
    tokens = all_tokens()[::997]
    reward = BindingReward(data=table)
    corner = reward(Samples(relaxed=DNA.one_hot(tokens)), NOTHING).value
    assert torch.allclose(corner, reward(Samples(tokens=tokens), NOTHING).value)


def test_the_base_learns_from_the_weaker_half_only(table: str) -> None:
    contexts = WeakBinders(data=table)
    reward = BindingReward(data=table)
    train = contexts.demonstrations(torch.arange(contexts.num_demonstrations))[1]
    held_out = contexts.held_out_demonstrations(torch.arange(1000))[1]
    assert float(reward(train, NOTHING).value.max()) <= float(load_table(table).quantile(0.5))
    assert train.tokens is not None
    assert held_out.tokens is not None
    assert not set(numbers(train.tokens).tolist()) & set(numbers(held_out.tokens).tolist())


def test_the_optimum_has_no_regret(table: str) -> None:
    found = BindingOptimum(data=table)(
        Samples(tokens=DNA.encode(["ATATATAT", "CCCCCCCC"])), NOTHING
    )
    assert found["regret"] == 0.0
    assert found["best"] == 0.5
    assert found["mean"] == 0.0
    assert found["share_top_percent"] == 0.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "leaves out 1 of the 65536 8-mers, TTTTAAAA"),
        (lambda rows: [*rows, rows[3]], "was on line 5 already"),
        (lambda rows: ["AXAAAAAA\tTTTTTTTT\t0\t1\t1"], "letter 'X' at position 2"),
        (lambda rows: ["AAA\tTTT\t0\t1\t1"], "are not two strands of 8 bases"),
        (lambda rows: ["AAAAAAAA\tTTTTTTTT\tnan\t1\t1"], "'nan', not a number from -0.5"),
        (lambda rows: ["AAAAAAAA\tTTTTTTTT\t7\t1\t1"], "'7', not a number from -0.5"),
    ],
)
def test_a_bad_table_is_one_clear_error(
    write: Callable[[list[str]], str],
    lines: list[str],
    change: Callable[[list[str]], list[str]],
    message: str,
) -> None:
    with pytest.raises(SuiteError, match=message):
        load_table(write(change(lines)))


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no data file"):
        load_table(str(tmp_path / "none.tsv"))
    plain = tmp_path / "plain.tsv.gz"
    plain.write_text("text")
    with pytest.raises(SuiteError, match="is not a gzip file"):
        load_table(str(plain))
    cut = tmp_path / "cut.tsv.gz"
    cut.write_bytes(gzip.compress(b"8-mer\t8-mer\tE-score\n" * 500)[:-20])
    with pytest.raises(SuiteError, match="is cut short"):
        load_table(str(cut))
    columns = tmp_path / "columns.tsv"
    columns.write_text("a\tb\n")
    with pytest.raises(SuiteError, match="begins with the columns a, b"):
        load_table(str(columns))


def test_every_published_table_is_whole() -> None:
    folder = os.environ.get("SUITE_DATA")
    if not folder:
        pytest.skip("no data folder (set SUITE_DATA)")
    for path in sorted(Path(folder, "dna").glob("tfbind8_*.tsv.gz"))[:2]:
        scores = load_table(str(path))
        flipped = 3 - all_tokens().flip(-1)
        assert torch.equal(scores, scores[numbers(flipped)])
        assert float(scores.max()) > 0.45


@pytest.mark.parametrize("growth", ["append", "both_ends"])
def test_a_constructive_policy_writes_8_mers_of_one_length(
    table: str, growth: str, tmp_path: Path
) -> None:
    from suite.core.api import run

    settings = {
        "policy.length": 8,
        "policy.shortest": 8,
        "policy.growth": growth,
        "policy.width": 16,
        "base.num_steps": 2,
        "train.num_steps": 2,
        "train.group_size": 8,
        "train.eval_samples": 8,
        "controls.enabled": False,
    }
    run(
        task="dna/tfbind8", algo="tb", policy="gflownet/string", data=table,
        out=tmp_path / "run", settings=settings,
    )  # fmt: skip
    lines = (tmp_path / "run" / "samples_after.jsonl").read_text().splitlines()
    natives = [json.loads(line)["text"] for line in lines]
    assert all(len(text) == 8 and set(text) <= set("ACGT") for text in natives)
