"""A tuned policy leaves a run as a folder, and enters another run from one."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

import suite as api
from suite.core.errors import SuiteError

Suite = Callable[..., Result]
MICRO = "micro/unmasking:saved"


def rows(folder: str, name: str) -> list[dict[str, object]]:
    """A JSON-lines file of a run."""
    return [json.loads(line) for line in (Path(folder) / name).read_text().splitlines()]


def test_an_exported_policy_draws_what_the_run_drew(
    suite: Suite, short: tuple[str, ...], finished: Path
) -> None:
    result = suite("export", finished, "saved")
    assert result.exit_code == 0, result.output
    assert result.output == "wrote saved; learn on from it: --policy micro/unmasking:saved\n"
    assert {path.name for path in Path("saved").iterdir()} == {"config.json", "model.safetensors"}
    assert suite(*short, "--policy", MICRO, "--out", "next").exit_code == 0
    before = rows("next", "samples_before.jsonl")
    assert before == rows(str(finished), "samples_after.jsonl")
    assert before != rows("next", "samples_after.jsonl")


def test_another_family_and_its_settings_survive_the_round_trip(suite: Suite) -> None:
    """The tuned policy of discrete diffusion, with settings that are no defaults."""
    other = ("--policy", "discrete_diffusion/micro", "--set", "policy.length=4")
    shape = ("--set", "policy.letters=4", "--set", "policy.num_steps=3", "--set", "policy.width=8")
    run = ("run", "--task", "micro/unmasking", "--set", "train.num_steps=2", "--no-controls")
    assert suite(*run, *other, *shape, "--out", "first").exit_code == 0
    assert suite("export", "first", "saved").exit_code == 0
    again = suite(*run, "--policy", "discrete_diffusion/micro:saved", "--out", "next")
    assert again.exit_code == 0, again.output
    assert rows("next", "samples_before.jsonl") == rows("first", "samples_after.jsonl")
    learnt_on = suite(*run, "--policy", "run:first", "--out", "on")
    assert learnt_on.exit_code == 0, learnt_on.output
    assert rows("on", "samples_before.jsonl") == rows("first", "samples_after.jsonl")
    hotter = ("--policy", "discrete_diffusion/tiny:saved", "--set", "policy.temperature=9.0")
    assert suite(*run, *hotter, "--out", "hot").exit_code == 0
    assert rows("hot", "samples_before.jsonl") != rows("first", "samples_after.jsonl")


def test_a_dry_run_reads_the_weights_and_says_so(
    suite: Suite, short: tuple[str, ...], finished: Path
) -> None:
    assert suite("export", finished, "saved").exit_code == 0
    result = suite(*short, "--policy", MICRO, "--dry-run")
    assert result.exit_code == 0, result.output
    assert f"1,200 parameters, weights of {MICRO}" in result.output
    assert "weights of" not in suite(*short, "--dry-run").output
    weights = load_file("saved/model.safetensors")
    key = next(iter(weights))
    Path("saved/model.safetensors").write_bytes(b"x" * 40)
    assert suite(*short, "--policy", MICRO, "--dry-run").exit_code == 2
    assert torch.isfinite(weights[key]).all()


def test_a_run_keeps_what_it_read_and_outlives_the_folder(
    suite: Suite, short: tuple[str, ...], finished: Path
) -> None:
    assert suite("export", finished, "saved").exit_code == 0
    assert suite(*short, "--policy", MICRO, "--out", "next").exit_code == 0
    config = tomllib.loads(Path("next/config.toml").read_text())
    assert config["policy_name"] == MICRO
    assert json.loads(config["saved_policy"]["settings"]) == {"length": 4, "letters": 4}
    measured = suite("eval", "next", "--json").output
    for path in Path("saved").iterdir():
        path.unlink()
    Path("saved").rmdir()
    assert suite("eval", "next", "--json").output == measured
    assert suite("resume", "next").exit_code == 0


def test_weights_of_a_folder_stand_in_for_the_training_of_a_base(
    suite: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"  # its own: other tests fill the session's at the same time
    monkeypatch.setenv("SUITE_CACHE", str(cache))
    task = ("run", "--domain", "protein", "--no-controls", "--algo", "rloo")
    few = ("train.num_steps=1", "train.num_contexts=2", "train.eval_samples=4", "base.num_steps=2")
    small = [word for setting in few for word in ("--set", setting)]
    first = suite(*task, *small, "--out", "first")
    assert first.exit_code == 0, first.output
    known = set(cache.iterdir())
    assert suite("export", "first", "saved").exit_code == 0
    saved = ("--policy", "discrete_diffusion/tiny:saved", "--out", "next")
    result = suite(*task, *small, *saved)
    assert result.exit_code == 0, result.output
    assert set(cache.iterdir()) == known
    assert rows("next", "samples_before.jsonl") == rows("first", "samples_after.jsonl")


def test_a_base_is_exported_on_request(suite: Suite, finished: Path) -> None:
    assert suite("export", finished, "tuned").exit_code == 0
    assert suite("export", finished, "base", "--base").exit_code == 0
    base, kept = load_file("base/model.safetensors"), load_file(finished / "base.safetensors")
    assert all(torch.equal(base[key], kept[key]) for key in kept)
    tuned = load_file("tuned/model.safetensors")
    assert not all(torch.equal(tuned[key], kept[key]) for key in kept)


def test_the_python_api_exports_too(finished: Path, tmp_path: Path) -> None:
    name = api.export(finished, tmp_path / "saved")
    assert name == f"micro/unmasking:{tmp_path / 'saved'}"
    settings = {"train.num_steps": 1, "controls.enabled": False}
    outcome = api.run(task="micro/unmasking", policy=name, out=tmp_path / "run", settings=settings)
    ended = json.loads((finished / "controls.json").read_text())["tuned"]
    assert outcome.controls["base"]["reward"] == ended["reward"]
    with pytest.raises(SuiteError, match="exists and is not an empty folder"):
        api.export(finished, tmp_path / "saved")


def edited(**changes: object) -> None:
    """Change config.json of ./saved."""
    path = Path("saved/config.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("policy", "spoil", "wanted"),
    [
        ("run:nowhere", None, "'nowhere' holds no run"),
        ("run:saved", None, "'saved' holds no run"),
        ("micro/unmasking:", None, "names no folder after the colon"),
        ("micro/unmasking:nowhere", None, "there is no folder 'nowhere'"),
        ("micro/unmaskin:saved", None, "no policy named 'micro/unmaskin'"),
        (MICRO, lambda: Path("saved/config.json").unlink(), "it has no config.json"),
        (MICRO, lambda: Path("saved/model.safetensors").unlink(), "it has no model.safetensors"),
        (MICRO, lambda: Path("saved/config.json").write_text("{"), "cannot be read"),
        (MICRO, lambda: Path("saved/model.safetensors").write_text("x"), "cannot be read"),
        (MICRO, lambda: edited(family=None), "it names none"),
        (MICRO, lambda: edited(length=5), "length 5, letters 4; the task 'micro/unmasking' asks"),
        (MICRO, lambda: edited(width=8), "size mismatch for network.layers.0.weight"),
        (MICRO, lambda: edited(widht=8), "widht"),
        ("micro/token:saved", None, "it is of 'micro/unmasking'"),
        ("discrete_diffusion/tiny:saved", None, "it is of 'micro/unmasking'"),
    ],
)
def test_a_folder_that_does_not_serve_is_refused_in_one_message(
    suite: Suite,
    short: tuple[str, ...],
    finished: Path,
    policy: str,
    spoil: Callable[[], object] | None,
    wanted: str,
) -> None:
    assert suite("export", finished, "saved").exit_code == 0
    if spoil is not None:
        spoil()
    for mode in (("--dry-run",), ("--out", "out")):
        result = suite(*short, "--policy", policy, *mode)
        assert result.exit_code == 2, result.output
        assert wanted in result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("run", "folder", "wanted"),
    [
        ("nowhere", "saved", "'nowhere' holds no run"),
        (None, "full", "exists and is not an empty folder"),
        (None, "file", "exists and is not an empty folder"),
        (None, "file/below", "cannot be written"),
    ],
)
def test_export_refuses(
    suite: Suite, finished: Path, run: str | None, folder: str, wanted: str
) -> None:
    Path("full").mkdir()
    Path("full/keep").write_text("mine")
    Path("file").write_text("mine")
    result = suite("export", run or finished, folder)
    assert result.exit_code == 2, result.output
    assert wanted in result.output
    assert Path("full/keep").read_text() == Path("file").read_text() == "mine"
