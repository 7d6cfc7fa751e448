"""May this answer be paid for this gold? The gold's kind decides; the two sides are not alike.

A gold that is a value takes the value or an equation ``x = value``; a gold that is a solved
equation takes no unsolved one. Order counts in tuples, intervals, matrices and ratios, not in bare
lists, sets and unions. Brackets count.
"""

from dataclasses import dataclass
from fractions import Fraction

from suite.plugins.rewards.maths.algebra import UndefinedError, equal, proportional, rational
from suite.plugins.rewards.maths.probing import differ
from suite.plugins.rewards.maths.statements import normal_words
from suite.plugins.rewards.maths.tree import (
    INFINITY,
    Apply,
    Based,
    Expr,
    Matrix,
    Number,
    Relation,
    Sequence,
    Statement,
    Symbol,
    Union,
    Value,
    Words,
    infinite_sign,
    negative,
    symbols,
)
from suite.plugins.rewards.maths.units import PERCENT, compatible

# A gold with at least so many digits after the point, and as many that count, is a rounded one.
ROUNDED_DIGITS = 5
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
UNORDERED = ("", r"\{")


@dataclass(frozen=True, slots=True)
class Comparison:
    """``same`` False is final. Where it is True, each pair in ``unproved`` is yet to be proved."""

    same: bool
    unproved: tuple[tuple[Expr, Expr], ...] = ()

    def __and__(self, other: "Comparison") -> "Comparison":
        if not (self.same and other.same):
            return DIFFERENT
        return Comparison(True, self.unproved + other.unproved)


SAME, DIFFERENT = Comparison(True), Comparison(False)


def compare(gold: Statement, answer: Statement) -> Comparison:
    """Whether the answer states what the gold states."""
    if isinstance(gold, Words):
        return Comparison(bool(gold.words) and normal_words(answer.raw) == gold.words)
    if isinstance(gold, Value):
        return _value(gold, answer)
    if isinstance(gold, Sequence):
        return _sequence(gold, answer)
    if isinstance(gold, Union):
        return _union(gold, answer)
    if isinstance(gold, Relation):
        return _relation(gold, answer)
    if isinstance(gold, Matrix):
        return _matrix(gold, answer)
    return _based(gold, answer)


def _value(gold: Value, answer: Statement) -> Comparison:
    if isinstance(answer, Relation):
        return _named_value(gold, answer)
    if isinstance(answer, Sequence) and len(answer.items) == 1 and answer.opening == "":
        return compare(gold, answer.items[0])
    if not isinstance(answer, Value):
        return DIFFERENT
    if PERCENT in (gold.unit, answer.unit):
        return _percent(gold, answer)
    if not compatible(gold.unit, answer.unit):
        return DIFFERENT
    return expressions(gold.expr, answer.expr)


def _named_value(gold: Value, answer: Relation) -> Comparison:
    """``x = value``, ``f(1) = value`` or a chain of equal sides, for a gold that is a value."""
    if set(answer.operators) != {"="}:
        return DIFFERENT
    sides = list(answer.sides)
    first = sides[0]
    if isinstance(first, Value) and _is_name(first.expr):
        name = symbols(first.expr)
        if not name & symbols(gold.expr):
            sides = sides[1:]
    elif isinstance(first, Words):
        sides = sides[1:]
    total = SAME
    for side in sides:
        total &= _value(gold, side) if isinstance(side, Value) else DIFFERENT
    return total


def _is_name(expr: Expr) -> bool:
    called = isinstance(expr, Apply) and expr.name.startswith("call ")
    return called or (isinstance(expr, Symbol) and bool(symbols(expr)))


def _percent(gold: Value, answer: Value) -> Comparison:
    """20% is worth 0.2; where the gold has the sign, or is 1 or more, plain 20 says 20% too."""
    exact = rational(gold.expr)
    hundredth = Number(Fraction(1, 100))
    if gold.unit == answer.unit:
        return expressions(gold.expr, answer.expr)
    if gold.unit == PERCENT:
        if answer.unit:
            return DIFFERENT
        as_unit = expressions(gold.expr, answer.expr)
        return as_unit if as_unit.same else expressions(_times(gold.expr, hundredth), answer.expr)
    if gold.unit:
        return DIFFERENT
    as_ratio = expressions(gold.expr, _times(answer.expr, hundredth))
    if as_ratio.same or exact is None or abs(exact) < 1:
        return as_ratio
    return expressions(gold.expr, answer.expr)


