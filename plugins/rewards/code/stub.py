"""The process of a test suite: its asserts count themselves, the candidate is a stub.

Suites that the parent cannot read (loops, helpers, random inputs) run here, at the same isolation
level as any program. The stub asks the judged process for the value of a call, through the parent;
only plain typed data comes back, so no object of the candidate's can lie to an assert, and the
candidate never sees the suite. The suite's arguments are copies: a candidate that changes them in
place changes nothing here.

In the suite's module the entry point's own name is the reference where there is one: HumanEval/33
compares the candidate with the function of that name, which would agree with itself.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suite.core.execution.program import Program
from suite.plugins.rewards.code.cases import Call

STUB = "_suite_candidate"
ENTRY = "_suite_run"
RUNNER = f"""
_suite_asserts, _suite_passed, _suite_last, _suite_failed = [], [], [None], []

def _suite_note(test):
    _suite_asserts.append(1)
    try:
        right = bool(test())
    except Exception:
        right = False
    if right:
        _suite_passed.append(1)
    else:
        _suite_failed.append(_suite_last[0])

def _suite_ask(*args, **kwargs):
    _suite_last[0] = (list(args), kwargs)
    return {STUB}(*args, **kwargs)

def {ENTRY}():
    finished = True
    try:
        check(_suite_ask)
    except Exception:
        finished = False
        _suite_failed.append(_suite_last[0])
    return {{
        "asserts": len(_suite_asserts),
        "passed": len(_suite_passed),
        "finished": finished,
        "input": _suite_failed[0] if _suite_failed else None,
    }}
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """What a suite's process reported.

    Attributes:
        passed: asserts that held; total: asserts made, and one more where the suite did not get to
            its end. failed: the call before the first that did not hold.
    """

    passed: int
    total: int
    failed: Call | None = None

    @property
    def ok(self) -> bool:
        """Every assert held, and there was one."""
        return self.passed == self.total > 0


def suite_program(module: str, context: str) -> Program:
    """The program of a suite.

    Args:
        module: text that defines ``check(candidate)``.
        context: source that runs before it: imports, helpers, the reference.
    """
    tree = _Counting().visit(ast.parse(module))
    source = f"{context}\n{ast.unparse(ast.fix_missing_locations(tree))}\n{RUNNER}"
    return Program(source=source, entry=ENTRY, stub=STUB, calls=(((), {}),))


def tally(value: Mapping[str, Any]) -> Tally:
    """The report of a suite that ran."""
    asked = value["input"]
    return Tally(
        passed=value["passed"],
        total=value["asserts"] + (not value["finished"]),
        failed=None if asked is None else Call(args=tuple(asked[0]), kwargs=asked[1]),
    )


class _Counting(ast.NodeTransformer):
    """Makes each assert report itself and go on, so that the share that holds can be counted."""

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        call = ast.parse("_suite_note(lambda: None)").body[0]
        assert isinstance(call, ast.Expr)
        assert isinstance(call.value, ast.Call)
        thunk = call.value.args[0]
        assert isinstance(thunk, ast.Lambda)
        thunk.body = node.test
        return ast.copy_location(call, node)
