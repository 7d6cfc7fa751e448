"""The one typed door to plugins: who provides a name, and the thing that the name stands for.

Names are found by manifest, without importing anything; the one plugin that owns a name is then
imported, registered with a pluggy manager of its own, and called alone. A broken plugin therefore
stops only the run that asks for it. Hook calls are untyped: nobody but this file makes them.

This module imports the standard library only, so that listings stay fast.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from suite.core.discovery import (
    Source,
    built_in_sources,
    installed_sources,
    local_source,
    manifest_path,
)
from suite.core.errors import DISTRIBUTION, SuiteError, missing_extra, unknown_name
from suite.core.manifest import KINDS, Manifest, Provides, check_api, read_manifest

if TYPE_CHECKING:
    from suite.core.algorithm import Algorithm
    from suite.core.contexts import Contexts
    from suite.core.environment import Environment
    from suite.core.metric import Codec, Metric
    from suite.core.policy import Policy
    from suite.core.reward import Reward
    from suite.core.task import Claim, Domain, Task

RUN_HOOKS = {
    "suite_on_run_start": {"run"},
    "suite_after_collect": {"run", "step", "experience"},
    "suite_after_reward": {"run", "step", "trajectory", "scores"},
    "suite_before_update": {"run", "step"},
    "suite_after_update": {"run", "step", "metrics"},
    "suite_on_checkpoint": {"run", "step", "path"},
    "suite_on_run_end": {"run", "outcome"},
}


@dataclass(frozen=True, kw_only=True)
class Entry(Provides):
    """One thing that some plugin provides: what its manifest says, and where that stands.

    Attributes:
        module: the plugin's module; distribution: the pip name of the package it came in.
        manifest: the file that promises it.
    """

    module: str
    distribution: str
    manifest: Path

    @property
    def built_in(self) -> bool:
        """Whether it ships with the suite."""
        return self.distribution == DISTRIBUTION


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
class _Registry:
    """What is known and loaded in this process; ``reset`` starts a new one."""

    entries: list[Entry] = field(default_factory=list)
    unreadable: list[BrokenPlugin] = field(default_factory=list)
    failed: dict[str, BrokenPlugin] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    managers: dict[str, Any] = field(default_factory=dict)
    scanned: bool = False

    def scan(self) -> "_Registry":
        if not self.scanned:
            self.scanned = True
            for source in [*built_in_sources(), *installed_sources()]:
                self.add(source)
        return self

    def add(self, source: Source) -> None:
        """Read one manifest; whatever is wrong with it is kept and harms nobody else."""
        try:
            manifest = _checked_manifest(source)
        except Exception as error:
            text = str(error) if isinstance(error, SuiteError) else _traceback(error)
            self.unreadable.append(
                BrokenPlugin(
                    distribution=source.distribution, module=source.module or "", traceback=text
                )
            )
            return
        if source.folder is not None:
            self.folders[manifest.module] = source.folder
        self.entries += [_entry(source, manifest, one) for one in manifest.provides]


_registry = _Registry()


# --- what exists --------------------------------------------------------------------------------


def entries(kind: str | None = None) -> list[Entry]:
    """Everything of one kind, or everything, ordered by kind, name and distribution.

    A name that two distributions provide is listed twice.

    Raises:
        SuiteError: there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise unknown_name("kind of plugin", kind, KINDS, next_step="Run `suite list`.")
    order = {name: i for i, name in enumerate(KINDS)}
    chosen = [e for e in _registry.scan().entries if kind is None or e.kind == kind]
    return sorted(chosen, key=lambda e: (order[e.kind], e.name, not e.built_in, e.distribution))


def find(kind: str, name: str) -> Entry:
    """Who provides ``name``.

    Raises:
        SuiteError: nobody does, or two distributions do.
    """
    owners = [entry for entry in entries(kind) if entry.name == name]
    if len(owners) > 1:
        raise SuiteError(_clash_message(owners))
    if not owners:
        known = {entry.name for entry in entries(kind)}
        raise unknown_name(kind, name, known, next_step=_where_to_look(kind))
    return owners[0]


def by_role(kind: str, role: str) -> Entry | None:
    """The entry that plays a role; the suite's own where a plugin claims the role too."""
    players = [entry for entry in entries(kind) if entry.role == role]
    players.sort(key=lambda entry: not entry.built_in)
    return players[0] if players else None


