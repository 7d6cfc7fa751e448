"""`suite run` and what reads its folder: every option does what it says."""

import csv
import gzip
import itertools
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from suite.core.console import Lines

Suite = Callable[..., Result]


def config(folder: Path) -> dict[str, object]:
    """What a run wrote down of its request."""
    return tomllib.loads((folder / "config.toml").read_text())


def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with Path(name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_ends_with_its_controls_the_verdict_and_the_report(finished: Path) -> None:
    controls = json.loads((finished / "controls.json").read_text())
    assert set(controls) == {"tuned", "base", "trained_on", "best_of_n", "best_quarter"}
    assert (finished / "report.html").stat().st_size > 10_000


def test_the_table_has_a_row_a_control_and_says_which_was_skipped(
    suite: Suite, finished: Path
) -> None:
    lines = suite("resume", finished).output.splitlines()
    assert lines[0].split() == ["held-out", "reward", "KL", "diversity", "reward", "calls"]
    assert [line.split("  ")[0] for line in lines[1:3]] == ["tuned by rloo", "base policy"]
    assert any("skipped, the task has no demonstrations" in line for line in lines)
    assert lines[-1] == f"report: {finished / 'report.html'}"


def test_options_reach_the_run(suite: Suite, short: tuple[str, ...], tmp_path: Path) -> None:
    options = ("--set", "algo.beta=0.25", "--seed", "3", "--out", "out")
    assert suite(*short, *options).exit_code == 0
    written = config(tmp_path / "out")
    assert written["seed"] == 3
    assert isinstance(written["algo"], dict)
    assert written["algo"]["beta"] == 0.25


def test_a_runs_own_config_repeats_it(suite: Suite, short: tuple[str, ...], tmp_path: Path) -> None:
    assert suite(*short, "--seed", "5", "--out", "first").exit_code == 0
    assert suite("run", "--config", "first/config.toml", "--out", "second").exit_code == 0
    first, second = tmp_path / "first", tmp_path / "second"
    assert (first / "metrics.jsonl").read_text() == (second / "metrics.jsonl").read_text()


def test_a_dry_run_prints_a_config_and_writes_nothing(
    suite: Suite, short: tuple[str, ...], tmp_path: Path
) -> None:
    result = suite(*short, "--set", "algo.beta=0.25", "--dry-run", "--out", "out")
    assert result.exit_code == 0
    assert tomllib.loads(result.output)["algo"]["beta"] == 0.25
    assert "# 2 steps, 2 updates, 64 samples a step" in result.output
    assert list(tmp_path.iterdir()) == []


def test_seeds_make_a_folder_each_and_are_compared(
    suite: Suite, short: tuple[str, ...], tmp_path: Path
) -> None:
    result = suite(*short, "--seeds", "0-1", "--out", "out")
    assert result.exit_code == 0, result.output
    assert [config(tmp_path / "out" / f"seed{i}")["seed"] for i in (0, 1)] == [0, 1]
    assert "rloo" in result.output.partition("task micro/unmasking")[2]


def test_a_budget_stops_before_it_is_passed(
    suite: Suite, short: tuple[str, ...], tmp_path: Path
) -> None:
    result = suite(*short, "--max-reward-calls", "100", "--out", "out")
    assert result.exit_code == 0, result.output
    assert "stopped early: train.max_reward_calls was reached" in result.output
    assert json.loads((tmp_path / "out/run.json").read_text())["reward_calls"] == 64


def test_a_policy_of_a_run_starts_where_that_run_ended(
    suite: Suite, short: tuple[str, ...], finished: Path
) -> None:
    assert suite(*short, "--policy", f"run:{finished}", "--out", "next").exit_code == 0
    ended = json.loads(suite("eval", finished, "--json").output)
    began = json.loads(suite("eval", "next", "--base", "--json").output)
    assert began["reward"] == ended["reward"]
    assert began["kl"] == 0


def test_raft_learns_from_best_of_n(suite: Suite, short: tuple[str, ...], tmp_path: Path) -> None:
    sampler = ("--algo", "raft", "--sampler", "best_of_n", "--set", "sampler.n=3")
    assert suite(*short, *sampler, "--out", "out").exit_code == 0
    calls = json.loads((tmp_path / "out/run.json").read_text())["reward_calls"]
    assert calls == 3 * 64 * 2


def made_table(path: Path) -> Path:
    """1,296 variants of GB1's four sites, with made-up fitness, in the measured table's format."""
    letters = "ADGLVW"
    variants = ["".join(sites) for sites in itertools.product(letters, repeat=4)]
    rows = [f"{text},{(7 * i % 41) / 25:.3f}\n" for i, text in enumerate(variants)]
    path.write_bytes(gzip.compress("".join(["variant,fitness\n", *rows]).encode()))
    return path


def test_fixed_positions_keep_the_templates_letters(suite: Suite, tmp_path: Path) -> None:
    task = ("run", "--task", "protein/gb1", "--data", made_table(tmp_path / "table.csv.gz"))
    steps = ("--set", "train.num_steps=1", "--set", "base.num_steps=5")
    result = suite(*task, *steps, "--fix", "1-2", "--out", "out")
    assert result.exit_code == 0, result.output
    controls = json.loads((tmp_path / "out/controls.json").read_text())
    assert all("held_out" in row for row in controls.values()), controls
    drawn = suite("sample", "out", "-n", "8", "--csv", "designs.csv")
    assert drawn.exit_code == 0, drawn.output
    rows = table("designs.csv")
    assert {row["sample"][:2] for row in rows} == {"VD"}
    assert len({row["sample"] for row in rows}) > 1
    for text in ("0", "5", "2-1", "x", "1-"):
        refused = suite(*task, "--fix", text)
        assert refused.exit_code == 2
        assert f"--fix '{text}'" in refused.output


def test_eval_prints_a_table_or_json(suite: Suite, finished: Path) -> None:
    numbers = json.loads(suite("eval", finished, "--num-samples", 16, "--json").output)
    printed = dict(
        line.split() for line in suite("eval", finished, "--num-samples", 16).output.splitlines()
    )
    assert set(numbers) == set(printed)
    assert float(printed["reward"]) == pytest.approx(numbers["reward"], rel=5e-3)


def test_sample_writes_fasta_and_csv_of_a_diverse_batch(suite: Suite, finished: Path) -> None:
    files = ("--fasta", "x.fasta", "--csv", "x.csv")
    assert suite("sample", finished, "-n", 40, "--select", 5, *files).exit_code == 0
    rows = table("x.csv")
    records = Path("x.fasta").read_text().split(">")[1:]
    assert len({row["sample"] for row in rows}) == len(rows) == 5
    assert [record.splitlines()[1] for record in records] == [row["sample"] for row in rows]


def test_best_of_n_draws_better_samples(suite: Suite, finished: Path) -> None:
    def mean(*options: object) -> float:
        assert suite("sample", finished, "-n", 64, "--csv", "x.csv", *options).exit_code == 0
        rewards = [float(row["reward"]) for row in table("x.csv")]
        return sum(rewards) / len(rewards)

    assert mean("--sampler", "best_of_n", "--set", "sampler.n=8") > mean() + 0.5


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--set", "sampler.n=3"), "would not be read"),
        (("--sampler", "best_of_n", "--set", "algo.n=3"), "would not be read"),
        (("--sampler", "bestn"), "no sampler named 'bestn'"),
        (("--select", "30"), "30 designs were asked for"),
        (("--csv", "none/x.csv"), "'none/x.csv' cannot be written"),
        (("--fasta", "."), "'.' cannot be written"),
    ],
)
def test_sample_refuses(
    suite: Suite, finished: Path, options: tuple[str, ...], wanted: str
) -> None:
    result = suite("sample", finished, "-n", 3, *options)
    assert result.exit_code == 2, result.output
    assert wanted in result.output


