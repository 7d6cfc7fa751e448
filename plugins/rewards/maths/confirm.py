"""A proof that two expressions are equal, by sympy, in a worker that can be killed.

The trees come from our grammar and are built node by node: no text is parsed here, because sympy's
own reader of text evaluates it as Python. What is not proved equal is not equal.
"""

from typing import Any

import sympy

from suite.plugins.rewards.maths.tree import Expr, Number, Symbol
from suite.plugins.rewards.maths.trees_as_json import from_json

CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I}
FUNCTIONS = {
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sec": sympy.sec,
    "csc": sympy.csc,
    "cot": sympy.cot,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "ln": sympy.log,
    "log": lambda x: sympy.log(x) / sympy.log(10),
    "exp": sympy.exp,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "!": sympy.factorial,
    "binomial": sympy.binomial,
    "degree": lambda x: x * sympy.pi / 180,
    "/": lambda x, y: x / y,
    "^": lambda x, y: x**y,
}


def confirm(pair: list[Any]) -> bool:
    """Whether sympy proves the two trees equal, over the reals."""
    difference = build(from_json(pair[0])) - build(from_json(pair[1]))
    if difference.has(sympy.nan, sympy.zoo, sympy.oo):
        return False
    return bool(difference == 0 or sympy.simplify(difference) == 0 or difference.equals(0) is True)


def build(expr: Expr) -> Any:
    """A tree as a sympy expression."""
    if isinstance(expr, Number):
        return sympy.Rational(expr.value.numerator, expr.value.denominator)
    if isinstance(expr, Symbol):
        return CONSTANTS.get(expr.name) or sympy.Symbol(expr.name, real=True)
    args = [build(arg) for arg in expr.args]
    if expr.name == "+":
        return sympy.Add(*args)
    if expr.name == "*":
        return sympy.Mul(*args)
    if expr.name in FUNCTIONS:
        return FUNCTIONS[expr.name](*args)
    return sympy.Function(expr.name.replace(" ", "_"), real=True)(*args)
