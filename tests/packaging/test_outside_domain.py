"""A domain of somebody else: outside_molecules/ is written from the documentation alone.

It is installed by pip beside the suite, and used as its author would: listed, checked, run.
"""

import ast
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from suite.testing.scaffold import TEMPLATE

PACKAGE = Path(__file__).with_name("outside_molecules")
SOURCES = tuple(sorted(PACKAGE.rglob("*.py")))
NAME = "outside-molecules"
FEW = ("--set", "train.num_steps=2", "--set", "train.eval_samples=16")


@dataclass(frozen=True, kw_only=True)
class Author:
    """Somebody with the package installed, and an empty folder to work in."""

    installed: Path
    folder: Path

    def suite(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the suite, in a process of its own."""
        paths = os.pathsep.join([str(self.installed), os.environ.get("PYTHONPATH", "")])
        environment = {
            **os.environ,
            "PYTHONPATH": paths,
            "SUITE_CACHE": str(self.installed / "cache"),
        }
        command = [sys.executable, "-m", "suite.cli", *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that pip installed the package into, from a copy: a build leaves files behind."""
    place = tmp_path_factory.mktemp("outside")
    tree, target = place / "tree", place / "installed"
    shutil.copytree(PACKAGE, tree, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    flags = ["--no-build-isolation", "--no-deps", "--no-index", "--target", str(target), "."]
    done = subprocess.run([*pip, *flags], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture
def author(installed: Path, tmp_path: Path) -> Author:
    return Author(installed=installed, folder=tmp_path)


def public_modules(repository: Path) -> set[str]:
    """The first column of the table below "What you may import" in docs/plugins.md."""
    page = (repository / "docs" / "plugins.md").read_text(encoding="utf-8")
    section = page.partition("## What you may import\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(suite[a-z_.]*)` \|", section, flags=re.MULTILINE))


def imported_from_the_suite(path: Path) -> Iterator[str]:
    """Modules of the suite that a file imports, wherever the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        found += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in found if name.partition(".")[0] == "suite")


def test_the_page_names_modules_that_exist(repository: Path) -> None:
    public = public_modules(repository)
    assert len(public) > 10
    assert [name for name in sorted(public) if importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("folder", [PACKAGE, TEMPLATE], ids=["outside", "template"])
def test_a_domain_needs_public_modules_only(repository: Path, folder: Path) -> None:
    """The package here, and the one that `suite plugins new` writes."""
    used = {name for path in folder.rglob("*.py") for name in imported_from_the_suite(path)}
    # The template's own modules; the copy that it writes is called after its author's package.
    used = {name for name in used if not name.startswith("suite.testing.plugin_template")}
    assert "suite.core.hooks" in used
    assert used - public_modules(repository) == set()


def test_nothing_of_a_family_is_named_but_its_name() -> None:
    """A policy and an algorithm are strings of the task; no code reaches into their modules."""
    for path in SOURCES:
        assert not re.search(r"suite\.(plugins|domains|tasks)", path.read_text(encoding="utf-8"))
    manifest = tomllib.loads((PACKAGE / "outside_molecules" / "suite-plugin.toml").read_text())
    kinds = {row["kind"] for row in manifest["provides"]}
    assert kinds == {"domain", "task", "reward", "contexts", "codec"}


def test_it_is_listed_with_its_package(author: Author) -> None:
    listed = author.suite("list", "domains")
    assert listed.returncode == 0, listed.stderr
    (line,) = [line for line in listed.stdout.splitlines() if NAME in line]
    assert line.split()[0] == NAME
    assert line.endswith(f"[{NAME}]")


def test_the_conformance_kit_finds_nothing(author: Author) -> None:
    checked = author.suite("plugins", "check", NAME)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "20 ok, 0 FAILED, 0 not checked" in checked.stdout


def test_a_run_with_its_controls_ends_with_a_report(author: Author) -> None:
    """The base is trained, the policy tuned, and four controls stand beside it."""
    words = ["run", "--domain", NAME, "--algo", "relative-tb", "--out", "mine", *FEW]
    ran = author.suite(*words)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    written = {path.name for path in (author.folder / "mine").iterdir()}
    assert {"config.toml", "metrics.jsonl", "controls.json", "report.html"} <= written
    assert f"{NAME}/chains" in (author.folder / "mine" / "report.html").read_text()
    samples = (author.folder / "mine" / "samples_after.jsonl").read_text().splitlines()
    assert len(samples) == 16


def test_its_default_method_is_the_one_that_runs(author: Author) -> None:
    shown = author.suite("run", "--domain", NAME, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert 'algo_name = "relative-tb"' in shown.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("--domain", NAME, "--set", "train.num_stps=2"), "Did you mean 'num_steps'?"),
        (("--domain", NAME, "--set", "reward.lenght=3"), "Did you mean 'length'?"),
        (("--domain", "outside-molecule"), f"Did you mean '{NAME}'?"),
    ],
)
def test_a_wrong_name_gets_a_suggestion(author: Author, words: tuple[str, ...], hint: str) -> None:
    """A setting of the suite's, one of the package's own reward, and the domain itself."""
    refused = author.suite("run", *words, "--out", "none")
    assert refused.returncode == 2
    assert hint in refused.stderr
    assert list(author.folder.iterdir()) == []


def test_demonstrations_that_the_policy_cannot_build_are_refused(author: Author) -> None:
    """Cyclopropane, where rings begin at five: by the kit, and by a run before it trains."""
    broken = author.folder / "broken"
    shutil.copytree(author.installed, broken, ignore=shutil.ignore_patterns("cache"))
    task = broken / "outside_molecules" / "task.py"
    text = task.read_text(encoding="utf-8")
    assert "min_ring=3" in text
    task.write_text(text.replace("min_ring=3", "min_ring=5"), encoding="utf-8")
    other = Author(installed=broken, folder=author.folder)
    checked = other.suite("plugins", "check", NAME)
    assert checked.returncode == 1
    assert "19 ok, 1 FAILED, 0 not checked" in checked.stdout
    ran = other.suite("run", "--domain", NAME, "--no-controls", "--out", "none", *FEW)
    assert ran.returncode == 2
    for said in (checked.stdout, ran.stderr):
        assert "not a graph that this policy can build" in said
        assert "policy.valences, max_nodes, max_rings and min_ring" in said
