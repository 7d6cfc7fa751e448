"""One test of a program: what goes in, and how the parent tells whether the outcome is right."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suite.plugins.rewards.code.arithmetic import EVALUATION_ERRORS, PLACEHOLDER, evaluate
from suite.plugins.rewards.code.compare import Rule, is_small, same_value

MAX_SHOWN = 300  # characters of an input in feedback


@dataclass(frozen=True, kw_only=True, eq=False)
class Expected:
    """The value must be this one."""

    value: Any
    rule: Rule = "exact"

    def holds(self, value: Any) -> bool:
        return same_value(value, self.value, self.rule)


@dataclass(frozen=True, kw_only=True, eq=False)
class Condition:
    """The expression, over the value as ``_``, must be true; one that raises is not."""

    node: ast.expr

    def holds(self, value: Any) -> bool:
        try:
            return is_small(value) and bool(evaluate(self.node, **{PLACEHOLDER: value}))
        except EVALUATION_ERRORS:
            return False


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """What goes in: typed arguments, or, where they are no plain data, the call as source.

    The source holds inputs alone, and it is the one piece of test text that the judged process
    sees: objects of classes that the candidate defines can be built nowhere else.
    """

    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    expression: str | None = None

    def shown(self, entry: str) -> str:
        """The call as text, shortened."""
        if self.expression is not None:
            return shorten(self.expression)
        args = [shorten(_repr(arg)) for arg in self.args]
        named = [f"{name}={shorten(_repr(value))}" for name, value in self.kwargs.items()]
        return shorten(f"{entry}({', '.join([*args, *named])})")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A call and the check on its value."""

    call: Call
    check: Expected | Condition


@dataclass(frozen=True, kw_only=True)
class StdinCase:
    """A text fed to a program, and what it must print."""

    stdin: str
    stdout: str


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:  # an int of more digits than Python prints
        return f"<{type(value).__name__}>"


def shorten(text: str) -> str:
    """At most MAX_SHOWN characters of the text."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
