"""Reading is strict on the schema, tolerant of what is missing, and loud about what is broken."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from suite.core.errors import SuiteError
from suite.core.report.intervals import NORMAL_FACTOR
from suite.core.report.reading import evaluation_of, read_run

MakeRun = Callable[..., Path]


def test_a_whole_folder_is_read(make_run: MakeRun) -> None:
    run = read_run(make_run(seed=7))
    assert (run.task, run.algo, run.seed, run.status) == (
        "protein/bundle",
        "drakes",
        "7",
        "finished",
    )
    assert (len(run.train), len(run.curve), len(run.before), len(run.after)) == (120, 13, 128, 128)
    assert [one.key for one in run.controls] == ["base", "trained_on", "best_of_n", "best_quarter"]
    assert run.config["algo"] == {"beta": 0.05, "num_backprop_steps": 12}
    assert run.notes == []
    assert (run.train_seconds, run.reward_calls) == (42.3, 15_360)


def test_run_json_alone_is_enough(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schema": 1, "status": "failed"}')
    run = read_run(tmp_path)
    assert (run.tuned, run.base, list(run.controls), run.train_seconds) == (None, None, [], None)
    assert run.notes == [
        "There is no config.toml: the settings of this run are unknown.",
        "The run's status is 'failed': figures are those of its last evaluation.",
        "There is no controls.json: nothing is compared with a control.",
    ]


def test_a_folder_without_run_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as error:
        read_run(tmp_path)
    assert str(error.value) == (
        f"'{tmp_path}' is not a run folder: it has no run.json.\n"
        "Name the folder that `suite run --out FOLDER` wrote."
    )


@pytest.mark.parametrize("schema", [2, "1", None, 1.0, True])
def test_another_schema_is_refused_with_the_version_that_wrote_it(
    tmp_path: Path, schema: object
) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"schema": schema, "suite": "9.0"}))
    with pytest.raises(SuiteError) as error:
        read_run(tmp_path)
    assert str(error.value) == (
        f"'{tmp_path / 'run.json'}' has schema {schema!r}; this version of suite reads schema 1.\n"
        "Open it with the version that wrote it (suite 9.0), or rerun."
    )


def test_a_last_line_cut_short_is_left_out_and_noted(make_run: MakeRun) -> None:
    folder = make_run()
    metrics = folder / "metrics.jsonl"
    metrics.write_text(metrics.read_text() + '{"kind": "train", "st')
    run = read_run(folder)
    assert len(run.train) == 120
    assert run.notes == ["metrics.jsonl ends in an unfinished line, which is left out."]


def test_a_broken_line_inside_a_file_is_an_error_with_its_number(make_run: MakeRun) -> None:
    folder = make_run()
    metrics = folder / "metrics.jsonl"
    lines = metrics.read_text().split("\n")
    lines[2] = lines[2][:10]
    metrics.write_text("\n".join(lines))
    with pytest.raises(SuiteError, match=r"metrics.jsonl' is not JSON at line 3: "):
        read_run(folder)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("controls.json", b"[1]", "does not hold a JSON object"),
        ("controls.json", b"{", "is not JSON"),
        ("metrics.jsonl", b"3\n{}\n", "holds no JSON object at line 1"),
        ("config.toml", b"a = = 1", "is not TOML"),
        ("samples_after.jsonl", b"\xff\n", "is not UTF-8 text (byte 0)"),
        ("metrics.jsonl", b"[" * 200_000 + b"\n", "is not JSON at line 1"),
    ],
)
def test_a_damaged_file_is_named(make_run: MakeRun, name: str, content: bytes, said: str) -> None:
    folder = make_run()
    (folder / name).write_bytes(content)
    with pytest.raises(SuiteError) as error:
        read_run(folder)
    message = str(error.value)
    assert message.startswith(f"'{folder / name}' {said}")
    assert message.endswith("Restore the file, or make the run again; nothing was written.")


def test_a_line_separator_inside_a_string_does_not_end_a_line(make_run: MakeRun) -> None:
    folder = make_run()
    row = json.dumps({"text": "a\u2028b"}, ensure_ascii=False)
    (folder / "samples_after.jsonl").write_text(row + "\n", encoding="utf-8")
    assert read_run(folder).after[0].text == "a\u2028b"


def test_missing_arms_are_noted(make_run: MakeRun) -> None:
    folder = make_run()
    path = folder / "controls.json"
    arms = json.loads(path.read_text())
    del arms["best_of_n"]
    path.write_text(json.dumps(arms))
    assert read_run(folder).notes == ["Controls that were not run: best of n."]
    del arms["tuned"]
    path.write_text(json.dumps(arms))
    run = read_run(folder)
    assert run.tuned is run.curve[-1]
    assert run.notes == ["controls.json has no 'tuned': the curve's last evaluation stands for it."]


def test_values_of_the_wrong_type_count_as_missing() -> None:
    made = evaluation_of(
        "tuned", {"reward": "high", "held_out": True, "kl": None, "nll": 10**400, "metric/x": []}
    )
    assert (made.reward, made.held_out, made.kl, made.metrics) == (None, None, None, {})
    assert made.nll == float("inf")


def test_an_interval_is_the_written_one_else_from_deviation_and_count() -> None:
    both = evaluation_of(
        "x", {"reward": 1.0, "reward_ci": 0.5, "reward_std": 2.0, "num_samples": 4}
    )
    assert both.reward is not None
    assert both.reward.half_width == 0.5
    derived = evaluation_of("x", {"reward": 1.0, "reward_std": 2.0, "num_samples": 4})
    assert derived.reward is not None
    assert derived.reward.half_width == pytest.approx(NORMAL_FACTOR)
    bare = evaluation_of("x", {"reward": 1.0, "reward_std": 2.0})
    assert bare.reward is not None
    assert bare.reward.half_width is None
