"""The one typed door to plugins: who provides a name, and the thing that the name stands for.

Names are found by manifest, without importing anything; the one plugin that owns a name is then
imported, registered with a pluggy manager of its own, and called alone. A broken plugin therefore
stops only the run that asks for it. Hook calls are untyped: nobody but this file makes them.

Imports the standard library only, so that listings stay fast.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from suite.core import catalog
from suite.core.catalog import BrokenPlugin, Entry, by_role, entries, find, use_local
from suite.core.errors import SuiteError, missing_extra

if TYPE_CHECKING:
    from suite.core.algorithm import Algorithm
    from suite.core.contexts import Contexts
    from suite.core.environment import Environment
    from suite.core.metric import Codec, Metric
    from suite.core.outside import Launcher, Tracker
    from suite.core.policy import Policy
    from suite.core.reward import Reward
    from suite.core.sampler import Sampler
    from suite.core.task import Claim, Domain, Task

__all__ = ["BrokenPlugin", "Entry", "by_role", "entries", "find", "use_local"]

# What a factory of each kind must answer. Launchers and trackers have no class of their own.
NOUNS = {
    "policy": "suite.core.policy.Policy",
    "reward": "suite.core.reward.Reward",
    "environment": "suite.core.environment.Environment",
    "algorithm": "suite.core.algorithm.Algorithm",
    "sampler": "suite.core.sampler.Sampler",
    "contexts": "suite.core.contexts.Contexts",
    "metric": "suite.core.metric.Metric",
    "codec": "suite.core.metric.Codec",
    "domain": "suite.core.task.Domain",
    "task": "suite.core.task.Task",
    "claim": "suite.core.task.Claim",
}

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
class _Loaded:
    """An imported plugin and the pluggy manager that knows it alone."""

    module: ModuleType
    hook: Any
    built_in: bool


@dataclass(eq=False)
class _State:
    """What this process has loaded, by module name, and what it failed to load."""

    loaded: dict[str, _Loaded] = field(default_factory=dict)
    failed: dict[str, BrokenPlugin] = field(default_factory=dict)


_state = _State()


def broken() -> list[BrokenPlugin]:
    """Manifests that cannot be used, names that clash, and imports that failed in this process."""
    return [*catalog.unusable(), *_state.failed.values()]


def reset() -> None:
    """Forget everything that was found and loaded (for tests)."""
    catalog.forget()
    _state.loaded.clear()
    _state.failed.clear()


# --- building -----------------------------------------------------------------------------------


def make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build a policy by name. This and the functions below share their errors.

    Raises:
        SuiteError: unknown or clashing name, a setting that does not exist or is out of range, a
            missing optional dependency, or a plugin that cannot be imported or breaks its promise.
    """
    return cast("Policy", _make("policy", name, config))


def make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build a reward by name."""
    return cast("Reward", _make("reward", name, config))


def make_environment(name: str, config: Mapping[str, Any]) -> "Environment":
    """Build an environment by name."""
    return cast("Environment", _make("environment", name, config))


def make_algorithm(name: str, config: Mapping[str, Any]) -> "Algorithm":
    """Build an algorithm by name; presets are resolved to their algorithm before."""
    return cast("Algorithm", _make("algorithm", name, config))


def make_sampler(name: str, config: Mapping[str, Any]) -> "Sampler":
    """Build a sampler by name."""
    return cast("Sampler", _make("sampler", name, config))


def make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build contexts by name."""
    return cast("Contexts", _make("contexts", name, config))


def make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build a metric by name."""
    return cast("Metric", _make("metric", name, config))


def make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build a codec by name."""
    return cast("Codec", _make("codec", name, config))


def make_domain(name: str) -> "Domain":
    """A domain by name."""
    return cast("Domain", _make("domain", name))


def make_task(name: str) -> "Task":
    """A task by name."""
    return cast("Task", _make("task", name))


def make_claim(name: str) -> "Claim":
    """A claim by name."""
    return cast("Claim", _make("claim", name))


def make_launcher(name: str, config: Mapping[str, Any]) -> "Launcher":
    """Build a launcher by name."""
    return cast("Launcher", _make("launcher", name, config))


def make_tracker(name: str, config: Mapping[str, Any]) -> "Tracker":
    """Build a tracker by name."""
    return cast("Tracker", _make("tracker", name, config))


