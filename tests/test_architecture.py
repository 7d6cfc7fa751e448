"""The shape of the house: who imports whom, what is slow, and how long files are.

Everything here is read from the source with ``ast``; nothing of the suite is imported.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("core", "plugins", "domains", "tasks", "testing")
# The plan aimed at 3,000 for all of it; docs/decisions/2026-11-core-size.md says what stands there.
MAX_CORE_LINES = {"core": 12_600, "core/report": 3_600, "core/execution": 5_000}
MAX_FILE_LINES = 400
# Path -> why it is better whole.
LONG_FILES: dict[str, str] = {}
# Modules that answer `suite --help` and `suite list`: click and the standard library alone.
LISTING = ("cli", "core.discovery", "core.errors", "core.manifest")
# Kinds whose names core must not know. Metrics, trackers and the like have generic names.
SECRET_KINDS = {"policy", "algorithm", "domain", "sampler"}
# An algorithm may be called after the capability that it asks for, and core knows capabilities.
CAPABILITIES = {"samples", "scores", "likelihood", "pathwise", "lookahead", "value", "balance"}


@dataclass(frozen=True, kw_only=True)
class Import:
    """One imported module, by its full name, and the line that asks for it."""

    module: str
    line: int
    at_import: bool  # runs when the file is imported: outside functions and TYPE_CHECKING


@cache
def shipped() -> tuple[Path, ...]:
    """The files of the package, relative to the root."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return (Path("__init__.py"), Path("cli.py"), *sorted(p.relative_to(ROOT) for p in found))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """All imports of a file, wherever they stand."""
    return tuple(_imports_below(parsed(path), at_import=True))


def _imports_below(node: ast.AST, *, at_import: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for name in child.names:
                yield Import(module=name.name, line=child.lineno, at_import=at_import)
        elif isinstance(child, ast.ImportFrom):
            # `from suite.core import errors` imports suite.core.errors.
            base = "." * child.level + (child.module or "")
            for name in child.names:
                full = f"{base}.{name.name}"
                module = full if _file_of(full) else base
                yield Import(module=module, line=child.lineno, at_import=at_import)
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            later = later or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test))
            yield from _imports_below(child, at_import=at_import and not later)


def _file_of(module: str) -> Path | None:
    """The file of a module of the suite, relative to the root; None if it has none."""
    first, _, rest = module.partition(".")
    if first != "suite":
        return None
    stem = Path(*rest.split(".")) if rest else Path()
    candidates = (stem / "__init__.py", stem.with_suffix(".py") if rest else stem)
    return next((path for path in candidates if (ROOT / path).is_file()), None)


def territory(path: Path) -> tuple[str, ...]:
    """What a file belongs to: ("core",), ("plugins", kind, family), ("domains", name), ..."""
    depth = {"plugins": 3, "domains": 2}.get(path.parts[0], 1)
    return path.parts[: min(depth, len(path.parts) - 1)]


def may_import(path: Path, module: str) -> bool:
    """The arrows: everybody reaches core and what is their own, nothing else of the suite.

    ``suite`` itself holds the version and the names of core's API.
    """
    parts = tuple(module.split("."))
    if parts[0] != "suite" or module == "suite" or parts[1] == "core":
        return True
    own = territory(path)
    return bool(own) and parts[1 : 1 + len(own)] == own


@pytest.mark.parametrize(
    ("path", "module", "allowed"),
    [
        ("core/trainer.py", "suite.core.trees", True),
        ("core/trainer.py", "suite.plugins.algorithms.weighted", False),
        ("core/trainer.py", "suite.domains.protein", False),
        ("core/trainer.py", "suite.tasks.protein", False),
        ("cli.py", "suite.core.errors", True),
        ("cli.py", "suite.plugins.algorithms", False),
        ("plugins/policies/diffusion/a.py", "suite.plugins.policies.diffusion.b", True),
        ("plugins/policies/diffusion/a.py", "suite.plugins.policies.causal_lm.b", False),
        ("domains/protein/a.py", "suite.domains.protein.b", True),
        ("domains/protein/a.py", "suite.domains.dna.b", False),
        ("domains/protein/a.py", "suite.plugins.policies.diffusion", False),
        ("tasks/protein/a.py", "suite.domains.protein", False),
        ("testing/a.py", "suite.core.policy", True),
        ("testing/a.py", "suite", True),
        ("testing/a.py", "suite.tasks.protein", False),
    ],
)
def test_the_rule_of_the_arrows(path: str, module: str, allowed: bool) -> None:
    """The rule itself, so that the test below cannot pass by never refusing."""
    assert may_import(Path(path), module) is allowed


def test_every_arrow_points_to_core() -> None:
    wrong = [
        f"{path}:{found.line} imports {found.module}"
        for path in shipped()
        for found in imports(path)
        if not may_import(path, found.module)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_package_is_imported_by_its_full_name() -> None:
    """`from core...` or a relative import would load a second copy of the module."""
    everywhere = (*shipped(), *sorted(p.relative_to(ROOT) for p in (ROOT / "tests").rglob("*.py")))
    wrong = [
        f"{path}:{found.line} imports {found.module}"
        for path in everywhere
        for found in imports(path)
        if found.module.split(".")[0] in ("", *FOLDERS)
    ]
    assert not wrong, "\n".join(wrong)


def reached(start: Path) -> dict[str, str]:
    """Third-party packages that importing a file loads -> the file that asks for each.

    Importing suite.a.b also runs the __init__ of suite and of suite.a.
    """
    waiting, seen, outside = [start], {start}, {}
    while waiting:
        path = waiting.pop()
        for found in imports(path):
            if not found.at_import:
                continue
            parts = found.module.split(".")
            if parts[0] != "suite" and parts[0] not in sys.stdlib_module_names:
                outside[parts[0]] = f"{path}:{found.line}"
            for end in range(1, len(parts) + 1):
                file = _file_of(".".join(parts[:end]))
                if file is not None and file not in seen:
                    seen.add(file)
                    waiting.append(file)
    return outside


def test_reached_follows_imports_between_files() -> None:
    """core/policy.py asks for torch: the walk must find it, and not inside functions."""
    assert "torch" in reached(Path("core/policy.py"))
    assert "torch" not in reached(Path("cli.py"))


@pytest.mark.parametrize("module", LISTING)
def test_listing_needs_click_and_the_standard_library_alone(module: str) -> None:
    path = _file_of(f"suite.{module}")
    assert path is not None
    assert set(reached(path)) <= {"click"}, reached(path)


def test_hook_answers_import_nothing_slow() -> None:
    """Choosing among a plugin's factories must not load torch; making one may."""
    plugins = [path for path in shipped() if path.name == "plugin.py"]
    slow = {
        str(path): reached(path)
        for path in plugins
        if set(reached(path)) - {"click", "pluggy", "pydantic"}
    }
    assert plugins
    assert not slow, slow