def _times(left: Expr, right: Expr) -> Expr:
    return Apply("*", (left, right))


def expressions(gold: Expr, answer: Expr) -> Comparison:
    """Whether two expressions are equal: exactly, or to the digits of a rounded decimal gold."""
    signs = infinite_sign(gold), infinite_sign(answer)
    if any(signs):
        return Comparison(signs[0] == signs[1])
    left, right = rational(gold), rational(answer)
    if left is not None and right is not None:
        return Comparison(left == right or _rounds_to(gold, right))
    try:
        decided = equal(gold, answer)
    except UndefinedError:
        return DIFFERENT
    if decided is not None:
        return Comparison(decided)
    if differ(gold, answer):
        return DIFFERENT
    return Comparison(True, ((gold, answer),))


def _rounds_to(gold: Expr, answer: Fraction) -> bool:
    sign = -1 if isinstance(gold, Apply) else 1
    number = gold if isinstance(gold, Number) else None
    if number is None or number.decimals is None or number.decimals < ROUNDED_DIGITS:
        return False
    scaled = abs(number.value) * 10**number.decimals
    if scaled < 10 ** (ROUNDED_DIGITS - 1):
        return False
    return abs(sign * number.value - answer) <= Fraction(1, 2 * 10**number.decimals)


def _sequence(gold: Sequence, answer: Statement) -> Comparison:
    if isinstance(answer, Relation) and answer.operators[0] == "in" and len(answer.sides) == 2:
        return compare(gold, answer.sides[1])
    if isinstance(answer, Relation) and _is_interval(gold):
        written = _as_interval(answer)
        return DIFFERENT if written is None else compare(gold, written)
    if not isinstance(answer, Sequence) or len(answer.items) != len(gold.items):
        return DIFFERENT
    if gold.opening in UNORDERED:
        if answer.opening not in UNORDERED:
            return DIFFERENT
        return _unordered(gold.items, answer.items)
    if (gold.opening, gold.closing) != (answer.opening, answer.closing):
        return DIFFERENT
    total = SAME
    for one, other in zip(gold.items, answer.items, strict=True):
        total &= compare(one, other)
    return total


def _is_interval(gold: Sequence) -> bool:
    """Whether a pair is an interval for certain, and no point of the plane."""
    if gold.opening not in ("(", "[") or len(gold.items) != 2:
        return False
    infinite = any(isinstance(item, Value) and infinite_sign(item.expr) for item in gold.items)
    return infinite or "[" in gold.opening or "]" in gold.closing


def _as_interval(answer: Relation) -> Sequence | None:
    """x > a, or a < x <= b, as the interval that it describes."""
    operators, sides = answer.operators, answer.sides
    if operators[0] in (">", ">="):
        operators = tuple(FLIPPED[operator] for operator in reversed(operators))
        sides = tuple(reversed(sides))
    if any(operator not in ("<", "<=") for operator in operators) or len(sides) > 3:
        return None
    low: Statement = Value(negative(INFINITY), "", "")
    high: Statement = Value(INFINITY, "", "")
    opening, closing = "(", ")"
    place = next((k for k, side in enumerate(sides) if _is_variable(side)), None)
    if place is None or (len(sides) == 3 and place != 1):
        return None
    if place > 0 and isinstance(sides[place - 1], Value):
        low, opening = sides[place - 1], "(" if operators[place - 1] == "<" else "["
    if place < len(sides) - 1:
        high, closing = sides[place + 1], ")" if operators[place] == "<" else "]"
    return Sequence(opening, closing, (low, high), answer.raw)


def _is_variable(side: Statement) -> bool:
    return isinstance(side, Value) and isinstance(side.expr, Symbol) and bool(symbols(side.expr))