def broken() -> list[BrokenPlugin]:
    """Manifests that cannot be used, names that clash, and imports that failed in this process."""
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
    return [*_registry.unreadable, *clashes, *_registry.failed.values()]


def use_local(folder: Path) -> None:
    """Add the ``suite_local.py`` of a folder; only called when the user opted in.

    Raises:
        SuiteError: the file or its manifest ``suite_local.toml`` is missing or wrong.
    """
    source = local_source(folder)
    _checked_manifest(source)  # asked for by name: its faults are raised, not listed
    known = {entry.manifest for entry in _registry.scan().entries}
    if source.manifest not in known:
        _registry.add(source)


def reset() -> None:
    """Forget everything that was found and loaded (for tests)."""
    global _registry
    _registry = _Registry()


# --- building -----------------------------------------------------------------------------------


def make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build a policy by name. This and the functions below share their errors.

    Raises:
        SuiteError: unknown or clashing name, a setting that does not exist or is out of range, a
            missing optional dependency, or a plugin that cannot be imported or breaks its promise.
    """
    from suite.core.policy import Policy

    return _typed(_make("policy", name, config), Policy, "policy", name)


def make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build a reward by name."""
    from suite.core.reward import Reward

    return _typed(_make("reward", name, config), Reward, "reward", name)


def make_environment(name: str, config: Mapping[str, Any]) -> "Environment":
    """Build an environment by name."""
    from suite.core.environment import Environment

    return _typed(_make("environment", name, config), Environment, "environment", name)


def make_algorithm(name: str, config: Mapping[str, Any]) -> "Algorithm":
    """Build an algorithm by name; presets are resolved to their algorithm before."""
    from suite.core.algorithm import Algorithm

    return _typed(_make("algorithm", name, config), Algorithm, "algorithm", name)


def make_sampler(name: str, config: Mapping[str, Any]) -> Any:
    """Build a sampler by name."""
    return _make("sampler", name, config)


def make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build contexts by name."""
    from suite.core.contexts import Contexts

    return _typed(_make("contexts", name, config), Contexts, "contexts", name)


def make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build a metric by name."""
    from suite.core.metric import Metric

    return _typed(_make("metric", name, config), Metric, "metric", name)


