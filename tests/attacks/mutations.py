"""Random mutations of right programs that are wrong by proof: they miss a hidden test.

A mutant is made from the tree of a reference, so it stays in a small language: parameters, local
names, constants, arithmetic, comparisons, ``if``, ``for`` over a parameter and ``append``. In it
every program ends, touches nothing and may be run here to see that it is wrong.
"""

import ast
import copy
import inspect
import random
from collections.abc import Callable
from typing import Any

from suite.tests.attacks.attack import UNPAID, Attack, Task
from suite.tests.attacks.tasks import REFERENCES, TASKS

PURE_CALLS = {"max": max, "min": min, "abs": abs, "len": len, "float": float, "str": str}
PURE_CALLS |= {"bool": bool, "list": list, "tuple": tuple, "sorted": sorted, "sum": sum}
PURE_NODES = (
    ast.Module,
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Return,
    ast.Assign,
    ast.Expr,
    ast.For,
    ast.If,
    ast.Pass,
    ast.Name,
    ast.Constant,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.Call,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.List,
    ast.Tuple,
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
)
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Div)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
WRAPPERS = ("float", "str", "bool", "list", "tuple", "len", "abs", "sorted", "sum")

Mutator = Callable[[ast.FunctionDef, random.Random], None]


def mutants(*, count: int = 500, seed: int = 0) -> tuple[Attack, ...]:
    """Different wrong programs, the same for a seed; the tasks take turns."""
    draw = random.Random(seed)
    found: dict[str, Attack] = {}
    while len(found) < count:
        reference = REFERENCES[len(found) % len(REFERENCES)]
        task = TASKS[reference.__name__]
        source = mutated(_tree(reference), draw)
        if source not in found and is_wrong(source, task):
            found[source] = Attack(
                name=f"mutant_{len(found):03d}_{task.name}",
                category="mutation",
                source=source,
                allowed=UNPAID,
                task=task.name,
            )
    return tuple(found.values())


def mutated(function: ast.FunctionDef, draw: random.Random) -> str:
    """The source of a copy with one to three changes."""
    function = copy.deepcopy(function)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        draw.choice(MUTATORS)(function, draw)
    return ast.unparse(ast.fix_missing_locations(function)) + "\n"


def is_wrong(source: str, task: Task) -> bool:
    """Whether the program, which must be pure, raises or misses on a hidden test.

    Results are compared by what ``repr`` shows, which tells 1, 1.0 and True apart at any depth.

    Raises:
        ValueError: the program leaves the small language.
    """
    tree = ast.parse(source)
    if not is_pure(tree):
        raise ValueError(f"only pure programs are run here, got:\n{source}")
    scope: dict[str, Any] = {"__builtins__": {}, **PURE_CALLS}
    exec(compile(tree, "mutant", "exec"), scope)
    function = scope[task.function]
    return any(_missed(function, arguments, wanted) for arguments, wanted in task.hidden)


def _missed(function: Callable[..., Any], arguments: tuple[Any, ...], wanted: Any) -> bool:
    try:
        return repr(function(*copy.deepcopy(arguments))) != repr(wanted)
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError, AttributeError):
        return True


def is_pure(tree: ast.AST) -> bool:
    """Whether a program stays in the small language, where it must end."""
    nodes = list(ast.walk(tree))
    return (
        all(isinstance(node, PURE_NODES) for node in nodes)
        and all(node.attr == "append" for node in nodes if isinstance(node, ast.Attribute))
        and all(_calls_known(node) for node in nodes if isinstance(node, ast.Call))
        and all(_ends(node) for node in nodes if isinstance(node, ast.For))
    )


def _calls_known(node: ast.Call) -> bool:
    name = node.func
    return isinstance(name, ast.Attribute) or (isinstance(name, ast.Name) and name.id in PURE_CALLS)


def _ends(loop: ast.For) -> bool:
    """A loop over a list that its own body makes longer would not."""
    names = {node.id for node in ast.walk(loop.iter) if isinstance(node, ast.Name)}
    grown = {ast.unparse(n.value) for n in ast.walk(loop) if isinstance(n, ast.Attribute)}
    return not names & grown


