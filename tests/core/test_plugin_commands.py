"""``suite plugins list``, ``new`` and ``check``, and a package that is right at birth."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.core import registry
from suite.core.plugin_commands import check_plugin, list_plugins, new_plugin

Refusal = Callable[[Callable[[], object]], str]

BOOM = 'raise RuntimeError("boom at import")\n'
TWO_KINDS = """module = "{package}.plugin"
[[provides]]
kind = "launcher"
name = "{package}"
help = "h"
[[provides]]
kind = "tracker"
name = "{package}"
help = "h"
"""
HALF_BROKEN = """
from suite.core.hooks import hookimpl

class Deaf:
    def start(self, folder, config, step): ...
    def log(self, step, numbers): ...
    def finish(self, outcome): ...

@hookimpl
def suite_make_tracker(name, config):
    return Deaf()

@hookimpl
def suite_make_launcher(name, config):
    raise ValueError("no launcher today")
"""

# --- list ---------------------------------------------------------------------------------------


def test_the_list_imports_every_plugin_and_shows_each_traceback(site: Any) -> None:
    site.install("works", plugin=HALF_BROKEN, manifest=TWO_KINDS)
    site.install("raises", plugin=BOOM)
    site.install("garbled", manifest="module = 3\n")

    text = list_plugins()

    rows = {tuple(line.split()[:3]) for line in text.partition("\n\n")[0].splitlines()}
    assert ("works", "works.plugin", "yes") in rows
    assert ("raises", "raises.plugin", "no") in rows
    assert "broken: raises (raises.plugin)\n  Traceback (most recent call last):" in text
    assert "  RuntimeError: boom at import" in text
    assert "broken: garbled (garbled.plugin)\n" in text
    assert "key 'module': must be a string of one line, got 3." in text
    assert "1 launcher, 1 tracker" in text


def test_every_built_in_plugin_imports() -> None:
    for entry in registry.entries():
        if entry.built_in:
            registry.load(entry)


# --- check --------------------------------------------------------------------------------------


def test_the_check_says_what_failed_and_what_was_not_checked(site: Any) -> None:
    site.install("half-broken", plugin=HALF_BROKEN, manifest=TWO_KINDS)

    text, passed = check_plugin("Half_Broken")

    lines = [line.split() for line in text.splitlines()]
    assert ["tracker", "half_broken", "hears", "a", "run", "ok"] in lines
    assert ["launcher", "half_broken", "is", "built", "FAILED"] in lines
    assert "launcher half_broken: is built\n  ValueError: no launcher today" in text
    assert text.endswith("5 ok, 1 FAILED, 0 not checked")
    assert not passed


def test_a_reward_that_no_task_uses_is_not_called_checked(site: Any) -> None:
    site.install("lonely")

    text, passed = check_plugin("lonely")

    assert "no task uses it; add a task that does, or call suite.testing.check_reward" in text
    assert text.endswith("0 ok, 0 FAILED, 1 not checked")
    assert passed


NEEDS_DATA = """
from suite.core.hooks import hookimpl

@hookimpl
def suite_make_task(name):
    from suite.core.task import DATA, Task, Use

    return Task(
        name=name,
        summary="Needs a file.",
        contexts=Use("micro/unconditioned"),
        policy=Use("micro/token"),
        reward=Use("needy/score", file=DATA),
        default_algo="rloo",
        data="nowhere/table.csv",
    )
"""
TASK_AND_REWARD = """module = "needy.plugin"
[[provides]]
kind = "task"
name = "micro/needy"
help = "h"
[[provides]]
kind = "reward"
name = "needy/score"
help = "h"
"""


def test_without_its_data_a_task_is_not_checked_and_not_failed(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUITE_DATA", raising=False)
    site.install("needy", plugin=NEEDS_DATA, manifest=TASK_AND_REWARD)

    text, passed = check_plugin("needy")

    assert text.count("needs its data file, nowhere/table.csv") == 2
    assert text.endswith("0 ok, 0 FAILED, 2 not checked")
    assert passed


def test_a_plugin_that_cannot_be_read_fails_its_check(site: Any) -> None:
    site.install("garbled", manifest="module = 3\n")

    text, passed = check_plugin("garbled")

    assert "key 'module': must be a string of one line" in text
    assert not passed


def test_an_unknown_distribution_is_refused(refusal: Refusal) -> None:
    assert refusal(lambda: check_plugin("reward-suit")).startswith(
        "no plugin distribution named 'reward-suit'. Did you mean 'reward-suite'?"
    )


# --- new ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("My Domain", "A name is lower-case letters and digits, joined by '-': 'my-domain'."),
        ("json", "'json' is a word or a module of Python."),
        ("class", "'class' is a word or a module of Python."),
        ("micro", "'micro' is a domain already."),
        ("torch", "'torch' is an installed package already."),
    ],
)
def test_a_name_that_cannot_be_used_is_refused(
    tmp_path: Path, refusal: Refusal, name: str, why: str
) -> None:
    message = refusal(lambda: new_plugin(name, tmp_path))

    assert message.startswith(f"'{name}' cannot be the name of a")
    assert why in message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_left_alone(tmp_path: Path, refusal: Refusal) -> None:
    own = tmp_path / "new-things" / "notes.txt"
    own.parent.mkdir()
    own.write_text("mine")

    message = refusal(lambda: new_plugin("new-things", tmp_path))

    assert "exists and is not an empty folder; nothing was written" in message
    assert list(own.parent.iterdir()) == [own]


def test_no_name_of_the_template_is_left_over(tmp_path: Path) -> None:
    new_plugin("spin-glass", tmp_path)

    texts = [p.read_text() for p in (tmp_path / "spin-glass").rglob("*") if p.is_file()]
    assert len(texts) > 8
    for text in texts:
        assert "my-domain" not in text
        assert "plugin_template" not in text


def test_a_new_plugin_installs_runs_and_passes_its_own_tests(tmp_path: Path) -> None:
    """At birth: installed by pip, registered, listed, trained on and checked in a new process."""
    said = new_plugin("my-domain", tmp_path)
    folder, installed = tmp_path / "my-domain", tmp_path / "installed"
    assert said.startswith(f"wrote {folder}\n")
    pip = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    options = ["--disable-pip-version-check", "--target", str(installed), str(folder)]
    _run([sys.executable, "-m", "pip", *pip, *options], tmp_path)
    paths = os.pathsep.join([str(installed), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": paths, "SUITE_CACHE": str(tmp_path / "cache")}

    tests = _run([sys.executable, "-m", "pytest", "-q", "--color=no"], folder, environment)
    listed = _run([sys.executable, "-m", "suite.cli", "list", "domains"], tmp_path, environment)
    checked = _run(
        [sys.executable, "-m", "suite.cli", "plugins", "check", "my-domain"], tmp_path, environment
    )

    assert "5 passed" in tests
    assert "[my-domain]" in listed
    assert "20 ok, 0 FAILED, 0 not checked" in checked


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
