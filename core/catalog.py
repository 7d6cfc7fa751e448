"""What exists: every name that an installed plugin provides, read from manifests alone.

Nothing of a plugin is imported here; building is the business of core/registry.py, through which
everybody else reaches these functions. Imports the standard library only: listings stay fast.
"""

from dataclasses import dataclass, field
from pathlib import Path

from suite.core.discovery import (
    LOCAL_MODULE,
    Source,
    built_in_sources,
    installed_sources,
    local_source,
    manifest_path,
)
from suite.core.errors import DISTRIBUTION, SuiteError, unknown_name
from suite.core.manifest import KINDS, Manifest, Provides, check_api, read_manifest

SOURCES = (".py", ".toml", ".json")


@dataclass(frozen=True, kw_only=True)
class Entry(Provides):
    """One thing that some plugin provides: what its manifest says, and where that stands.

    Attributes:
        module: the plugin's module; distribution: the pip name of the package it came in.
        manifest: the file that promises it.
        folder: where ``module`` is, if it is not on sys.path.
    """

    module: str
    distribution: str
    manifest: Path
    folder: Path | None = None

    def sources(self) -> list[Path]:
        """The code and settings that it may rest on: its folder's, or the two local files."""
        if self.folder is not None:
            return [self.folder / f"{self.module}.py", self.manifest]
        found = (path for path in self.manifest.parent.rglob("*") if path.suffix in SOURCES)
        return sorted(path for path in found if "__pycache__" not in path.parts)

    @property
    def built_in(self) -> bool:
        """Whether it ships with the suite."""
        return self.distribution == DISTRIBUTION


def fact_names(entry: Entry, key: str, default: tuple[str, ...]) -> frozenset[str]:
    """A manifest's list of names (capabilities, aliases); ``default`` where it states none."""
    value = entry.facts.get(key, default)
    if not isinstance(value, tuple | list):
        value = (value,)
    return frozenset(str(name) for name in value)


@dataclass(frozen=True, kw_only=True)
class BrokenPlugin:
    """A plugin that cannot be used, or a name that two plugins claim.

    Attributes:
        distribution: the pip name, or both, separated by a comma; module: where known, else "".
        traceback: what went wrong: a message, or the traceback of a failed import.
    """

    distribution: str
    module: str
    traceback: str


@dataclass(eq=False)
class _Catalog:
    """What was read in this process; filled at the first question."""

    entries: list[Entry] = field(default_factory=list)
    unreadable: list[BrokenPlugin] = field(default_factory=list)
    scanned: bool = False


_catalog = _Catalog()


def entries(kind: str | None = None) -> list[Entry]:
    """Everything of one kind, or everything, ordered by kind, name and distribution.

    A name that two distributions provide is listed twice.

    Raises:
        SuiteError: there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of plugin", kind, KINDS, next_step="Run `suite list`.")
    _scan()
    order = {name: i for i, name in enumerate(KINDS)}
    chosen = [e for e in _catalog.entries if kind is None or e.kind == kind]
    return sorted(chosen, key=lambda e: (order[e.kind], e.name, not e.built_in, e.distribution))


def find(kind: str, name: str) -> Entry:
    """Who provides ``name``.

    Raises:
        SuiteError: nobody does, or two distributions do.
    """
    every = entries(kind)
    owners = [entry for entry in every if entry.name == name]
    if len(owners) > 1:
        raise SuiteError(_clash_message(owners))
    if not owners:
        known = {entry.name for entry in every}
        raise unknown_name(kind, name, known, next_step=_where_to_look(kind))
    return owners[0]


def provides(kind: str, name: str) -> bool:
    """Whether somebody provides ``name``."""
    return any(entry.name == name for entry in entries(kind))


def by_role(kind: str, role: str) -> Entry | None:
    """The entry that plays a role; the suite's own where a plugin claims the role too."""
    players = [entry for entry in entries(kind) if entry.role == role]
    players.sort(key=lambda entry: not entry.built_in)
    return players[0] if players else None


def unusable() -> list[BrokenPlugin]:
    """Manifests that cannot be used, then names that more than one plugin provides."""
    owners: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries():
        owners.setdefault((entry.kind, entry.name), []).append(entry)
    clashes = [
        BrokenPlugin(
            distribution=", ".join(e.distribution for e in clash),
            module=", ".join(e.module for e in clash),
            traceback=_clash_message(clash),
        )
        for clash in owners.values()
        if len(clash) > 1
    ]
    return [*_catalog.unreadable, *clashes]


def use_local(path: Path) -> None:
    """Add a ``suite_local.py``, named itself or by its folder; only called when the user opted in.

    Raises:
        SuiteError: the file or its manifest ``suite_local.toml`` is missing or wrong, or this
            process uses that of another folder already: both would be one module.
    """
    _scan()
    folder = path.resolve().parent if path.name == f"{LOCAL_MODULE}.py" else path.resolve()
    found = _read(local_source(folder))  # asked for by name: its faults are raised
    used = {entry.folder for entry in _catalog.entries if entry.folder is not None}
    if used - {folder}:
        raise SuiteError(
            f"the local plugin of {folder} was asked for, and that of {used.pop()} is in use.\n"
            "Use one local plugin at a time, or make packages of them: `suite plugins new NAME`."
        )
    if not used:
        _catalog.entries += found


def forget() -> None:
    """Read everything again at the next question."""
    _catalog.entries, _catalog.unreadable, _catalog.scanned = [], [], False


def _scan() -> None:
    """Read every manifest once; whatever is wrong with one is kept and harms nobody else."""
    if _catalog.scanned:
        return
    _catalog.scanned = True
    for source in [*built_in_sources(), *installed_sources()]:
        try:
            _catalog.entries += _read(source)
        except SuiteError as error:
            _catalog.unreadable.append(_broken(source, str(error)))
        except Exception:  # noqa: BLE001 - a stranger's file must never stop a listing
            import traceback

            _catalog.unreadable.append(_broken(source, traceback.format_exc()))


def _broken(source: Source, text: str) -> BrokenPlugin:
    module = source.module or str(source.manifest or "")
    return BrokenPlugin(distribution=source.distribution, module=module, traceback=text)


def _read(source: Source) -> list[Entry]:
    manifest = _checked_manifest(source)
    return [
        Entry(
            **vars(one),
            module=manifest.module,
            distribution=source.distribution,
            manifest=manifest.path,
            folder=source.folder,
        )
        for one in manifest.provides
    ]


def _checked_manifest(source: Source) -> Manifest:
    manifest = read_manifest(manifest_path(source))
    check_api(manifest)
    if source.module is not None and manifest.module != source.module:
        raise SuiteError(
            f"{manifest.path} says module '{manifest.module}', but {source.distribution} is "
            f"registered as '{source.module}'.\nMake the two the same."
        )
    return manifest


def _clash_message(owners: list[Entry]) -> str:
    claims = " and ".join(f"{entry.distribution} ({entry.module})" for entry in owners)
    return (
        f"{owners[0].kind} '{owners[0].name}' is provided more than once: by {claims}.\n"
        f"Uninstall one of them, or ask its author for another name."
    )


def _where_to_look(kind: str) -> str:
    step = f"Run `suite list {KINDS[kind]}`."
    if _catalog.unreadable:
        names = ", ".join(sorted({plugin.distribution for plugin in _catalog.unreadable}))
        step += f" Some plugins could not be read ({names}): run `suite plugins list`."
    return step
