"""What a maths answer can be, as plain data."""

from dataclasses import dataclass
from fractions import Fraction


class UnreadableError(Exception):
    """The text is not in the grammar, or is larger than it reads."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number. ``decimals``: digits written after the point; None: it had no point."""

    value: Fraction
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable, or one of the constants pi, e, i and infty."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation: + and * of any number of arguments, / and ^ of two, or a named function."""

    name: str
    args: tuple["Expr", ...]


Expr = Number | Symbol | Apply


@dataclass(frozen=True, slots=True)
class Value:
    """One expression with the unit that was stripped from it ("" for none, "%" for percent)."""

    expr: Expr
    unit: str
    raw: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Several statements.

    Brackets as written: ( [ for tuples and intervals, { with its backslash for sets; "" for a bare
    list; ":" for a ratio.
    """

    opening: str
    closing: str
    items: tuple["Statement", ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Union:
    """Intervals and sets joined by a union sign; the order does not matter."""

    parts: tuple["Statement", ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Sides joined by = < > <= >= != in a chain; one operator fewer than sides."""

    operators: tuple[str, ...]
    sides: tuple["Statement", ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of expressions, all of one length."""

    rows: tuple[tuple[Expr, ...], ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral with its base as a subscript; its digits are compared, not its value."""

    digits: str
    base: int
    raw: str


@dataclass(frozen=True, slots=True)
class Words:
    """An answer in words, in the normal form of ``normal_words``."""

    words: str
    raw: str


Statement = Value | Sequence | Union | Relation | Matrix | Based | Words


def symbols(expr: Expr) -> frozenset[str]:
    """The names of the variables in an expression, constants left out."""
    if isinstance(expr, Symbol):
        return frozenset() if expr.name in CONSTANTS else frozenset((expr.name,))
    if isinstance(expr, Number):
        return frozenset()
    return frozenset().union(*(symbols(arg) for arg in expr.args))


CONSTANTS = frozenset({"pi", "e", "i", "infty"})
INFINITY = Symbol("infty")


def negative(expr: Expr) -> Expr:
    """Minus an expression."""
    if isinstance(expr, Number):
        return Number(-expr.value, expr.decimals)
    return Apply("*", (Number(Fraction(-1)), expr))


def infinite_sign(expr: Expr) -> int:
    """1 and -1 for plus and minus infinity, 0 for everything else."""
    if expr == INFINITY:
        return 1
    return -1 if expr == negative(INFINITY) else 0
