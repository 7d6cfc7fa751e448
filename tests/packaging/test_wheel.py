"""What a release holds, and that it runs from where it is installed."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

import pytest

import suite
from suite.core.errors import DISTRIBUTION

FOLDERS = ("core", "plugins", "domains", "tasks", "testing")


@dataclass(frozen=True, kw_only=True)
class Release:
    """A built sdist and wheel, and the copy of the working tree that they came from."""

    tree: Path
    sdist: Path
    wheel: Path

    def names(self) -> set[str]:
        """The files of the wheel's package, without its metadata."""
        files = zipfile.ZipFile(self.wheel).namelist()
        return {name for name in files if ".dist-info/" not in name}

    def metadata(self, file: str) -> str:
        """One file of the wheel's metadata."""
        stem = "-".join(self.wheel.name.split("-")[:2])
        return zipfile.ZipFile(self.wheel).read(f"{stem}.dist-info/{file}").decode()


@pytest.fixture(scope="module")
def release(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """`python -m build` on a copy: a build folder left in the tree would leak old modules."""
    tree = tmp_path_factory.mktemp("release") / "tree"
    ignored = [line.strip("/") for line in (repository / ".gitignore").read_text().split()]
    shutil.copytree(repository, tree, ignore=shutil.ignore_patterns(".git", *ignored))
    build = [sys.executable, "-m", "build", "--no-isolation", str(tree)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, cwd=tree.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,) = (tree / "dist").glob("*.tar.gz")
    (wheel,) = (tree / "dist").glob("*.whl")
    return Release(tree=tree, sdist=sdist, wheel=wheel)


@pytest.fixture(scope="module")
def installed(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(target), str(release.wheel)], check=True)
    return target


def run_installed(target: Path, cwd: Path, *command: str) -> str:
    """Standard output of a command that finds the installed package first."""
    environment = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=cwd, env=environment
    )
    return done.stdout.strip()


def test_the_wheel_ships_the_modules_and_their_data_and_nothing_else(release: Release) -> None:
    """Exact: no test, benchmark, document or setup.py, and no module or manifest is missing."""
    expected = {"suite/__init__.py", "suite/cli.py", "suite/py.typed"}
    for folder in FOLDERS:
        for kind in ("*.py", "*.toml", "*.json"):
            found = (release.tree / folder).rglob(kind)
            expected |= {f"suite/{path.relative_to(release.tree).as_posix()}" for path in found}
    assert expected - release.names() == set()
    assert release.names() - expected == set()


def test_the_wheel_ships_manifests(release: Release) -> None:
    manifests = [name for name in release.names() if name.endswith("/suite-plugin.toml")]
    assert {name.split("/")[1] for name in manifests} >= {"plugins", "domains", "tasks"}


def test_the_sdist_holds_what_a_packager_reads_and_runs(release: Release) -> None:
    with tarfile.open(release.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md"} <= names
    assert {"README.md", "pyproject.toml", "setup.py", "tests/conftest.py"} <= names
    assert "tests/allowed_skips.txt" in names


def test_the_metadata_is_that_of_the_code(release: Release) -> None:
    metadata = Parser().parsestr(release.metadata("METADATA"))
    assert metadata["Name"] == DISTRIBUTION
    assert metadata["Version"] == suite.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert release.metadata("top_level.txt").split() == ["suite"]
    assert "suite = suite.cli:main" in release.metadata("entry_points.txt")


def test_the_module_and_the_script_run_from_the_installed_wheel(
    installed: Path, tmp_path: Path
) -> None:
    """From another folder, and from the files that were installed."""
    where = [sys.executable, "-c", "import suite.core.errors as module; print(module.__file__)"]
    assert Path(run_installed(installed, tmp_path, *where)).is_relative_to(installed)
    version = f"suite, version {suite.__version__}"
    module = [sys.executable, "-m", "suite.cli", "--version"]
    assert run_installed(installed, tmp_path, *module) == version
    script = [str(installed / "bin" / "suite"), "--version"]
    assert run_installed(installed, tmp_path, *script) == version


def test_the_package_under_test_is_found_from_any_folder(tmp_path: Path) -> None:
    """The install that the tests themselves run on, editable or not."""
    command = [sys.executable, "-c", "import suite; print(suite.__version__)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == suite.__version__
