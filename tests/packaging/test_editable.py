"""`pip install -e .` in an environment of its own: the tree is what runs, and no more of it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, kw_only=True)
class Editable:
    """A copy of the tree, and an environment that it is installed into."""

    tree: Path
    environment: Path

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the environment, from a folder that is not the tree."""
        program = self.environment / "bin" / command[0]
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL"))}
        return subprocess.run(
            [str(program), *command[1:]],
            capture_output=True,
            text=True,
            check=check,
            cwd=self.environment,
            env=plain,
        )


@pytest.fixture(scope="module")
def editable(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Editable:
    """A fresh environment that shares this one's packages; what is installed here stays unseen.

    Its .pth names our site-packages: Python adds that folder and does not read the .pth files in
    it, so that an editable install of this tree does not stand in for the one under test.
    """
    place = tmp_path_factory.mktemp("editable")
    tree, environment = place / "tree", place / "environment"
    ignored = [line.strip("/") for line in (repository / ".gitignore").read_text().split()]
    shutil.copytree(repository, tree, ignore=shutil.ignore_patterns(".git", "tests", *ignored))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    Path(own.stdout.strip(), "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed"]
    done = subprocess.run(
        [*pip, *flags, "-e", str(tree)], capture_output=True, text=True, check=False, cwd=place
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Editable(tree=tree, environment=environment)


def test_the_package_is_the_tree(editable: Editable) -> None:
    code = "import suite, suite.core.registry as r; print(suite.__file__); print(r.__file__)"
    found = editable.run("python", "-c", code).stdout.split()
    assert found == [str(editable.tree / "__init__.py"), str(editable.tree / "core/registry.py")]


def test_its_folders_are_no_packages_of_their_own(editable: Editable) -> None:
    for name in ("core", "domains", "plugins", "tasks", "testing"):
        failed = editable.run("python", "-c", f"import {name}", check=False)
        assert failed.returncode != 0
        assert f"No module named '{name}'" in failed.stderr


def test_the_command_runs_and_finds_what_ships(editable: Editable) -> None:
    assert "protein/bundle" in editable.run("suite", "list", "tasks").stdout
    assert editable.run("python", "-m", "suite.cli", "list", "tasks").stdout == (
        editable.run("suite", "list", "tasks").stdout
    )
    code = (
        "import suite; suite.run(task='micro/token', out='run', "
        "settings={'train.num_steps': 1, 'controls.enabled': False})"
    )
    editable.run("python", "-c", code)
    assert (editable.environment / "run/report.html").is_file()


def test_an_edit_counts_without_a_second_install(editable: Editable) -> None:
    """A changed module, and a plugin that did not exist when it was installed."""
    init = editable.tree / "__init__.py"
    before = editable.run("suite", "--version").stdout
    init.write_text(init.read_text().replace('__version__ = "', '__version__ = "7.'))
    after = editable.run("suite", "--version").stdout
    assert before != after
    assert after == before.replace("version ", "version 7.")
    new = editable.tree / "plugins/samplers/first_of_n"
    shutil.copytree(editable.tree / "plugins/samplers/best_of_n", new)
    for path in (new / "suite-plugin.toml", new / "plugin.py"):
        path.write_text(path.read_text().replace("best_of_n", "first_of_n"))
    assert "first_of_n" in editable.run("suite", "list", "samplers").stdout
    code = "from suite.core.registry import make_sampler; print(make_sampler('first_of_n', {}))"
    assert "n=16" in editable.run("python", "-c", code).stdout
