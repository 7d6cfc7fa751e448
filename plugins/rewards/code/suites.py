"""Assert-style suites: MBPP's lists of asserts, HumanEval's ``check(candidate)``.

An assert that calls the candidate once, on plain data, becomes a Case: the judged process gets the
arguments, the parent holds the rest of the assert and reads it with arithmetic.py. What is left
becomes the text of a module with ``check(candidate)``, which runs in a process of its own and asks
for the candidate's values one call at a time (stub.py).
"""

import ast
import builtins
import copy
from collections.abc import Sequence
from dataclasses import dataclass

from suite.core.errors import SuiteError
from suite.core.execution.wire import WireError, encode
from suite.plugins.rewards.code.arithmetic import (
    EVALUATION_ERRORS,
    PLACEHOLDER,
    evaluate,
    is_known,
    keyword_name,
)
from suite.plugins.rewards.code.cases import Call, Case, Condition
from suite.plugins.rewards.code.extract import defines


@dataclass(frozen=True, kw_only=True, eq=False)
class Parsed:
    """A suite as cases; ``rest`` is the module with what needs a stub, None where nothing does."""

    cases: tuple[Case, ...]
    rest: str | None = None


def parse_asserts(
    texts: Sequence[str], *, row: str, reference: str | None = None
) -> tuple[str, Parsed]:
    """The entry point that a list of assert statements tests, and the tests.

    Where all call several functions, the entry point is the one that the reference defines, else
    the first that is not built in.

    Raises:
        SuiteError: a text is not Python or not one assert, or no one function is tested by all.
    """
    statements = [_one_assert(text, row) for text in texts]
    entry = _common_entry(statements, row, reference)
    found = [_case(one.test, entry, expressions=True) for one in statements]
    rest = [one for one, case in zip(statements, found, strict=True) if case is None]
    return entry, Parsed(
        cases=tuple(case for case in found if case is not None),
        rest=_check_module(rest, entry) if rest else None,
    )


def parse_check(text: str, *, row: str) -> Parsed:
    """The tests of a module that defines ``check(candidate)``.

    Asserts that do not mention the candidate (``assert True``) are dropped. A body with any other
    statement stays whole, since its asserts may depend on it.

    Raises:
        SuiteError: the text is not Python, or defines no ``check``, or asserts nothing of it.
    """
    module = _parse(text, row)
    check = [one for one in module.body if isinstance(one, ast.FunctionDef) and one.name == "check"]
    if len(check) != 1 or len(check[0].args.args) != 1:
        raise SuiteError(
            f"{row}: its tests define {len(check)} functions check(candidate), not one.\n"
            "Give the tests as `def check(candidate): ...` with asserts in it."
        )
    name = check[0].args.args[0].arg
    if not _count(check[0], name):
        raise SuiteError(f"{row}: its check({name}) never calls {name}, so it tests nothing.")
    tests = [one for one in check[0].body if not _is_idle(one)]
    cases = [
        _case(one.test, name, expressions=False) if isinstance(one, ast.Assert) else None
        for one in tests
    ]
    whole = tuple(case for case in cases if case is not None)
    return Parsed(cases=whole) if len(whole) == len(tests) else Parsed(cases=(), rest=text)


def _parse(text: str, row: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise SuiteError(
            f"{row}: its tests are not Python ({error}).\nCorrect or drop the row."
        ) from error


def _one_assert(text: str, row: str) -> ast.Assert:
    body = _parse(text.strip(), row).body
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        raise SuiteError(f"{row}: the test {text[:80]!r} is not one assert statement.")
    return body[0]


def _common_entry(statements: Sequence[ast.Assert], row: str, reference: str | None) -> str:
    names = [_called(statement) for statement in statements]
    common = [name for name in names[0] if all(name in others for others in names)]
    if not common:
        raise SuiteError(
            f"{row}: no one function is called by all of its {len(names)} asserts.\n"
            "Correct or drop the row."
        )
    own = [name for name in common if reference and defines(reference, name)]
    return (own or [name for name in common if not hasattr(builtins, name)] or common)[0]


def _called(statement: ast.Assert) -> list[str]:
    calls = [node for node in ast.walk(statement.test) if isinstance(node, ast.Call)]
    return [call.func.id for call in calls if isinstance(call.func, ast.Name)]


def _case(test: ast.expr, name: str, *, expressions: bool) -> Case | None:
    """The assert as a case, or None where the parent cannot hold it."""
    calls = [
        node
        for node in ast.walk(test)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]
    if len(calls) != 1 or _count(test, name) != 1 or _count(test, PLACEHOLDER):
        return None
    call = _typed_call(calls[0])
    if call is None and expressions:
        call = Call(expression=ast.unparse(calls[0]))
    condition = _Replace(calls[0]).visit(copy.deepcopy(test, {id(calls[0]): calls[0]}))
    assert isinstance(condition, ast.expr)  # an expression with a name in a call's place
    if call is None or not is_known(condition, PLACEHOLDER):
        return None
    return Case(call=call, check=Condition(node=condition))


def _typed_call(call: ast.Call) -> Call | None:
    """Arguments as plain data, or None where they are not."""
    try:
        args = tuple(evaluate(arg) for arg in call.args)
        kwargs = {keyword_name(keyword): evaluate(keyword.value) for keyword in call.keywords}
        encode([args, kwargs])
    except (*EVALUATION_ERRORS, WireError):
        return None
    return Call(args=args, kwargs=kwargs)


class _Replace(ast.NodeTransformer):
    """Puts the placeholder where the call stood."""

    def __init__(self, call: ast.Call) -> None:
        self.call = call

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.call:
            return ast.copy_location(ast.Name(id=PLACEHOLDER, ctx=ast.Load()), node)
        return self.generic_visit(node)


def _count(tree: ast.AST, name: str) -> int:
    return sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def _is_idle(statement: ast.stmt) -> bool:
    """``assert True`` and expressions without effect (``print``, a docstring)."""
    if isinstance(statement, ast.Assert):
        return isinstance(statement.test, ast.Constant) and bool(statement.test.value)
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Name | ast.Constant)


def _check_module(statements: Sequence[ast.Assert], entry: str) -> str:
    """``check(candidate)`` of asserts that call the candidate by the name of the entry point."""
    body = "\n".join(f"    {ast.unparse(one)}" for one in statements)
    return f"def check({entry}):\n{body}\n"
