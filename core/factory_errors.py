"""Errors for settings that a factory refuses: which one, what would have worked, what to do.

A factory gets its settings as keywords and hands them to a constructor. A misspelt keyword is then a
TypeError of Python, a value out of range a ValidationError of pydantic: both are the user's to mend
and name too little. Every other exception of a factory is its author's and passes unchanged.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from suite.core.errors import SuiteError, unknown_name

UNEXPECTED = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
MISSING = re.compile(r"([\w.<>]+)\(\) missing \d+ required (?:keyword-only|positional) argument")


def settings_error(
    error: Exception, *, kind: str, name: str, config: Mapping[str, Any], module: ModuleType
) -> SuiteError | None:
    """The user's side of what a factory raised, or None where the fault is not the user's.

    Args:
        error: what came out of the factory; its traceback is read.
        kind, name: what was to be built, "reward" and "protein/charge".
        config: the settings that the factory was given.
        module: the plugin's module, where the refusing callable is looked for first.
    """
    if isinstance(error, TypeError):
        return _call_error(error, kind=kind, name=name, config=config, module=module)
    if type(error).__name__ == "ValidationError" and hasattr(error, "errors"):
        return _validation_error(error, kind=kind, name=name)
    return None


def _call_error(
    error: TypeError, *, kind: str, name: str, config: Mapping[str, Any], module: ModuleType
) -> SuiteError | None:
    text = str(error)
    missing, unexpected = MISSING.match(text), UNEXPECTED.match(text)
    if missing is not None:
        wanted = re.findall(r"'(\w+)'", text)
        # A call deep inside the plugin may lack an argument too: that is a bug of the plugin, and is
        # told apart by the callable, which must be one that these settings could reach.
        callable_ = _find(missing[1], error, module)
        if callable_ is None or not set(config) <= set(_keywords(callable_)):
            return None
        given = f"Given: {', '.join(sorted(config)) or 'none'}."
        return SuiteError(
            f"{kind} '{name}' needs the setting{'s' if len(wanted) > 1 else ''} "
            f"{', '.join(repr(key) for key in wanted)}.\n{given}\n{_next_step(kind, name)}"
        )
    if unexpected is None or unexpected[2] not in config:
        return None
    callable_ = _find(unexpected[1], error, module)
    known = _keywords(callable_) if callable_ is not None else ()
    return unknown_name(
        f"setting of {kind} '{name}'", unexpected[2], known, next_step=_next_step(kind, name)
    )


def _validation_error(error: Any, *, kind: str, name: str) -> SuiteError:
    """pydantic: one line a refused setting; unknown ones name what exists."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "settings"
        if problem["type"] == "extra_forbidden":
            known = _model_fields(error.title)
            heading = f"setting of {kind} '{name}'"
            return unknown_name(heading, key, known, next_step=_next_step(kind, name))
        got = "" if problem["type"] == "missing" else f", got {problem['input']!r}"
        lines.append(f"{kind} '{name}', setting '{key}': {problem['msg']}{got}.")
    return SuiteError("\n".join([*lines, _next_step(kind, name)]))


def _next_step(kind: str, name: str) -> str:
    return f"Run `suite show {name}` for the settings of this {kind}."


def _find(qualname: str, error: TypeError, module: ModuleType) -> Callable[..., Any] | None:
    """The callable that a TypeError names, seen from the plugin or from the frame that called it."""
    frames = []
    traceback = error.__traceback__
    while traceback is not None:
        frames.append(traceback.tb_frame)
        traceback = traceback.tb_next
    first, *rest = qualname.split(".")
    for names in (frames[-1].f_locals if frames else {}, frames[-1].f_globals, vars(module)):
        found = names.get(first)
        for part in rest:
            found = getattr(found, part, None)
        if callable(found):
            return found
    return None


def _keywords(function: Callable[..., Any]) -> tuple[str, ...]:
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind in named and p.name != "self")


def _model_fields(title: str) -> Iterable[str]:
    """The settings of the algorithm class called ``title`` (its module is loaded by now)."""
    from suite.core.algorithm import Algorithm

    classes: list[type[Any]] = [Algorithm]
    for cls in classes:
        if cls.__name__ == title:
            return tuple(cls.model_fields)
        classes.extend(cls.__subclasses__())
    return ()
