"""What a measured cell depends on, as hashes: when one of them changes, the cell is stale.

Code is hashed by what it says to Python: comments, docstrings and layout may change freely. Core's
hash is provenance: another core is told and makes no cell stale, because nearly every change of the
suite touches core. Whether it still gives the numbers is measured: CI repeats cells of every commit
(docs/decisions/2026-11-stale-cells.md).
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache
from pathlib import Path

from suite.core import registry
from suite.core.base import ROLE
from suite.core.build import policy_use
from suite.core.catalog import Entry
from suite.core.config import Config
from suite.core.task import Task, Use

CORE = Path(__file__).parent
# Where training, evaluation and controls start; what they import is found from there.
ROOTS = ("trainer", "panel", "controls")
# Of a task, what is read and checked but gives a run no number.
WORDS = frozenset({"summary", "known_rewards", "known_context"})
# They find, check, store and say things, and produce no number; what configuration they resolve is
# in the key itself. Without them a better error message would be told as another core.
PLUMBING = frozenset(
    f"suite.core.{name}"
    for name in (
        "cache", "catalog", "checkpoint", "config", "config_model", "discovery", "errors",
        "factory_errors", "hooks", "journal", "manifest", "presets", "progress", "registry", "toml",
    )
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Key:
    """Hashes of everything that a cell's numbers rest on.

    Attributes:
        config: of the resolved configuration and the task's value with its base's recipe.
        code: by plugin module; a folder of TASK values has none, its values are in ``config``.
        torch: the version, as text.
        core: provenance; "" in cells that were stored before it stood here.
    """

    config: str
    code: Mapping[str, str]
    torch: str
    core: str = ""

    def changed_since(self, old: "Key") -> tuple[str, ...]:
        """What makes a cell of ``old`` stale: "configuration", modules, the torch version.

        A module that is loaded no more is no reason: what took its place is in the configuration.
        """
        names = [] if self.config == old.config else ["configuration"]
        names += [name for name in sorted(self.code) if self.code[name] != old.code.get(name)]
        return (*names, *([] if self.torch == old.torch else [f"torch {self.torch}"]))

    def drifted_since(self, old: "Key") -> bool:
        """Whether core has changed, which makes no cell stale."""
        return self.core != old.core


def key_of(config: Config, control: str | None = None) -> Key:
    """The key of a run, or of one of its controls.

    Raises:
        SuiteError: a plugin that the run needs is not installed.
    """
    import torch

    data = None if config.data is None else _digest(Path(config.data).read_bytes())
    text = replace(config, data=None).to_toml()
    parts = [text, task_text(config.task), str(data), str(control)]
    loaded = {entry.module: entry.manifest.parent for entry in owners(config, control)}
    folders = {module: loaded[module] for module in sorted(loaded) if not _only_tasks(module)}
    return Key(
        config=_digest("\n".join(parts).encode()),
        code={module: folder_hash(folder) for module, folder in folders.items()},
        torch=torch.__version__,
        core=core_hash(folders.values()),
    )


def task_text(task: Task) -> str:
    """A task's value: what gives a number and is not at its default.

    A field that the Task noun gains therefore changes no key before a task uses it.
    """
    lines = []
    for one in fields(task):
        value = getattr(task, one.name)
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if one.name not in WORDS and value != default:
            lines.append(f"{one.name} = {value!r}\n")
    return "".join(lines)


def _only_tasks(module: str) -> bool:
    return {entry.kind for entry in registry.entries() if entry.module == module} == {"task"}


def owners(config: Config, control: str | None = None) -> Iterator[Entry]:
    """Who provides what the run loads; a plugin may come twice."""
    task = config.task
    yield registry.find("task", task.name)
    for name in config.recipe.chain:
        yield registry.find("algorithm", name)
    uses = {
        "policy": policy_use(config),
        "contexts": task.contexts,
        "environment": task.environment,
        "codec": task.codec,
        "sampler": None if config.sampler is None else Use(config.sampler),
    }
    for kind, use in uses.items():
        if use is not None:
            yield registry.find(kind, use.name)
    for use in (task.reward, task.held_out_reward):
        if use is not None:
            yield registry.find("reward", use.name)
    for use in task.metrics:
        yield registry.find("metric", use.name)
    roles = [("algorithm", ROLE if task.base is not None else None)]
    roles += [(kind, control) for kind in ("sampler", "algorithm")]
    players = (registry.by_role(kind, role) for kind, role in roles if role is not None)
    yield from (player for player in players if player is not None)


# --- hashes -------------------------------------------------------------------------------------


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=10).hexdigest()


def folder_hash(folder: Path) -> str:
    """Of the code and data of a plugin's folder.

    Settings of presets stand in the resolved configuration: a new preset changes no other's number.
    """
    found = (path for path in folder.rglob("*") if path.suffix in (".py", ".json"))
    named = {path.relative_to(folder).as_posix(): path for path in found}
    return _digest("".join(f"{name} {_hash(named[name])}\n" for name in sorted(named)).encode())


def core_hash(plugins: Iterable[Path] = ()) -> str:
    """Of the modules of core that produce numbers: what ROOTS and these plugins' folders import."""
    found = sorted(core_modules(plugins).items())
    return _digest("".join(f"{name} {_hash(path)}\n" for name, path in found).encode())


def core_modules(plugins: Iterable[Path] = ()) -> dict[str, Path]:
    """Those modules by name, found through their imports."""
    waiting = [f"suite.core.{name}" for name in ROOTS]
    waiting += [
        name for folder in plugins for path in folder.rglob("*.py") for name in _imports(path)
    ]
    found: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        path = CORE.joinpath(*name.split(".")[2:]).with_suffix(".py")
        if name in found or name in PLUMBING or not path.is_file():
            continue
        found[name] = path
        waiting += _imports(path)
    return found


def _imports(path: Path) -> tuple[str, ...]:
    return _parsed(path, path.stat().st_mtime_ns)[1]


def _hash(path: Path) -> str:
    if path.suffix == ".py":
        return _parsed(path, path.stat().st_mtime_ns)[0]
    return _digest(path.read_bytes())


@cache
def _parsed(path: Path, changed: int) -> tuple[str, tuple[str, ...]]:
    """The hash of a module and what it imports of core; read again when the file has changed."""
    tree = ast.parse(path.read_bytes())
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("suite.core"):
            assert node.module is not None
            names += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return _digest(_shape(tree).encode()), tuple(names)


def _shape(node: object) -> str:
    """A syntax tree as text, without positions and docstrings.

    Empty fields are left out, because Python versions differ in which of them exist.
    """
    if isinstance(node, list):
        return "[" + " ".join(map(_shape, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = []
    for name, value in ast.iter_fields(node):
        kept = value[1:] if name == "body" and _is_docstring(value) else value
        if kept is not None and kept != []:
            parts.append(f"{name}={_shape(kept)}")
    return f"{type(node).__name__}({' '.join(parts)})"


def _is_docstring(body: object) -> bool:
    first = body[0] if isinstance(body, list) and body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return False
    return isinstance(first.value.value, str)