def test_report_is_written_again(suite: Suite, copied: Path) -> None:
    (copied / "report.html").unlink()
    assert suite("report", copied).exit_code == 0
    assert (copied / "report.html").exists()


def test_compare_pairs_runs_and_writes_a_page(
    suite: Suite, short: tuple[str, ...], finished: Path
) -> None:
    assert suite(*short, "--algo", "raft", "--out", "raft").exit_code == 0
    result = suite("compare", finished, "raft", "--html", "page.html")
    assert result.exit_code == 0, result.output
    assert "raft minus rloo" in " ".join(result.output.split())
    assert Path("page.html").stat().st_size > 5_000


def test_runs_of_different_tasks_are_not_compared(suite: Suite, finished: Path) -> None:
    steps = ("--set", "train.num_steps=1", "--no-controls")
    assert suite("run", "--task", "micro/token", *steps, "--out", "other").exit_code == 0
    result = suite("compare", finished, "other")
    assert result.exit_code == 2
    assert "different tasks" in result.output


def test_a_piped_run_prints_lines_without_control_characters(
    short: tuple[str, ...], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "suite.cli", *short, "--out", "out"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert {c for c in done.stdout if not c.isprintable()} == {"\n"}
    assert any(line.startswith("training: 2 of 2, ") for line in done.stdout.splitlines())
    assert done.stderr == ""


def test_lines_tell_the_time_left_every_few_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 6.0, 7.0, 20.0])
    monkeypatch.setattr("suite.core.console.time.monotonic", lambda: next(clock))
    lines = Lines()
    lines.phase("training", 4)
    for done in (1, 2, 3, 4):
        lines.advance(done)
    assert capsys.readouterr().out.splitlines() == [
        "training: 2 of 4, 6 s, 6 s left",
        "training: 4 of 4, 20 s",
    ]


def test_a_run_names_what_scored_it_and_the_report_shows_it(
    suite: Suite, short: tuple[str, ...], finished: Path, tmp_path: Path
) -> None:
    info = json.loads((finished / "run.json").read_text())
    assert (info["reward"], info["held_out_reward"]) == ("micro/table", "micro/table")
    page = (finished / "report.html").read_text()
    assert "<dt>held-out reward</dt><dd>micro/table</dd>" in page
    (tmp_path / "mine.py").write_text("def score(texts):\n    return [0.5 for _ in texts]\n")
    assert suite(*short, "--reward", "mine.py:score", "--out", "out").exit_code == 0
    info = json.loads((tmp_path / "out" / "run.json").read_text())
    assert info["reward"].endswith("mine.py:score")
    assert info["held_out_reward"] == "micro/table"


def test_a_reader_that_leaves_a_pipe_is_no_internal_error() -> None:
    command = f"{sys.executable} -m suite.cli run --help | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