def test_help_loads_no_other_package(tmp_path: Path) -> None:
    """What the walk above says of the source, seen in a process."""
    code = (
        "import sys; before = set(sys.modules); from click.testing import CliRunner\n"
        "import suite.cli; assert CliRunner().invoke(suite.cli.main, ['--help']).exit_code == 0\n"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    loaded = set(done.stdout.split()) - sys.stdlib_module_names
    assert loaded == {"click", "suite"}


def test_core_stays_small() -> None:
    lines = dict.fromkeys(MAX_CORE_LINES, 0)
    for path in shipped():
        if path.parts[0] == "core":
            part = "/".join(path.parts[:2])
            lines[part if part in lines else "core"] += _num_lines(path)
    print(f"lines: {lines} of at most {MAX_CORE_LINES}")
    assert all(lines[name] <= most for name, most in MAX_CORE_LINES.items())


def test_a_long_file_is_listed_with_its_reason() -> None:
    tests = (path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
    every = (*shipped(), *tests)
    long = {path.as_posix() for path in every if _num_lines(path) > MAX_FILE_LINES}
    assert long == set(LONG_FILES)


def _num_lines(path: Path) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without __init__.py is left out of the wheel."""
    folders = {path.parent for path in shipped()}
    folders |= {parent for folder in folders for parent in folder.parents}
    assert not [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()]


def secret_names() -> set[str]:
    """What the built-in manifests call policies, algorithms, domains and samplers."""
    rows = (
        row
        for folder in ("plugins", "domains", "tasks")
        for manifest in (ROOT / folder).rglob("suite-plugin.toml")
        for row in tomllib.loads(manifest.read_text(encoding="utf-8"))["provides"]
    )
    known = list(rows)
    # A role is core's own word: the plugin that plays it may be called after it.
    roles = {row["role"] for row in known if "role" in row}
    return {row["name"] for row in known if row["kind"] in SECRET_KINDS} - CAPABILITIES - roles


def test_core_knows_no_plugin_by_name() -> None:
    """A name in core is a special case: roles, capabilities and manifests say it instead."""
    secret = secret_names()
    assert secret
    wrong = [
        f"{path}:{node.lineno} says {node.value!r}"
        for path in shipped()
        if path.parts[0] == "core"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and node.value in secret
    ]
    assert not wrong, "\n".join(wrong)
