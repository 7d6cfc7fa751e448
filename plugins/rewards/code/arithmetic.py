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
PARTS = (  # kinds of nodes that are known whatever stands in them
    ast.List,
    ast.Tuple,
    ast.Set,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Subscript,
    ast.expr_context,
    ast.boolop,
    ast.Not,
    ast.USub,
    ast.UAdd,
    ast.Is,
    ast.IsNot,
    ast.Eq,
    ast.NotEq,
    *ORDER,
    *ARITHMETIC,
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
    """Whether every part of an expression over ``names`` is in the grammar."""
    functions = [
        part.func
        for part in ast.walk(node)
        if isinstance(part, ast.Call) and ast.unparse(part.func) in FUNCTIONS
    ]
    called = {id(part) for function in functions for part in ast.walk(function)}
    return all(id(part) in called or _is_known_part(part, names, called) for part in ast.walk(node))


def _is_known_part(part: ast.AST, names: tuple[str, ...], called: set[int]) -> bool:
    match part:
        case ast.Name(id=name):
            return name in names
        case ast.Constant(value=value):
            return value is not ...
        case ast.Call(func=func):
            return id(func) in called
        case ast.keyword(arg=name):
            return name not in (None, "key")
        case ast.Dict(keys=keys):
            return None not in keys
        case ast.Compare(ops=ops, comparators=right):
            return _known_comparisons(ops, right)
    return isinstance(part, PARTS)


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
        case ast.BoolOp(op=op, values=values):
            return _connective(op, values, names)
        case ast.Compare():
            return _compare(node, names)
        case ast.Call():
            return _call(node, names)
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
            return _container(node, names)
    return _operation(node, names)


def _operation(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(op, evaluate(operand, **names))
        case ast.BinOp(left=left, op=op, right=right):
            return _binary(op, evaluate(left, **names), evaluate(right, **names))
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
            return evaluate(value, **names)[evaluate(index, **names)]
    raise NotSimpleError(f"{type(node).__name__} at column {node.col_offset}")


def _container(node: ast.List | ast.Tuple | ast.Set | ast.Dict, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Dict):
        keys = [evaluate(_known(key), **names) for key in node.keys]
        values = [evaluate(value, **names) for value in node.values]
        return dict(zip(keys, values, strict=True))
    build = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
    return build(evaluate(item, **names) for item in node.elts)


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


def _call(node: ast.Call, names: Mapping[str, Any]) -> Any:
    name = ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise NotSimpleError(f"a call of {name}")
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        raise NotSimpleError("* in a call")
    args, keywords = node.args, node.keywords
    values = [evaluate(arg, **names) for arg in args]
    named = {keyword_name(keyword): evaluate(keyword.value, **names) for keyword in keywords}
    return FUNCTIONS[name](*values, **named)


def keyword_name(keyword: ast.keyword) -> str:
    """The name of a keyword argument; ``**`` and ``key=`` are outside the grammar."""
    if keyword.arg in (None, "key"):
        raise NotSimpleError("** or key= in a call")
    assert keyword.arg is not None
    return keyword.arg
