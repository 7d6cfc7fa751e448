"""Expressions over plain data, evaluated by walking their tree: literals, arithmetic, comparisons.

The parent reads test text with this and never with ``eval``. What it does not know it refuses
(``NotSimpleError``), and the assert that holds it goes to the suite's own process instead. Sizes
are bounded, since one operand may be what the candidate returned.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from suite.plugins.rewards.code.compare import same_value

PLACEHOLDER = "_"  # the name that stands for the candidate's value

MAX_EXPONENT = 512
MAX_BITS = 1 << 15
MAX_REPEAT = 1 << 16

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "bool": bool,
    "complex": complex,
    "dict": dict,
    "float": float,
    "frozenset": frozenset,
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "round": round,
    "set": set,
    "sorted": sorted,
    "sum": sum,
    "tuple": tuple,
    "math.isclose": math.isclose,
    "math.fabs": math.fabs,
    "math.sqrt": math.sqrt,
}
ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
ORDER: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: operator.contains(b, a),
    ast.NotIn: lambda a, b: not operator.contains(b, a),
}
SINGLETONS = (None, True, False)
PARTS = (
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Subscript,
)


class NotSimpleError(Exception):
    """The expression is outside the grammar, or too big."""


EVALUATION_ERRORS = (
    NotSimpleError,
    ArithmeticError,
    TypeError,
    ValueError,
    LookupError,
    RecursionError,
    MemoryError,
)


def is_known(node: ast.expr, *names: str) -> bool:
    """Whether every part of an expression over ``names`` is in the grammar.

    A name that is called, a function of FUNCTIONS, is no part by itself.
    """
    match node:
        case ast.Constant(value=value):
            return value is not ...
        case ast.Name(id=name):
            return name in names
        case ast.Call(func=func, args=args, keywords=keywords):
            inner = [*args, *(keyword.value for keyword in keywords)]
            named = all(keyword.arg not in (None, "key") for keyword in keywords)
            return (
                ast.unparse(func) in FUNCTIONS and named and all(is_known(x, *names) for x in inner)
            )
        case ast.BinOp(op=op) if type(op) not in ARITHMETIC:
            return False
        case ast.UnaryOp(op=ast.Invert()):
            return False
        case ast.Compare(ops=ops, comparators=right) if not _known_comparisons(ops, right):
            return False
        case ast.Subscript(slice=ast.Slice()):
            return False
    if not isinstance(node, PARTS) or None in getattr(node, "keys", ()):
        return False
    return all(is_known(x, *names) for x in ast.iter_child_nodes(node) if isinstance(x, ast.expr))


def _known_comparisons(ops: list[ast.cmpop], right: list[ast.expr]) -> bool:
    """``is`` is known beside None, True and False alone."""
    return all(
        not isinstance(op, ast.Is | ast.IsNot)
        or (isinstance(node, ast.Constant) and any(node.value is one for one in SINGLETONS))
        for op, node in zip(ops, right, strict=True)
    )


def evaluate(node: ast.expr, **names: Any) -> Any:
    """The value of an expression over literals and ``names``.

    ``==`` between plain data follows the rule "equal" of compare.py, so it has its tolerance.

    Raises:
        NotSimpleError: the expression is outside the grammar or too big.
        ArithmeticError, TypeError, ValueError, LookupError: as Python would raise them.
    """
    match node:
        case ast.Constant(value=value) if value is not ...:
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.List(elts=items):
            return [evaluate(item, **names) for item in items]
        case ast.Tuple(elts=items):
            return tuple(evaluate(item, **names) for item in items)
        case ast.Set(elts=items):
            return {evaluate(item, **names) for item in items}
        case ast.Dict(keys=keys, values=values):
            return {
                evaluate(_known(key), **names): evaluate(value, **names)
                for key, value in zip(keys, values, strict=True)
            }
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(op, evaluate(operand, **names))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, evaluate(left, **names), evaluate(right, **names))
        case ast.BoolOp(op=op, values=values):
            return _connective(op, values, names)
        case ast.Compare():
            return _compare(node, names)
        case ast.Call(func=func, args=args, keywords=keywords):
            return _call(func, args, keywords, names)
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
            return evaluate(value, **names)[evaluate(index, **names)]
    raise NotSimpleError(f"{type(node).__name__} at column {node.col_offset}")


def _known(node: ast.expr | None) -> ast.expr:
    if node is None:
        raise NotSimpleError("** in a dict")
    return node


def _unary(op: ast.unaryop, value: Any) -> Any:
    if isinstance(op, ast.Not):
        return not value
    if isinstance(op, ast.USub):
        return -value
    if isinstance(op, ast.UAdd):
        return +value
    raise NotSimpleError("~")


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    if type(op) not in ARITHMETIC:
        raise NotSimpleError(type(op).__name__)
    if isinstance(op, ast.Mod) and isinstance(left, str | bytes):
        raise NotSimpleError("text formatting")
    if isinstance(op, ast.Pow) and not _small_power(left, right):
        raise NotSimpleError("a power that is too big")
    if isinstance(op, ast.Mult) and not _small_product(left, right):
        raise NotSimpleError("a repetition that is too long")
    return ARITHMETIC[type(op)](left, right)


def _small_power(base: Any, exponent: Any) -> bool:
    if isinstance(base, int) and isinstance(exponent, int):
        return abs(exponent) <= MAX_EXPONENT and base.bit_length() * abs(exponent) <= MAX_BITS
    return isinstance(base, int | float) and isinstance(exponent, int | float)


def _small_product(left: Any, right: Any) -> bool:
    for count, body in ((left, right), (right, left)):
        if isinstance(body, str | bytes | list | tuple) and isinstance(count, int):
            return count * len(body) <= MAX_REPEAT
    return True


def _connective(op: ast.boolop, values: list[ast.expr], names: Mapping[str, Any]) -> Any:
    stop_at = isinstance(op, ast.Or)
    value: Any = None
    for one in values:
        value = evaluate(one, **names)
        if bool(value) is stop_at:
            break
    return value


def _compare(node: ast.Compare, names: Mapping[str, Any]) -> bool:
    left = evaluate(node.left, **names)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(right_node, **names)
        if not _holds(op, left, right):
            return False
        left = right
    return True


def _holds(op: ast.cmpop, left: Any, right: Any) -> bool:
    if isinstance(op, ast.Eq):
        return same_value(left, right, "equal")
    if isinstance(op, ast.NotEq):
        return not same_value(left, right, "equal")
    if isinstance(op, ast.Is | ast.IsNot):
        if not any(right is one for one in SINGLETONS):
            raise NotSimpleError("'is' with anything but None, True and False")
        return (left is right) is isinstance(op, ast.Is)
    return bool(ORDER[type(op)](left, right))


def _call(
    func: ast.expr, args: list[ast.expr], keywords: list[ast.keyword], names: Mapping[str, Any]
) -> Any:
    name = ast.unparse(func)
    if name not in FUNCTIONS:
        raise NotSimpleError(f"a call of {name}")
    if any(isinstance(arg, ast.Starred) for arg in args):
        raise NotSimpleError("* in a call")
    values = [evaluate(arg, **names) for arg in args]
    named = {keyword_name(keyword): evaluate(keyword.value, **names) for keyword in keywords}
    return FUNCTIONS[name](*values, **named)


def keyword_name(keyword: ast.keyword) -> str:
    """The name of a keyword argument; ``**`` and ``key=`` are outside the grammar."""
    if keyword.arg in (None, "key"):
        raise NotSimpleError("** or key= in a call")
    assert keyword.arg is not None
    return keyword.arg
