"""Manifests: what a plugin provides, in TOML, readable without importing the plugin.

A manifest is named ``suite-plugin.toml``. Listing, ``--help`` and the search for the owner of a
name read manifests alone, so this module imports the standard library only.

A manifest is read strictly: a misspelt key is an error that names the file, because a key that is
silently ignored (``extra`` for ``extras``) surfaces much later as a wrong install line.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError, unknown_name

FILE_NAME = "suite-plugin.toml"
API_VERSION = 1  # of the hooks in core/hooks.py; a manifest's ``api`` must contain it
DEFAULT_API = ">=1,<2"

# Kind -> its plural, as in `suite list rewards`. The order is that of listings.
KINDS = {
    "domain": "domains",
    "task": "tasks",
    "algorithm": "algorithms",
    "policy": "policies",
    "reward": "rewards",
    "environment": "environments",
    "sampler": "samplers",
    "contexts": "contexts",
    "metric": "metrics",
    "codec": "codecs",
    "claim": "claims",
    "launcher": "launchers",
    "tracker": "trackers",
}

Fact = str | int | float | bool | tuple[str | int | float | bool, ...]

MANIFEST_KEYS = ("module", "api", "provides")
PROVIDES_KEYS = (
    "kind",
    "name",
    "help",
    "extras",
    "devices",
    "role",
    "preset",
    "paper",
    "facts",
)
NAME = re.compile(r"[A-Za-z0-9][\w./:+-]*")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
CLAUSE = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+)")


@dataclass(frozen=True, kw_only=True)
class Provides:
    """One thing that a plugin makes.

    Attributes:
        kind: one of KINDS; name: unique in its kind; help: one line.
        extras: optional dependencies of the plugin's distribution that it needs.
        devices: where it runs ("cpu", "cuda"); empty: anywhere.
        role: a part that core looks up by role and not by name, or None.
        preset: the TOML file that the name stands for, absolute; None where the name is code.
        paper: its row in papers.jsonl, or None.
        facts: free strings, numbers and lists of them, shown by listings.
    """

    kind: str
    name: str
    help: str
    extras: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    role: str | None = None
    preset: Path | None = None
    paper: int | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One manifest file: the module with the hook answers and what it makes."""

    path: Path
    module: str
    api: str
    provides: tuple[Provides, ...]


def read_manifest(path: Path) -> Manifest:
    """Read and check one manifest.

    Raises:
        SuiteError: the file is missing, is not TOML, has an unknown or misspelt key, a value of the
            wrong type, or promises one name twice; the message names the file and the place.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(f"cannot read the plugin manifest {path}: {error.strerror}.") from error
    except ValueError as error:  # not UTF-8, or not TOML
        raise SuiteError(f"the plugin manifest {path} is not valid TOML: {error}") from error
    top = _Table(table, path, "the top level")
    top.only(MANIFEST_KEYS)
    api = top.text("api", default=DEFAULT_API)
    module = top.text("module", pattern=MODULE)
    return Manifest(path=path, module=module, api=api, provides=_read_provides(top))


def api_contains(api: str, version: int) -> bool:
    """Whether a range such as ">=1,<2" contains ``version``; api versions are whole numbers.

    Raises:
        ValueError: the text is not a comma-separated list of comparisons.
    """
    compare = {
        ">=": int.__ge__,
        "<=": int.__le__,
        "==": int.__eq__,
        "!=": int.__ne__,
        ">": int.__gt__,
        "<": int.__lt__,
    }
    for clause in api.split(","):
        match = CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise ValueError(f"'{api}' is not a range of whole numbers such as '{DEFAULT_API}'")
        if not compare[match[1]](version, int(match[2])):
            return False
    return True


def check_api(manifest: Manifest) -> None:
    """Refuse a plugin that was written for other hooks.

    Raises:
        SuiteError: the manifest's range does not contain API_VERSION, or is not a range.
    """
    try:
        if api_contains(manifest.api, API_VERSION):
            return
    except ValueError as error:
        raise SuiteError(f"{manifest.path}: key 'api': {error}.") from error
    raise SuiteError(
        f"{manifest.path} asks for plugin api {manifest.api}; this suite has api {API_VERSION}.\n"
        f"Install a version of the plugin that was made for api {API_VERSION}."
    )


def _read_provides(top: "_Table") -> tuple[Provides, ...]:
    rows = top.table.get("provides", [])
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise top.error("provides", "needs at least one [[provides]] table")
    tables = [_Table(row, top.path, f"[[provides]] number {i}") for i, row in enumerate(rows, 1)]
    provides: dict[tuple[str, str], Provides] = {}
    for table in tables:
        one = _read_one(table)
        if (one.kind, one.name) in provides:
            raise table.error("name", f"the {one.kind} '{one.name}' is already provided above")
        provides[one.kind, one.name] = one
    return tuple(provides.values())


def _read_one(table: "_Table") -> Provides:
    table.only(PROVIDES_KEYS)
    kind = table.text("kind")
    if kind not in KINDS:
        raise unknown_name("kind of plugin", kind, KINDS, next_step=table.correct("kind"))
    return Provides(
        kind=kind,
        name=table.text("name", pattern=NAME),
        help=table.text("help"),
        extras=table.texts("extras"),
        devices=table.texts("devices"),
        role=table.text("role", default="") or None,
        preset=table.file("preset"),
        paper=table.whole("paper"),
        facts=table.facts(),
    )


@dataclass(frozen=True)
class _Table:
    """One TOML table with the place it stands in, for messages."""

    table: Mapping[str, Any]
    path: Path
    place: str

    def correct(self, key: str) -> str:
        return f"Correct '{key}' in {self.path}, {self.place}."

    def error(self, key: str, problem: str) -> SuiteError:
        return SuiteError(f"{self.path}, {self.place}: key '{key}': {problem}.")

    def only(self, known: tuple[str, ...]) -> None:
        for key in self.table:
            if key not in known:
                raise unknown_name("manifest key", key, known, next_step=self.correct(key))

    def text(
        self, key: str, *, default: str | None = None, pattern: re.Pattern[str] | None = None
    ) -> str:
        value = self.table.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if not isinstance(value, str) or "\n" in value or (not value and default is None):
            raise self.error(key, f"must be a string of one line, got {value!r}")
        if pattern is not None and not pattern.fullmatch(value):
            raise self.error(key, f"'{value}' is not a name (letters, digits and _ . / : + -)")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"must be a list of strings, got {value!r}")
        return tuple(value)

    def whole(self, key: str) -> int | None:
        value = self.table.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self.error(key, f"must be a whole number, got {value!r}")
        return value

    def file(self, key: str) -> Path | None:
        if key not in self.table:
            return None
        found = self.path.parent / self.text(key)
        if not found.is_file():
            raise self.error(key, f"there is no file {found}")
        return found

    def facts(self) -> dict[str, Fact]:
        table = self.table.get("facts", {})
        if not isinstance(table, dict):
            raise self.error("facts", f"must be a table, got {table!r}")
        facts: dict[str, Fact] = {}
        for key, value in table.items():
            items = value if isinstance(value, list) else [value]
            if not all(isinstance(item, str | int | float) for item in items):
                raise self.error(f"facts.{key}", f"must be text, a number or a list, got {value!r}")
            facts[key] = tuple(value) if isinstance(value, list) else value
        return facts
