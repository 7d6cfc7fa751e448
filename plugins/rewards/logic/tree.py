"""Formulas as one small frozen tree, and which symbols they use.

Kinds of node, with what ``name`` and ``parts`` hold:

    variable   its name; bound by a quantifier above it
    number     its value, one text for each ("5", "0.5")
    function   its name and its arguments; a name such as "rina" is a function of none
    atom       a predicate's name and its arguments; a proposition has none
    equal      two terms
    not        one formula
    and or xor iff     two or more formulas (all four are associative)
    implies    two formulas
    forall exists      the variable's name and the formula below it
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

QUANTIFIERS = frozenset({"forall", "exists"})


class FormulaError(ValueError):
    """A text that is no formula we read, or formulas that contradict each other's symbols.

    Attributes:
        status: a stable word to count by ("parentheses", "free variable", "clash" ...).
    """

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Node:
    """A term or a formula; see the top."""

    kind: str
    name: str = ""
    parts: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Symbol:
    """How a name is used: as a "predicate" or as a "function", of how many arguments."""

    role: str
    arity: int

    def __str__(self) -> str:
        if self.role == "function" and not self.arity:
            return "a name"
        return f"a {self.role} of {self.arity}"


Signature = Mapping[str, Symbol]


def negation(formula: Node) -> Node:
    """Not the formula."""
    return Node("not", parts=(formula,))


def to_json(node: Node) -> list[Any]:
    """The tree as nested lists: kind, name, parts."""
    return [node.kind, node.name, *map(to_json, node.parts)]


def from_json(value: list[Any]) -> Node:
    """The tree that ``to_json`` wrote."""
    return Node(value[0], value[1], tuple(map(from_json, value[2:])))


def signature(formulas: Iterable[Node]) -> dict[str, Symbol]:
    """Every predicate, function and name of the formulas.

    Raises:
        FormulaError: one name is used in two ways ("clash").
    """
    found: dict[str, Symbol] = {}
    for formula in formulas:
        _collect(formula, found)
    return found


def _collect(node: Node, found: dict[str, Symbol]) -> None:
    if node.kind in {"atom", "function"}:
        role = "predicate" if node.kind == "atom" else "function"
        used = Symbol(role, len(node.parts))
        known = found.setdefault(node.name, used)
        if known != used:
            raise FormulaError("clash", f"'{node.name}' is used as {known} and as {used}")
    for part in node.parts:
        _collect(part, found)


def numbers(formulas: Iterable[Node]) -> list[str]:
    """The different numbers in the formulas, in order of appearance."""
    found: dict[str, None] = {}
    for formula in formulas:
        _collect_numbers(formula, found)
    return list(found)


def _collect_numbers(node: Node, found: dict[str, None]) -> None:
    if node.kind == "number":
        found.setdefault(node.name)
    for part in node.parts:
        _collect_numbers(part, found)


def nameless(node: Node, bound: tuple[str, ...] = ()) -> Node:
    """The formula with variables counted from their quantifier (de Bruijn's indices).

    Two formulas that differ only in the names of bound variables become equal.
    """
    if node.kind == "variable":
        return Node("variable", str(bound.index(node.name)))
    if node.kind in QUANTIFIERS:
        return Node(node.kind, "", (nameless(node.parts[0], (node.name, *bound)),))
    return Node(node.kind, node.name, tuple(nameless(part, bound) for part in node.parts))
