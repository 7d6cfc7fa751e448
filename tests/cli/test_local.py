"""`suite --local PATH`: a suite_local.py counts where it is asked for, and a run remembers it."""

import json
import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

import suite as api
from suite.core import registry

Suite = Callable[..., Result]

MANIFEST = """module = "suite_local"

[[provides]]
kind = "task"
name = "mine/ones"
help = "Strings of ones."

[[provides]]
kind = "domain"
name = "mine"
help = "Strings of mine."

[[provides]]
kind = "reward"
name = "mine/count_ones"
help = "How many letters are 1."

[[provides]]
kind = "policy"
name = "mine/folder"
help = "A policy that a folder of its own format describes."
facts = { capabilities = ["samples", "scores"], reads_folder = true }
"""

PLUGIN = '''"""A local plugin."""

from pathlib import Path

import torch
from suite.core.hooks import hookimpl
from suite.core.registry import make_policy
from suite.core.reward import Reward
from suite.core.records import Scores
from suite.core.task import Domain, Task, Use


class Ones(Reward):
    unit = "letters"
    bounds = (0.0, 4.0)
    views = frozenset({"tensor"})

    def __call__(self, samples, context):
        return Scores.all_valid((samples.tokens == 1).sum(dim=1).float())


@hookimpl
def suite_make_reward(name, config):
    return Ones(**config)


@hookimpl
def suite_make_policy(name, config):
    policy = make_policy("micro/token", {"network": "tabular"})
    with torch.no_grad():
        shift = (Path(config["folder"]) / "shift.txt").read_text()
        policy.trunk.table[:, 1] += float(shift)
    return policy


@hookimpl
def suite_make_domain(name):
    return Domain(name="mine", summary="Strings.", default_task="mine/ones")


@hookimpl
def suite_make_task(name):
    return Task(
        name="mine/ones",
        summary="Strings of ones.",
        contexts=Use("micro/unconditioned"),
        policy=Use("micro/token", network="tabular"),
        reward=Use("mine/count_ones"),
        default_algo="rloo",
        codec=Use("micro/letters", length=4, letters=4),
        known_rewards=(("BBBB", 4.0), ("BACD", 1.0)),
        settings={"train.num_contexts": 1, "train.group_size": 16, "train.num_steps": 2},
    )
'''
RUN = ("run", "--task", "mine/ones", "--no-controls")


@pytest.fixture
def local(suite: Suite, tmp_path: Path) -> Iterator[Path]:
    """A folder with a local plugin; what it added is forgotten afterwards."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "suite_local.py").write_text(PLUGIN)
    (folder / "suite_local.toml").write_text(MANIFEST)
    yield folder
    forget()


def forget() -> None:
    """As a new process."""
    registry.reset()
    sys.modules.pop("suite_local", None)


def test_a_local_plugin_counts_only_where_it_is_asked_for(suite: Suite, local: Path) -> None:
    assert "mine/ones" not in suite("list", "tasks").output
    refused = suite(*RUN, "--out", "out")
    assert refused.exit_code == 2
    assert "no task named 'mine/ones'" in refused.output
    assert "mine/ones" in suite("--local", local, "list", "tasks").output


@pytest.mark.parametrize("name", ["", "suite_local.py"])
def test_every_command_takes_the_folder_or_the_file(suite: Suite, local: Path, name: str) -> None:
    path = local / name
    assert "Strings of ones" in suite("--local", path, "show", "mine/ones").output
    assert "mine/folder" in suite("--local", path, "list", "policies").output
    audited = suite("--local", path, "audit", "mine/ones")
    assert audited.exit_code == 0, audited.output
    assert "token" in suite("--local", path, "matrix").output
    assert suite("--local", path, *RUN, "--out", "out").exit_code == 0
    assert suite("--local", path, *RUN, "--dry-run").exit_code == 0


def test_a_run_remembers_its_local_plugin(
    suite: Suite, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resume, eval and sample need no --local, from any folder, in a process that is new."""
    monkeypatch.chdir(local)
    out = tmp_path / "out"
    assert suite("--local", ".", *RUN, "--out", out).exit_code == 0
    assert tomllib.loads((out / "config.toml").read_text())["local_plugin"] == str(local)
    monkeypatch.chdir(tmp_path)
    info = json.loads((out / "run.json").read_text())
    (out / "run.json").write_text(json.dumps({**info, "status": "interrupted"}))
    for command in (("eval", out, "--json"), ("sample", out, "-n", 4), ("resume", out)):
        forget()
        result = suite(*command)
        assert result.exit_code == 0, result.output
    assert json.loads((out / "run.json").read_text())["status"] == "finished"


def test_the_python_api_takes_it_too(local: Path, tmp_path: Path) -> None:
    outcome = api.run(task="mine/ones", local=local, out=tmp_path / "out")
    assert outcome.controls["tuned"]["reward"] >= 0.0


def test_a_family_of_its_own_format_is_built_from_the_folder(suite: Suite, local: Path) -> None:
    Path("mine").mkdir()
    Path("mine/shift.txt").write_text("50.0")
    run = ("--local", local, *RUN, "--policy", "mine/folder:mine")
    assert suite(*run, "--out", "out").exit_code == 0
    rows = Path("out/samples_before.jsonl").read_text().splitlines()
    assert {json.loads(row)["text"] for row in rows} == {"BBBB"}
    assert "weights of mine/folder:mine" in suite(*run, "--dry-run").output


def test_two_local_plugins_are_not_mixed(suite: Suite, local: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(local, tmp_path / "other"))
    assert suite("--local", local, "list").exit_code == 0
    result = suite("--local", other, "list")
    assert result.exit_code == 2
    assert f"that of {local} is in use" in result.output


@pytest.mark.parametrize("left_out", ["suite_local.py", "suite_local.toml"])
def test_a_missing_file_is_named(suite: Suite, local: Path, left_out: str) -> None:
    (local / left_out).unlink()
    for command in (("list",), RUN):
        result = suite("--local", local, *command)
        assert result.exit_code == 2
        assert f"has no {left_out}" in result.output


def test_a_base_rests_on_the_two_local_files_and_not_on_their_folder(local: Path) -> None:
    """A folder of somebody's work may hold anything, runs included."""
    registry.use_local(local)
    (local / "notes.json").write_text("{}")
    found = registry.find("policy", "mine/folder").sources()
    assert [path.name for path in found] == ["suite_local.py", "suite_local.toml"]
    built_in = registry.find("policy", "micro/token").sources()
    assert {"token.py", "suite-plugin.toml"} <= {path.name for path in built_in}
