"""Errors for settings that a factory refuses: which one, what would have worked, what to do.

A factory gets its settings as keywords and hands them to a constructor. A misspelt keyword is then
a TypeError of Python, a value out of range a ValidationError of pydantic: both are the user's to
mend and say too little. Every other exception of a factory is its author's and passes unchanged.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from types import FrameType, ModuleType
from typing import Any

from pydantic import ValidationError

from suite.core.catalog import Entry
from suite.core.errors import SuiteError, UnknownSettingError, unknown_name

UNEXPECTED = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")
# A class without settings of its own, or a factory that takes no keywords at all.
TAKES = re.compile(
    r"([\w.<>]+)\(\) takes (?:no (?:keyword )?arguments"
    r"|(?:from \d+ to )?\d+ positional arguments? but \d+ (?:was|were) given)"
)
MISSING = re.compile(r"([\w.<>]+)\(\) missing \d+ required (?:keyword-only|positional) argument")


def settings_error(
    error: Exception, *, entry: Entry, config: Mapping[str, Any], module: ModuleType
) -> SuiteError | None:
    """The user's side of what a factory raised, or None where the fault is not the user's.

    Args:
        error: what came out of the factory; its traceback is read.
        entry: what was to be built.
        config: the settings that the factory was given.
        module: the plugin's module, where the refusing callable is looked for last.
    """
    if isinstance(error, ValidationError):
        return _validation_error(error, entry, config)
    if not isinstance(error, TypeError):
        return None
    unexpected, missing = UNEXPECTED.match(str(error)), MISSING.match(str(error))
    if unexpected is not None and unexpected[2] in config:
        refused = _find(unexpected[1], error, module)
        more = [one for one in _held(error) if config.items() <= one.items()]
        return _unknown_setting(entry, unexpected[2], refused, max([config, *more], key=len))
    takes = TAKES.match(str(error))
    if takes is not None:
        return _too_many_settings(_find(takes[1], error, module), error, entry, config)
    if missing is not None:
        return _missing_setting(_find(missing[1], error, module), error, entry, config)
    return None


def _too_many_settings(
    refused: Callable[..., Any] | None, error: TypeError, entry: Entry, config: Mapping[str, Any]
) -> SuiteError | None:
    """The first setting that the callable does not have.

    A call deep inside the plugin that gives too much is the plugin's bug, and None. It is told
    apart by its frame, which does not hold the settings.
    """
    if refused is None or dict(config) not in [dict(value) for value in _held(error)]:
        return None
    known = _keywords(refused)
    extra = [key for key in config if key not in known]
    return _unknown_setting(entry, extra[0], refused, config) if extra else None


def _missing_setting(
    refused: Callable[..., Any] | None, error: TypeError, entry: Entry, config: Mapping[str, Any]
) -> SuiteError | None:
    """A call deep inside the plugin may lack an argument too, and that is a bug of the plugin.

    It is told apart by the callable, which must take every setting that was given.
    """
    if refused is None or not set(config) <= set(_keywords(refused)):
        return None
    wanted = ", ".join(re.findall(r"'\w+'", str(error)))
    given = ", ".join(sorted(config)) or "none"
    return SuiteError(
        f"{entry.kind} '{entry.name}' needs a value for the setting {wanted}.\n"
        f"Given: {given}.\n{_next_step(entry)}"
    )


def _validation_error(
    error: ValidationError, entry: Entry, config: Mapping[str, Any]
) -> SuiteError:
    """One line a refused setting; an unknown one names what exists."""
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "settings"
        if problem["type"] == "extra_forbidden":
            return _unknown_setting(entry, key, _model(error.title), config)
        message = problem["msg"][:1].lower() + problem["msg"][1:]
        given = "" if problem["type"] == "missing" else f" = {problem['input']!r}"
        lines.append(f"{entry.kind} '{entry.name}': {key}{given} is not possible: {message}.")
    return SuiteError("\n".join([*lines, _next_step(entry)]))


def _unknown_setting(
    entry: Entry, key: str, source: Callable[..., Any] | None, config: Mapping[str, Any]
) -> SuiteError:
    noun = f"setting of {entry.kind} '{entry.name}'"
    known = () if source is None else _keywords(source)
    message = unknown_name(noun, key, known, next_step=_next_step(entry))
    return UnknownSettingError(str(message), source=source, given=config)


def _next_step(entry: Entry) -> str:
    return f"Run `suite show {entry.name}` for the settings of this {entry.kind}."


def _find(qualname: str, error: TypeError, module: ModuleType) -> Callable[..., Any] | None:
    """The callable that a TypeError names, as the frame that called it sees it, or the plugin."""
    frame = _last_frame(error)
    # A class stands for its constructor: its signature is the same, and its docstring says more.
    first, *rest = qualname.rpartition("<locals>.")[2].removesuffix(".__init__").split(".")
    # By its own name first: a factory may hold it under another, beside a namesake.
    held = {getattr(value, "__qualname__", ""): value for value in frame.f_locals.values()}
    bare = {name.rpartition("<locals>.")[2]: value for name, value in held.items()}
    for names in (bare, frame.f_locals, frame.f_globals, vars(module)):
        found: object = names.get(first)
        for part in rest:
            found = getattr(found, part, None)
        if callable(found):
            return found
    return None


def _last_frame(error: TypeError) -> FrameType:
    """Where the refused call was made."""
    traceback = error.__traceback__
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame


def _held(error: TypeError) -> list[Mapping[str, Any]]:
    """Mappings at hand where the refused call was made: settings, a factory's own among them."""
    return [value for value in _last_frame(error).f_locals.values() if isinstance(value, Mapping)]


def _keywords(function: Callable[..., Any]) -> tuple[str, ...]:
    named = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind in named and p.name != "self")


def _model(title: str) -> Callable[..., Any] | None:
    """The pydantic model called ``title``; its module is loaded, for it refused."""
    from pydantic import BaseModel

    classes: list[type[BaseModel]] = [BaseModel]
    for cls in classes:
        if cls.__name__ == title and cls is not BaseModel:
            return cls
        classes.extend(cls.__subclasses__())
    return None
