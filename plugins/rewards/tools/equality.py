"""When an argument equals the answer: typed by the tool's schema, never by Python's ``==``.

An answer is a *pattern*: a literal, a list of patterns, or ``Fields`` (an object whose keys each
have several accepted values, as BFCL's keys do). Rules, v the value and g the answer:

- string: the same characters. boolean: the same; 1 is not true. null: both null.
- integer: both whole numbers written without a fraction; "5" and 5.0 are not 5.
- number: int or float, equal as exact numbers (5 equals 5.0); True and "5" are not numbers.
- any: as the literal's own JSON type says; 5 and 5.0 differ.
- array: as long and equal one by one; in some order where the schema says set.
- object: every key that either has; an omitted optional key equals its default.
- union: equal under one of its options. A value outside the type or the enum equals nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suite.plugins.rewards.tools.match import assign
from suite.plugins.rewards.tools.schema import ANY, Schema


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a key may hold: any of the patterns; ``optional``: it may be left out."""

    patterns: tuple[Any, ...]
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Fields:
    """An object pattern."""

    keys: Mapping[str, Options]


def literal(value: Any) -> Any:
    """The pattern that only ``value`` meets."""
    if isinstance(value, Mapping):
        return Fields(keys={k: Options(patterns=(literal(v),)) for k, v in value.items()})
    return [literal(v) for v in value] if isinstance(value, list) else value


def example(pattern: Any) -> Any:
    """A value that meets the pattern: first options, optional keys without an option left out."""
    if isinstance(pattern, Fields):
        return {k: example(o.patterns[0]) for k, o in pattern.keys.items() if o.patterns}
    return [example(one) for one in pattern] if isinstance(pattern, list) else pattern


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values by exact type, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def fits(value: Any, schema: Schema) -> bool:
    """Whether a value has the type; the schema's enum included."""
    if schema.enum is not None and not any(_same_number(value, one) for one in schema.enum):
        return False
    if schema.kind == "union":
        return any(fits(value, one) for one in schema.options)
    if schema.kind == "array":
        items = schema.items or ANY
        return isinstance(value, list) and all(fits(one, items) for one in value)
    if schema.kind == "object":
        return isinstance(value, dict) and _object_fits(value, schema)
    return _scalar_fits(value, schema.kind)


def _same_number(value: Any, permitted: Any) -> bool:
    return same(value, permitted) or (
        _is_number(value) and _is_number(permitted) and value == permitted
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _scalar_fits(value: Any, kind: str) -> bool:
    if kind == "any":
        return True
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return _is_number(value) if kind == "number" else isinstance(value, str)


def _object_fits(value: Mapping[str, Any], schema: Schema) -> bool:
    if not schema.required <= value.keys():
        return False
    types = {key: schema.properties.get(key, schema.extra) for key in value}
    return all(kind is not None and fits(value[key], kind) for key, kind in types.items())


def equals(value: Any, pattern: Any, schema: Schema) -> bool:
    """Whether a value is the answer, by the rules at the top."""
    if schema.kind == "union":
        return any(equals(value, pattern, one) for one in schema.options)
    if not fits(value, schema):
        return False
    if isinstance(pattern, Fields):
        return isinstance(value, dict) and _object_equals(value, pattern, schema)
    if isinstance(pattern, list):
        return isinstance(value, list) and _array_equals(value, pattern, schema)
    if isinstance(value, dict | list):
        return False
    if schema.kind == "number":
        return _is_number(pattern) and bool(value == pattern)
    return same(value, pattern)


def _array_equals(value: list[Any], pattern: list[Any], schema: Schema) -> bool:
    items = schema.items or ANY
    if len(value) != len(pattern):
        return False
    if not schema.unordered:
        return all(equals(v, p, items) for v, p in zip(value, pattern, strict=True))
    hits = [[float(equals(v, p, items)) for p in pattern] for v in value]
    return len(assign(hits)) == len(value)


def _object_equals(value: Mapping[str, Any], pattern: Fields, schema: Schema) -> bool:
    keys = value.keys() | pattern.keys.keys()
    return all(key_equals(key, value, pattern, schema) for key in keys)


def key_equals(key: str, value: Mapping[str, Any], pattern: Fields, schema: Schema) -> bool:
    """Whether one key of an object is right, present or not."""
    kind = schema.properties.get(key, schema.extra) or ANY
    options = pattern.keys.get(key)
    default = kind.has_default and key not in schema.required
    if key not in value:
        assert options is not None
        return options.optional or (default and _meets(kind.default, options, kind))
    if options is None:  # the answer leaves it out: only its default says the same
        return default and equals(value[key], literal(kind.default), kind)
    return _meets(value[key], options, kind)


def _meets(value: Any, options: Options, schema: Schema) -> bool:
    return any(equals(value, one, schema) for one in options.patterns)