# --- loading and calling ------------------------------------------------------------------------


def load(entry: Entry) -> ModuleType:
    """Import and register the plugin of one entry.

    Raises:
        SuiteError: an optional dependency is missing, or the import fails for any other reason;
            the traceback is kept for ``broken``.
    """
    found = _state.loaded.get(entry.module)
    if found is not None:
        return found.module
    try:
        module = _import(entry)
        hook = _hooks_of(module)
    except (Exception, SystemExit) as error:
        _raise_missing_extra(error, entry)
        _state.failed[entry.module] = BrokenPlugin(
            distribution=entry.distribution, module=entry.module, traceback=_traceback(error)
        )
        raise SuiteError(
            f"{entry.kind} '{entry.name}' cannot be used: importing the plugin '{entry.module}' of "
            f"{entry.distribution} failed with {type(error).__name__}: {error}\n"
            f"Run `suite plugins list` for the traceback."
        ) from error
    _state.failed.pop(entry.module, None)
    _state.loaded[entry.module] = _Loaded(module=module, hook=hook, built_in=entry.built_in)
    return module


def run_hooks(name: str, **values: Any) -> None:
    """Call a run hook on every loaded plugin, the suite's own first, then by module name.

    An exception of a plugin passes, with a note that names the plugin.
    """
    assert RUN_HOOKS.get(name) == set(values), f"{name} takes {RUN_HOOKS.get(name)}"
    order = sorted(_state.loaded.items(), key=lambda item: (not item[1].built_in, item[0]))
    for module, loaded in order:
        try:
            getattr(loaded.hook, name)(**values)
        except Exception as error:
            error.add_note(f"raised in the hook {name} of the plugin '{module}'")
            raise


def _make(kind: str, name: str, *config: Mapping[str, Any]) -> Any:
    """Call the one plugin that owns a name; ``config`` is empty for kinds without settings."""
    entry = find(kind, name)
    if entry.preset is not None:
        raise SuiteError(
            f"{kind} '{name}' is a preset, a file of settings, and not code.\n"
            f"Run `suite show {name}` for the {kind} and the settings that it stands for."
        )
    load(entry)
    made = _call(entry, *config)
    if made is None:
        raise SuiteError(
            f"the manifest {entry.manifest} promises {kind} '{name}', but the plugin "
            f"'{entry.module}' of {entry.distribution} answers suite_make_{kind} with nothing.\n"
            f"Answer the name in that hook, or take it out of the manifest."
        )
    _check_noun(made, entry)
    return made


def _call(entry: Entry, *config: Mapping[str, Any]) -> Any:
    """The answer of the owner's factory hook; what the user can mend becomes a SuiteError."""
    loaded = _state.loaded[entry.module]
    arguments: dict[str, Any] = {"name": entry.name}
    if config:
        arguments["config"] = config[0]
    try:
        return getattr(loaded.hook, f"suite_make_{entry.kind}")(**arguments)
    except Exception as error:
        _raise_missing_extra(error, entry)
        from suite.core.factory_errors import settings_error

        explained = settings_error(
            error, entry=entry, config=arguments.get("config", {}), module=loaded.module
        )
        if explained is not None:
            raise explained from error
        raise


def _check_noun(made: Any, entry: Entry) -> None:
    if entry.kind not in NOUNS:
        return
    module, _, name = NOUNS[entry.kind].rpartition(".")
    if isinstance(made, getattr(importlib.import_module(module), name)):
        return
    raise SuiteError(
        f"the plugin '{entry.module}' of {entry.distribution} built {entry.kind} '{entry.name}' as "
        f"a {type(made).__name__}.\nWanted: a {NOUNS[entry.kind]}.\n"
        f"Run `suite plugins check {entry.distribution}`."
    )


def _import(entry: Entry) -> ModuleType:
    """Import a plugin; a local one is loaded from its file, and sys.path stays as it is."""
    if entry.folder is None:
        return importlib.import_module(entry.module)
    path = entry.folder / f"{entry.module}.py"
    spec = importlib.util.spec_from_file_location(entry.module, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[entry.module] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[entry.module]
        raise
    return module


def _hooks_of(module: ModuleType) -> Any:
    """The hook callers of a manager that knows one plugin; an answer without a hook is an error."""
    import pluggy

    from suite.core import hooks

    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(module)
    manager.check_pending()
    return manager.hook


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


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(error))