def make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build a codec by name."""
    from suite.core.metric import Codec

    return _typed(_make("codec", name, config), Codec, "codec", name)


def make_domain(name: str) -> "Domain":
    """A domain by name."""
    from suite.core.task import Domain

    return _typed(_make("domain", name), Domain, "domain", name)


def make_task(name: str) -> "Task":
    """A task by name."""
    from suite.core.task import Task

    return _typed(_make("task", name), Task, "task", name)


def make_claim(name: str) -> "Claim":
    """A claim by name."""
    from suite.core.task import Claim

    return _typed(_make("claim", name), Claim, "claim", name)


def make_launcher(name: str, config: Mapping[str, Any]) -> Any:
    """Build a launcher by name."""
    return _make("launcher", name, config)


def make_tracker(name: str, config: Mapping[str, Any]) -> Any:
    """Build a tracker by name."""
    return _make("tracker", name, config)


def load(entry: Entry) -> ModuleType:
    """Import and register the plugin of one entry.

    Raises:
        SuiteError: an optional dependency is missing, or the import fails for any other reason;
            the traceback is kept for ``broken``.
    """
    if entry.module not in _registry.managers:
        try:
            module = _import(entry.module, _registry.folders.get(entry.module))
            _registry.managers[entry.module] = _manager(module)
        except (Exception, SystemExit) as error:
            _raise_missing_extra(error, entry)
            _registry.failed[entry.module] = BrokenPlugin(
                distribution=entry.distribution, module=entry.module, traceback=_traceback(error)
            )
            raise SuiteError(
                f"{entry.kind} '{entry.name}' cannot be used: importing the plugin "
                f"'{entry.module}' of {entry.distribution} failed with "
                f"{type(error).__name__}: {error}\nRun `suite plugins list` for the traceback."
            ) from error
        _registry.failed.pop(entry.module, None)
    return sys.modules[entry.module]


def run_hooks(name: str, **values: Any) -> None:
    """Call a run hook on every loaded plugin, the suite's own first, then by module name.

    An exception of a plugin passes, with a note that names the plugin.
    """
    assert RUN_HOOKS.get(name) == set(values), f"{name} takes {RUN_HOOKS.get(name)}"
    own = {entry.module for entry in _registry.entries if entry.built_in}
    for module in sorted(_registry.managers, key=lambda module: (module not in own, module)):
        try:
            getattr(_registry.managers[module].hook, name)(**values)
        except Exception as error:
            error.add_note(f"raised in the hook {name} of the plugin '{module}'")
            raise


# --- the parts ----------------------------------------------------------------------------------


def _checked_manifest(source: Source) -> Manifest:
    manifest = read_manifest(manifest_path(source))
    check_api(manifest)
    if source.module is not None and manifest.module != source.module:
        raise SuiteError(
            f"{manifest.path} says module '{manifest.module}', but {source.distribution} is "
            f"registered as '{source.module}'.\nMake the two the same."
        )
    return manifest


def _entry(source: Source, manifest: Manifest, one: Provides) -> Entry:
    return Entry(
        **vars(one),
        module=manifest.module,
        distribution=source.distribution,
        manifest=manifest.path,
    )


def _make(kind: str, name: str, *config: Mapping[str, Any]) -> Any:
    """Call the one plugin that owns a name; ``config`` is empty for kinds without settings."""
    entry = find(kind, name)
    if entry.preset is not None:
        raise SuiteError(
            f"{kind} '{name}' is a preset, a file of settings, and not code.\n"
            f"Run `suite show {name}` for the {kind} and the settings that it stands for."
        )
    module = load(entry)
    arguments: dict[str, Any] = {"name": name}
    if config:
        arguments["config"] = config[0]
    try:
        made = getattr(_registry.managers[entry.module].hook, f"suite_make_{kind}")(**arguments)
    except Exception as error:
        _raise_missing_extra(error, entry)
        _raise_settings_error(error, entry, config[0] if config else {}, module)
        raise
    if made is None:
        raise SuiteError(
            f"the manifest {entry.manifest} promises {kind} '{name}', but the plugin "
            f"'{entry.module}' of {entry.distribution} answers suite_make_{kind} with nothing.\n"
            f"Answer the name in that hook, or take it out of the manifest."
        )
    return made


def _typed(made: Any, wanted: type[Any], kind: str, name: str) -> Any:
    if isinstance(made, wanted):
        return made
    entry = find(kind, name)
    raise SuiteError(
        f"the plugin '{entry.module}' of {entry.distribution} built {kind} '{name}' as a "
        f"{type(made).__name__}.\nWanted: a {wanted.__module__}.{wanted.__qualname__}.\n"
        f"Run `suite plugins check {entry.distribution}`."
    )


def _import(name: str, folder: Path | None) -> ModuleType:
    """Import a plugin; a local one is loaded from its file, and sys.path stays as it is."""
    if folder is None:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _manager(module: ModuleType) -> Any:
    """A pluggy manager that knows one plugin; hook answers without a hook are an error."""
    import pluggy

    from suite.core import hooks

    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(module)
    manager.check_pending()
    return manager


def _raise_missing_extra(error: BaseException, entry: Entry) -> None:
    """A missing module that is neither the suite's nor the plugin's own is an extra's to bring."""
    if not isinstance(error, ModuleNotFoundError) or not entry.extras:
        return
    package = (error.name or "").partition(".")[0]
    if package in ("", "suite", entry.module.partition(".")[0]):
        return
    extras, needed_by = ",".join(entry.extras), f"{entry.kind} '{entry.name}'"
    if entry.built_in:
        raise missing_extra(package, extras, needed_by=needed_by) from error
    raise SuiteError(
        f"{needed_by} needs the package '{package}', which is not installed.\n"
        f"Run `pip install '{entry.distribution}[{extras}]'`."
    ) from error


def _raise_settings_error(
    error: Exception, entry: Entry, config: Mapping[str, Any], module: ModuleType
) -> None:
    from suite.core.factory_errors import settings_error

    explained = settings_error(
        error, kind=entry.kind, name=entry.name, config=config, module=module
    )
    if explained is not None:
        raise explained from error


def _clash_message(owners: list[Entry]) -> str:
    both = " and ".join(f"{entry.distribution} ({entry.module})" for entry in owners)
    return (
        f"{owners[0].kind} '{owners[0].name}' is provided more than once: by {both}.\n"
        f"Uninstall one of them, or ask its author for another name."
    )


def _where_to_look(kind: str) -> str:
    step = f"Run `suite list {KINDS[kind]}`."
    if _registry.unreadable:
        names = ", ".join(sorted({plugin.distribution for plugin in _registry.unreadable}))
        step += f" Some plugins could not be read ({names}): run `suite plugins list`."
    return step


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
