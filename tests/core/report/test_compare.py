"""Comparisons pair by seed, refuse what cannot be compared, and say the same in three forms."""

import json
import math
import statistics
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from suite.core.errors import SuiteError
from suite.core.report import as_json, as_page, as_text, compare_runs, write_comparison
from suite.core.report.compare import Spread, spread_of

MakeRun = Callable[..., Path]


def held_out(folder: Path, arm: str = "tuned") -> float:
    value = json.loads((folder / "controls.json").read_text())[arm]["held_out"]
    assert isinstance(value, float)
    return value


@pytest.fixture
def six(make_run: MakeRun) -> list[Path]:
    """Two betas, three seeds each; the seeds share a shift that pairing must remove."""
    shifts = {0: 0.0, 1: 1.5, 2: -2.0}
    return [
        make_run(
            f"{name}{seed}", seed=seed, beta=beta, shift=shift, held_out_gain=gain + slope * seed
        )
        for name, beta, gain, slope in (("low", 0.05, 2.0, 0.0), ("high", 0.5, 1.4, 0.1))
        for seed, shift in shifts.items()
    ]


def test_runs_that_differ_only_in_the_seed_form_a_group(six: list[Path]) -> None:
    made = compare_runs(reversed(six))
    assert [group.label for group in made.groups] == [
        "drakes algo.beta=0.5",
        "drakes algo.beta=0.05",
    ]
    assert [list(group.seeds) for group in made.groups] == [["0", "1", "2"]] * 2


def test_means_and_spread_over_seeds_are_those_of_the_files(six: list[Path]) -> None:
    group = compare_runs(six).groups[0]
    values = [held_out(folder) for folder in six[:3]]
    assert group.held_out.mean == pytest.approx(statistics.fmean(values))
    assert group.held_out.std == pytest.approx(statistics.stdev(values))


def test_differences_are_paired_by_seed_with_students_t(six: list[Path]) -> None:
    (difference,) = compare_runs(six).differences
    gaps = [held_out(high) - held_out(low) for low, high in zip(six[:3], six[3:], strict=True)]
    assert (difference.first, difference.second) == (
        "drakes algo.beta=0.5",
        "drakes algo.beta=0.05",
    )
    assert difference.held_out is not None
    assert difference.held_out.mean == pytest.approx(statistics.fmean(gaps))
    assert statistics.stdev(gaps) > 0.05
    expected = 4.302653 * statistics.stdev(gaps) / math.sqrt(3)
    assert difference.held_out.half_width == pytest.approx(expected, rel=1e-5)
    assert difference.held_out.is_below_zero  # though the two groups' spreads overlap widely
    assert difference.num_better == 0


def test_each_group_is_paired_with_its_own_controls(six: list[Path]) -> None:
    controls = compare_runs(six[:3]).controls
    assert [one.second for one in controls] == [
        "base policy",
        "base, trained on",
        "best of 64",
        "SFT on the best quarter",
    ]
    gaps = [held_out(folder) - held_out(folder, "best_of_n") for folder in six[:3]]
    assert controls[2].held_out is not None
    assert controls[2].held_out.mean == pytest.approx(statistics.fmean(gaps))
    assert controls[2].num_better == 3


def test_a_control_that_was_skipped_is_not_compared(six: list[Path]) -> None:
    for folder in six:
        arms = json.loads((folder / "controls.json").read_text())
        arms["trained_on"] = {"label": "base, trained on", "skipped": "no demonstrations"}
        (folder / "controls.json").write_text(json.dumps(arms))
    controls = compare_runs(six[:3]).controls
    assert [one.second for one in controls] == [
        "base policy",
        "best of 64",
        "SFT on the best quarter",
    ]


def test_a_seed_without_a_finite_value_leaves_no_paired_difference(six: list[Path]) -> None:
    arms = json.loads((six[4] / "controls.json").read_text())
    arms["tuned"]["held_out"] = math.nan
    (six[4] / "controls.json").write_text(json.dumps(arms))
    made = compare_runs(six)
    assert made.differences[0].held_out is None
    assert made.differences[0].reward is not None
    assert "not measured on every seed" in as_text(made)


def test_groups_that_share_no_seed_are_not_paired(make_run: MakeRun) -> None:
    folders = [make_run("a", seed=0), make_run("b", seed=1, algo="grpo")]
    made = compare_runs(folders)
    assert [group.label for group in made.groups] == ["drakes", "grpo"]
    assert made.differences[0].held_out is None
    assert "share no seed" in as_page(made)
    assert "none shared" in as_text(made)


def test_one_seed_has_neither_spread_nor_interval(make_run: MakeRun) -> None:
    made = compare_runs([make_run("a"), make_run("b", algo="grpo")])
    assert made.groups[0].held_out.std is None
    assert made.differences[0].held_out is not None
    assert made.differences[0].held_out.half_width is None
    assert "one seed: no interval" in as_text(made)


def test_a_seed_without_a_finite_value_leaves_no_mean() -> None:
    made = spread_of([1.0, None, 3.0])
    assert made == Spread(mean=None, std=None, values=[1.0, None, 3.0])
    assert spread_of([1.0, math.nan]).mean is None
    assert spread_of([1.0, 3.0]) == Spread(mean=2.0, std=math.sqrt(2.0), values=[1.0, 3.0])


