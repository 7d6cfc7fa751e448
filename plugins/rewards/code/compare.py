"""Whether a value is the expected one. Runs in the parent, on plain data alone.

Values reach this file through a typed channel, so no object of the candidate's own class (with an
``__eq__`` that always agrees) can be here; a type outside the plain ones is unequal to anything.

Two rules, named by the item:

"exact": the types must be the same, so True, 1 and 1.0 are three values, a list is no tuple.
"equal": as Python's ``==`` between plain data: numbers by value, a Counter equals a dict, a set a
    frozenset, but a list is still no tuple. Assert-style suites mean this one: they say ``==``.

Under both: two floats are equal if they differ by at most REL_TOL of the larger (the same infinity,
or both NaN, included; 0.0 equals -0.0; beside an expected 0.0 up to ABS_TOL). An int against a
float must be equal exactly. Floats inside sets and as keys of dicts compare exactly, since a
tolerance there would make the answer depend on the order of a set.
"""

import datetime
import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Literal

Rule = Literal["exact", "equal"]
RULES: tuple[Rule, ...] = ("exact", "equal")

REL_TOL = 1e-9  # a sum in another order stays far inside; a value rounded for reading does not
ABS_TOL = 1e-12  # beside an expected zero alone, where a relative tolerance means nothing
MAX_DEPTH = 200

NUMBERS = (bool, int, float, complex, Fraction, Decimal)
SEQUENCES = (list, tuple, deque)
SETS = (set, frozenset)
MAPPINGS = (dict, OrderedDict, Counter, defaultdict)
LEAVES = (type(None), str, bytes, bytearray, range, datetime.date)


def same_value(got: Any, expected: Any, rule: Rule = "exact", depth: int = MAX_DEPTH) -> bool:
    """Whether ``got`` is ``expected`` under the rule; both plain data.

    Anything nested deeper than ``depth`` is unequal.
    """
    kind = type(expected)
    if depth <= 0 or (rule == "exact" and type(got) is not kind):
        return False
    if kind in NUMBERS:
        return type(got) in NUMBERS and _same_number(got, expected)
    if kind in SEQUENCES:
        return (
            type(got) is kind
            and len(got) == len(expected)
            and all(same_value(a, b, rule, depth - 1) for a, b in zip(got, expected, strict=True))
        )
    if kind in MAPPINGS:
        return type(got) in MAPPINGS and _same_mapping(got, expected, rule, depth - 1)
    if kind in SETS:
        return type(got) in SETS and _keys(got, rule, depth) == _keys(expected, rule, depth)
    return kind in LEAVES and type(got) is kind and bool(got == expected)


def _same_number(got: Any, expected: Any) -> bool:
    kinds = {type(got), type(expected)}
    if kinds == {float}:
        return _same_float(got, expected)
    if kinds == {complex}:
        return _same_float(got.real, expected.real) and _same_float(got.imag, expected.imag)
    try:
        return bool(got == expected)
    except InvalidOperation:  # a signalling NaN
        return False


def _same_float(got: float, expected: float) -> bool:
    if math.isnan(expected):
        return math.isnan(got)
    absolute = ABS_TOL if expected == 0.0 else 0.0
    return math.isclose(got, expected, rel_tol=REL_TOL, abs_tol=absolute)


def _same_mapping(
    got: Mapping[Any, Any], expected: Mapping[Any, Any], rule: Rule, depth: int
) -> bool:
    """Same keys, each with the same value; the order of insertion does not matter."""
    mine = {key_of(key, rule, depth): value for key, value in got.items()}
    return len(got) == len(expected) and all(
        (key := key_of(name, rule, depth)) in mine and same_value(mine[key], value, rule, depth)
        for name, value in expected.items()
    )


def _keys(values: Iterable[Any], rule: Rule, depth: int) -> Counter[Hashable]:
    return Counter(key_of(one, rule, depth - 1) for one in values)


def key_of(value: Any, rule: Rule, depth: int = MAX_DEPTH) -> Hashable:
    """A hashable stand-in, the same for two hashable values if they are the same under the rule."""
    kind = type(value)
    if kind in NUMBERS:
        shown = "nan" if value != value else value
        return (kind.__name__ if rule == "exact" else "number", shown)
    if kind is tuple and depth > 0:
        return ("tuple", tuple(key_of(one, rule, depth - 1) for one in value))
    if kind is frozenset and depth > 0:
        return ("set", frozenset(key_of(one, rule, depth - 1) for one in value))
    return (kind.__name__, value) if kind in LEAVES else object()  # an object equals nothing


def is_small(value: Any, longest: int = 1 << 16) -> bool:
    """Whether arithmetic on the value is bounded: no endless range, no Decimal of huge exponent."""
    kind = type(value)
    if kind is range:
        return bool((value.stop - value.start) // value.step < longest)
    if kind is Decimal:
        return not value.is_finite() or abs(value.adjusted()) < 1000
    if kind in MAPPINGS:
        return all(is_small(one, longest) for pair in value.items() for one in pair)
    return kind not in (*SEQUENCES, *SETS) or all(is_small(one, longest) for one in value)


def same_output(got: str, expected: str) -> bool:
    """Whether two texts a program printed are the same.

    Blanks at the end of lines and empty lines at the end of the text do not count; everything else
    does, the case of letters and the digits of numbers too.
    """
    return _lines(got) == _lines(expected)


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines
