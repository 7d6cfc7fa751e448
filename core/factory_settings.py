"""Which settings a thing takes: its factory is asked for one that cannot exist, and refuses.

A factory gets its settings as keywords and hands them to a function, a class or a pydantic model;
only a refused call shows which. Nothing is built: the name is refused before any value is read.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from suite.core import registry
from suite.core.catalog import Entry
from suite.core.errors import SuiteError, UnknownSettingError
from suite.core.factory_errors import settings_error

PROBE = "no_such_setting"
MAKERS = {
    "policy": registry.make_policy,
    "reward": registry.make_reward,
    "environment": registry.make_environment,
    "contexts": registry.make_contexts,
    "sampler": registry.make_sampler,
    "metric": registry.make_metric,
    "codec": registry.make_codec,
}
NAMED = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting.

    Attributes:
        default: as Python writes it, or None where a value must be given.
        description: what it is; "" where its author says nothing.
    """

    name: str
    default: str | None
    description: str


def settings_of(entry: Entry) -> list[Setting] | None:
    """The settings of a policy, reward, environment, contexts, sampler, metric or codec.

    Returns:
        In the order of their definition; None where the factory takes any name.

    Raises:
        SuiteError: the plugin cannot be loaded, or lacks an optional dependency.
    """
    try:
        MAKERS[entry.kind](entry.name, {PROBE: None})
    except SuiteError as error:
        refused = _refusal(error, entry)
        if refused is None:
            raise
        own = {key: value for key, value in refused.given.items() if key != PROBE}
        return None if refused.source is None else list(_settings(refused.source, own))
    return None


def _refusal(error: SuiteError, entry: Entry) -> UnknownSettingError | None:
    """What was refused, also where a factory tells it in words of its own."""
    if isinstance(error, UnknownSettingError):
        return error
    cause, module = error.__cause__, registry.load(entry)
    if not isinstance(cause, Exception):
        return None
    found = settings_error(cause, entry=entry, config={PROBE: None}, module=module)
    return found if isinstance(found, UnknownSettingError) else None


def _settings(source: Any, own: dict[str, Any]) -> Iterator[Setting]:
    """Of a model or a callable; ``own`` are the defaults of a factory between it and the user."""
    if isinstance(source, type) and issubclass(source, BaseModel):
        for name, field in source.model_fields.items():
            default = own.get(name, field.get_default(call_default_factory=True))
            text = None if default is PydanticUndefined else repr(default)
            yield Setting(name=name, default=text, description=field.description or "")
        return
    said = inspect.getdoc(source) or ""
    for name, parameter in inspect.signature(source).parameters.items():
        if parameter.kind not in NAMED or name == "self":
            continue
        default = own.get(name, parameter.default)
        text = None if default is inspect.Parameter.empty else repr(default)
        found = re.search(rf"^ +{name}: (.+)$", said, re.MULTILINE)
        yield Setting(name=name, default=text, description=found[1] if found else "")
