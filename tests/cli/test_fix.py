"""`--fix`: letters of the template stay, whatever learns and from what."""

import csv
import gzip
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Suite = Callable[..., Result]


@pytest.fixture
def gb1(tmp_path: Path) -> tuple[object, ...]:
    """A short run on a made-up table of GB1's format; few of its variants begin with VD."""
    variants = ["".join(sites) for sites in itertools.product("ADGLVW", repeat=4)]
    rows = [f"{text},{(7 * i % 41) / 25:.3f}\n" for i, text in enumerate(variants)]
    table = tmp_path / "table.csv.gz"
    table.write_bytes(gzip.compress("".join(["variant,fitness\n", *rows]).encode()))
    steps = ("--set", "train.num_steps=2", "--set", "base.num_steps=5", "--no-controls")
    return ("run", "--task", "protein/gb1", "--data", table, *steps)


def drawn(suite: Suite, folder: str) -> list[str]:
    """Samples of a run's policy."""
    assert suite("sample", folder, "-n", 16, "--csv", "x.csv").exit_code == 0
    with Path("x.csv").open(newline="") as file:
        return [row["sample"] for row in csv.DictReader(file)]


def test_sft_learns_from_demonstrations_that_differ_where_letters_are_fixed(
    suite: Suite, gb1: tuple[object, ...]
) -> None:
    result = suite(*gb1, "--algo", "sft", "--fix", "1-2", "--out", "fixed")
    assert result.exit_code == 0, result.output
    lines = Path("fixed/metrics.jsonl").read_text().splitlines()
    losses = [row["loss"] for row in map(json.loads, lines) if row["kind"] == "train"]
    assert len(losses) == 2
    assert all(0.0 < loss < 50.0 for loss in losses)
    samples = drawn(suite, "fixed")
    assert {text[:2] for text in samples} == {"VD"}
    assert len(set(samples)) > 1


def test_sft_under_fix_trains_the_weights_that_it_trains_without(
    suite: Suite, gb1: tuple[object, ...]
) -> None:
    """The law differs, the demonstrations and what is learnt from them do not."""
    for out, options in (("fixed", ("--fix", "1-2")), ("free", ())):
        assert suite(*gb1, "--algo", "sft", *options, "--out", out).exit_code == 0
        assert suite("export", out, f"{out}-policy").exit_code == 0
    weights = [Path(f"{out}-policy/model.safetensors").read_bytes() for out in ("fixed", "free")]
    assert weights[0] == weights[1]
    base = ("export", "free", "base", "--base")
    assert suite(*base).exit_code == 0
    assert Path("base/model.safetensors").read_bytes() != weights[0]


@pytest.mark.parametrize("how", ["run:tuned", "discrete_diffusion/tiny:saved"])
def test_what_a_policy_was_tuned_to_keep_it_keeps_in_the_next_run(
    suite: Suite, gb1: tuple[object, ...], how: str
) -> None:
    assert suite(*gb1, "--algo", "rloo", "--fix", "1-2", "--out", "tuned").exit_code == 0
    assert suite("export", "tuned", "saved").exit_code == 0
    result = suite(*gb1, "--algo", "sft", "--policy", how, "--out", "next")
    assert result.exit_code == 0, result.output
    assert {text[:2] for text in drawn(suite, "next")} == {"VD"}
    more = ("--policy", how, "--fix", "4", "--out", "more")
    assert suite(*gb1, "--algo", "rloo", *more).exit_code == 0
    kept = {"run:tuned": {"V"}, "discrete_diffusion/tiny:saved": {"V"}}[how]
    assert {text[3] for text in drawn(suite, "more")} == kept
