"""Short ways to ask a sandbox for one thing, for the tests of this folder."""

import textwrap
from typing import Any

from suite.core.execution.program import Program, Run
from suite.core.execution.sandbox import Sandbox

ADD = "def add(a, b):\n    return a + b\n"


def called(source: str, *args: Any, entry: str = "f", **kwargs: Any) -> Program:
    return Program(source=textwrap.dedent(source), entry=entry, calls=((args, kwargs),))


def printing(source: str, *stdin: str) -> Program:
    return Program(source=textwrap.dedent(source), stdin=stdin or ("",))


def one(sandbox: Sandbox, program: Program) -> Run:
    [run] = sandbox.run([program])
    return run