def _unordered(golds: tuple[Statement, ...], answers: tuple[Statement, ...]) -> Comparison:
    """A multiset: each gold has a partner of its own, a proved one before one yet to be proved."""
    if len(golds) != len(answers):
        return DIFFERENT
    free = list(answers)
    total = SAME
    for gold in golds:
        found = [(compare(gold, other), k) for k, other in enumerate(free)]
        same = sorted((len(one.unproved), k, one) for one, k in found if one.same)[:1]
        if not same:
            return DIFFERENT
        _, place, comparison = same[0]
        del free[place]
        total &= comparison
    return total


def _union(gold: Union, answer: Statement) -> Comparison:
    if isinstance(answer, Relation) and answer.operators == ("in",):
        return compare(gold, answer.sides[1])
    if not isinstance(answer, Union):
        return DIFFERENT
    return _unordered(gold.parts, answer.parts)


def _relation(gold: Relation, answer: Statement) -> Comparison:
    if gold.operators[0] == "in" and len(gold.sides) == 2:
        return compare(gold.sides[1], answer)
    first, last = gold.sides[0], gold.sides[-1]
    if gold.operators == ("=",) and isinstance(first, Value) and isinstance(last, Value):
        return _equation(gold, first, last, answer)
    if not isinstance(answer, Relation):
        return DIFFERENT
    return _chain(gold, answer)


def _equation(gold: Relation, first: Value, last: Value, answer: Statement) -> Comparison:
    """``x = 3`` takes 3, x = 3 and 3 = x; a curve its multiples, and y = ... its right side."""
    named = _is_name(first.expr) and not symbols(first.expr) & symbols(last.expr)
    if named and not isinstance(answer, Relation):
        return compare(last, answer)
    if not isinstance(answer, Relation):
        return DIFFERENT
    direct = _chain(gold, answer)
    if direct.same or (named and not symbols(last.expr)):
        return direct
    return _curve(first, last, answer)


def _curve(first: Value, last: Value, answer: Relation) -> Comparison:
    left, right = answer.sides[0], answer.sides[-1]
    if answer.operators != ("=",) or not (isinstance(left, Value) and isinstance(right, Value)):
        return DIFFERENT
    try:
        decided = proportional(_minus(first.expr, last.expr), _minus(left.expr, right.expr))
    except UndefinedError:
        return DIFFERENT
    return Comparison(bool(decided))


def _minus(left: Expr, right: Expr) -> Expr:
    return Apply("+", (left, negative(right)))


def _chain(gold: Relation, answer: Relation) -> Comparison:
    """Side by side, read from either end."""
    if len(gold.sides) != len(answer.sides):
        return DIFFERENT
    for operators, sides in (
        (answer.operators, answer.sides),
        (
            tuple(FLIPPED.get(o, o) for o in reversed(answer.operators)),
            tuple(reversed(answer.sides)),
        ),
    ):
        if operators != gold.operators:
            continue
        total = SAME
        for one, other in zip(gold.sides, sides, strict=True):
            total &= DIFFERENT if isinstance(other, Relation) else compare(one, other)
        if total.same:
            return total
    return DIFFERENT


def _matrix(gold: Matrix, answer: Statement) -> Comparison:
    if (
        isinstance(answer, Relation)
        and answer.operators == ("=",)
        and _is_variable(answer.sides[0])
    ):
        return compare(gold, answer.sides[1])
    if not isinstance(answer, Matrix):
        return DIFFERENT
    if [len(row) for row in gold.rows] != [len(row) for row in answer.rows]:
        return DIFFERENT
    total = SAME
    for gold_row, answer_row in zip(gold.rows, answer.rows, strict=True):
        for one, other in zip(gold_row, answer_row, strict=True):
            total &= expressions(one, other)
    return total


def _based(gold: Based, answer: Statement) -> Comparison:
    """The same digits, with the same base or none."""
    if isinstance(answer, Based):
        return Comparison(answer.base == gold.base and answer.digits == gold.digits)
    return Comparison("".join(answer.raw.split()) == gold.digits)