def test_different_tasks_are_refused_by_both_names(make_run: MakeRun) -> None:
    first, second = make_run("a"), make_run("b", task="dna/motif")
    with pytest.raises(SuiteError) as error:
        compare_runs([first, second])
    assert str(error.value) == (
        "cannot compare runs with different tasks:\n"
        f"'{first}' has task 'protein/bundle',\n"
        f"'{second}' has task 'dna/motif'.\n"
        "Compare runs that share one task."
    )


def test_different_held_out_rewards_are_refused_by_both_names(make_run: MakeRun) -> None:
    first = make_run("a", held_out_reward="protein/stability")
    second = make_run("b", held_out_reward="protein/isoelectric")
    with pytest.raises(SuiteError) as error:
        compare_runs([first, second])
    assert "different held-out rewards" in str(error.value)
    assert "'protein/stability (kcal/mol)'" in str(error.value)
    assert "'protein/isoelectric (kcal/mol)'" in str(error.value)
    other_unit = make_run("c", held_out_unit="nats")
    with pytest.raises(SuiteError, match="held-out reward 'nats'"):
        compare_runs([make_run("d"), other_unit])


def test_different_training_rewards_are_compared_with_a_warning(make_run: MakeRun) -> None:
    made = compare_runs([make_run("a"), make_run("b", algo="grpo", reward="file.py:score")])
    assert made.notes == [
        "Training rewards differ between these runs: compare the held-out reward only."
    ]


def test_one_seed_twice_is_refused(make_run: MakeRun) -> None:
    folder = make_run()
    with pytest.raises(SuiteError, match="two runs of drakes have seed 0"):
        compare_runs([folder, folder])


def test_no_runs_and_runs_without_an_evaluation_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="no runs to compare"):
        compare_runs([])
    (tmp_path / "run.json").write_text('{"schema": 1, "status": "running"}')
    with pytest.raises(SuiteError) as error:
        compare_runs([tmp_path])
    assert str(error.value) == (
        f"'{tmp_path}' has no evaluation to compare: its status is 'running'.\n"
        f"Run `suite resume {tmp_path}`, or leave it out."
    )


def test_groups_of_one_algorithm_never_share_a_label(make_run: MakeRun) -> None:
    folders = []
    for place in range(3):
        folder = make_run(f"run{place}", seed=place)
        settings = "".join(f"key{k} = 1\n" for k in range(5)) + f"zeta = {place}\n"
        (folder / "config.toml").write_text(settings.replace("key0 = 1", f"key0 = {place % 2}"))
        folders.append(folder)
    labels = [group.label for group in compare_runs(folders).groups]
    assert len(set(labels)) == 3
    assert labels[0] == "drakes key0=0 zeta=0"


def test_text_columns_line_up_and_hold_no_control_characters(six: list[Path]) -> None:
    for folder in six:
        info = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**info, "algo": "dra\x1b[31m\nkes"}))
    text = as_text(compare_runs(six))
    assert text.replace("\n", "").isprintable()
    header, rule, *rows = text.split("\n")[2:6]
    starts = [k for k in range(len(rule)) if rule[k] == "-" and (k == 0 or rule[k - 1] == " ")]
    assert len(starts) == 8
    for line in (header, *rows):
        assert all(k == 0 or line[k - 2 : k] == "  " for k in starts if k < len(line))


def test_json_holds_every_number_and_no_nan(six: list[Path]) -> None:
    controls = six[0] / "controls.json"
    controls.write_text(controls.read_text().replace('"kl": 0.2', '"kl": NaN'))
    metrics = json.loads(controls.read_text())
    metrics["tuned"]["kl"] = math.nan
    controls.write_text(json.dumps(metrics))
    made = json.loads(as_json(compare_runs(six)), parse_constant=pytest.fail)
    assert made["task"] == "protein/bundle"
    assert made["groups"][0]["held_out"]["values"] == [held_out(folder) for folder in six[:3]]
    assert made["groups"][0]["kl"]["mean"] is None
    assert made["differences"][0]["seeds"] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("name", "start"), [("c.html", "<!doctype"), ("c.json", "{"), ("c.txt", "task protein/bundle")]
)
def test_the_suffix_picks_the_form(six: list[Path], tmp_path: Path, name: str, start: str) -> None:
    path = write_comparison(six, tmp_path / name)
    assert path == tmp_path / name
    assert path.read_text().startswith(start)


def test_another_suffix_is_refused(six: list[Path], tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as error:
        write_comparison(six, tmp_path / "c.pdf")
    assert str(error.value) == (
        f"cannot write a comparison as '{tmp_path / 'c.pdf'}'.\nKnown: .html, .json, .txt.\n"
        "Name a file with one of these endings."
    )


def test_the_page_says_which_group_is_above_and_holds_no_script(make_run: MakeRun) -> None:
    hostile = "<script>alert(1)</script>"
    folders = [make_run(f"a{seed}", seed=seed) for seed in range(2)]
    folders += [
        make_run(f"b{seed}", seed=seed, algo=hostile, held_out_gain=9.0 + 0.1 * seed)
        for seed in range(2)
    ]
    text = as_page(compare_runs(folders))
    tags: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: tags.append(tag)  # type: ignore[method-assign]
    parser.feed(text)
    assert "script" not in tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt; is above drakes on the held-out reward" in text
