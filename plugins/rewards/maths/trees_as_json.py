"""Trees on their way to a worker; apart from the worker's code, which loads sympy."""

from fractions import Fraction
from typing import Any

from suite.plugins.rewards.maths.tree import Apply, Expr, Number, Symbol


def to_json(expr: Expr) -> Any:
    """A tree as a JSON value."""
    if isinstance(expr, Number):
        return str(expr.value)
    if isinstance(expr, Symbol):
        return {"symbol": expr.name}
    return [expr.name, *(to_json(arg) for arg in expr.args)]


def from_json(value: Any) -> Expr:
    """The tree that ``to_json`` wrote."""
    if isinstance(value, str):
        return Number(Fraction(value))
    if isinstance(value, dict):
        return Symbol(value["symbol"])
    return Apply(value[0], tuple(from_json(arg) for arg in value[1:]))