def _tree(reference: Callable[..., Any]) -> ast.FunctionDef:
    """The function without annotations, which the small language lacks."""
    function = ast.parse(inspect.getsource(reference)).body[0]
    assert isinstance(function, ast.FunctionDef)
    function.returns = None
    for argument in function.args.args:
        argument.annotation = None
    return function


# --- changes, each to one place drawn at random; nothing where there is no such place -----------


def _pick(function: ast.FunctionDef, draw: random.Random, *kinds: type[ast.AST]) -> Any:
    found = [node for node in ast.walk(function) if isinstance(node, kinds)]
    return draw.choice(found) if found else None


def change_constant(function: ast.FunctionDef, draw: random.Random) -> None:
    """Another number, another text."""
    node = _pick(function, draw, ast.Constant)
    if node is not None and isinstance(node.value, str):
        node.value = draw.choice(("", "x", " ", node.value * 2))
    elif node is not None and node.value is not None:
        node.value += draw.choice((-100, -3, -2, -1, 1, 2, 5, 0.5))


def change_operator(function: ast.FunctionDef, draw: random.Random) -> None:
    """Plus to minus, times to modulo and so on."""
    node = _pick(function, draw, ast.BinOp)
    if node is not None:
        node.op = draw.choice(OPERATORS)()


def change_comparison(function: ast.FunctionDef, draw: random.Random) -> None:
    """Below to above, equal to not equal; for "and", "or"."""
    node = _pick(function, draw, ast.Compare, ast.BoolOp)
    if isinstance(node, ast.Compare):
        node.ops = [draw.choice(COMPARISONS)()]
    elif node is not None:
        node.op = draw.choice((ast.And, ast.Or))()


def change_name(function: ast.FunctionDef, draw: random.Random) -> None:
    """Read one variable for another; never what ``append`` is called on or a function."""
    fixed = {id(n.value) for n in ast.walk(function) if isinstance(n, ast.Attribute)}
    fixed |= {id(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
    fixed |= {id(inner) for n in ast.walk(function) if isinstance(n, ast.For) for inner in
              ast.walk(n.iter)}  # fmt: skip
    read = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in fixed
    ]
    names = sorted({node.id for node in read})
    if names:
        draw.choice(read).id = draw.choice(names)


def remove_statement(function: ast.FunctionDef, draw: random.Random) -> None:
    """One statement becomes ``pass``."""
    bodies = [node.body for node in ast.walk(function) if isinstance(node, _BODIES)]
    body = draw.choice(bodies)
    body[draw.randrange(len(body))] = ast.Pass()


def change_result(function: ast.FunctionDef, draw: random.Random) -> None:
    """Another type, a constant, the value beside, or an argument."""
    node = _pick(function, draw, ast.Return)
    if node is None or node.value is None:
        return
    parameter = draw.choice(function.args.args).arg
    node.value = draw.choice(
        (
            ast.Call(func=_name(draw.choice(WRAPPERS)), args=[node.value], keywords=[]),
            ast.BinOp(left=node.value, op=ast.Add(), right=ast.Constant(draw.choice((-1, 1, 2)))),
            ast.List(elts=[node.value], ctx=ast.Load()),
            ast.Tuple(elts=[node.value, node.value], ctx=ast.Load()),
            ast.UnaryOp(op=draw.choice((ast.USub, ast.Not))(), operand=node.value),
            ast.Constant(draw.choice((None, 0, 1, -1, True, False, "", "pass", 3.5))),
            _name(parameter),
        )
    )


def special_case(function: ast.FunctionDef, draw: random.Random) -> None:
    """Wrong for one kind of argument only, before anything else."""
    parameter = draw.choice(function.args.args).arg
    test = draw.choice((f"not {parameter}", f"{parameter} == {draw.randint(-5, 9)}"))
    result = draw.choice((None, 0, -1, "x", parameter))
    text = f"if {test}:\n    return {result!r}" if result != parameter else f"if {test}: return 7"
    function.body.insert(0, ast.parse(text).body[0])


def _name(text: str) -> ast.Name:
    return ast.Name(id=text, ctx=ast.Load())


_BODIES = (ast.FunctionDef, ast.For, ast.If)
MUTATORS: tuple[Mutator, ...] = (
    change_constant,
    change_operator,
    change_comparison,
    change_name,
    remove_statement,
    change_result,
    special_case,
)
