"""From an extracted source and an item to what the sandbox runs."""

import re
from dataclasses import dataclass

from suite.core.execution.program import Call as ProgramCall
from suite.core.execution.program import Program
from suite.plugins.rewards.code.extract import defines, extract
from suite.plugins.rewards.code.items import CodeItem
from suite.plugins.rewards.code.stub import suite_program

INPUTS = "_suite_input"  # the function that makes calls which are written as source
FUTURE = re.compile(r"^from __future__ import [^\n]*$", re.MULTILINE)
MAX_SOURCE = 1 << 18  # characters; no program that was asked for comes near


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempt:
    """One answer made ready.

    Attributes:
        program: with every case; None where the item has none.
        suite: (the suite's program, the candidate's), None where the item has no suite.
        offset: lines that stand before the answer's first; lines: of the answer.
        is_code: the answer says by itself that it is code; else one that does not compile is prose.
    """

    program: Program | None
    suite: tuple[Program, Program] | None
    offset: int
    lines: int
    is_code: bool


def prepare(answer: str, item: CodeItem) -> Attempt | str:
    """The programs of an answer, or why it holds no source: "no_code" or "too_long"."""
    found = extract(answer, item.language, item.entry)
    if found is None:
        return "no_code"
    if len(found.source) > MAX_SOURCE:
        return "too_long"
    source = found.source
    defined = item.entry is not None and defines(source, item.entry, item.language)
    before = item.opening if defined or item.header is None else item.header
    if before and (futures := FUTURE.findall(source)):
        # They must come first; an empty line stays in their place, so that lines keep their number.
        before, source = "\n".join([*futures, before]), FUTURE.sub("", source)
    if before and not before.endswith("\n"):
        before += "\n"
    whole = before + source
    return Attempt(
        program=_cases_program(whole, item),
        suite=_suite_pair(whole, item),
        offset=before.count("\n"),
        lines=source.count("\n") + 1,
        is_code=found.fenced or defined,
    )


def _cases_program(source: str, item: CodeItem) -> Program | None:
    if item.stdin_cases:
        texts = tuple(case.stdin for case in item.stdin_cases)
        return Program(source=source, language=item.language, stdin=texts)
    if not item.cases:
        return None
    if all(case.call.expression is None for case in item.cases):
        calls: tuple[ProgramCall, ...] = tuple((c.call.args, c.call.kwargs) for c in item.cases)
        whole = f"{source}\n{item.setup}" if item.setup else source
        return Program(source=whole, language=item.language, entry=item.entry, calls=calls)
    return Program(
        source=f"{source}\n{item.setup}\n{_inputs(item)}",
        entry=INPUTS,
        calls=tuple(
            ((index, case.call.args, case.call.kwargs), {}) for index, case in enumerate(item.cases)
        ),
    )


def _inputs(item: CodeItem) -> str:
    """A function that makes the call of a given number; typed arguments come from outside."""
    makers = [case.call.expression or f"{item.entry}(*args, **kwargs)" for case in item.cases]
    lambdas = "".join(f"        lambda args, kwargs: {maker},\n" for maker in makers)
    return (
        f"def {INPUTS}(number, args, kwargs):\n    return [\n{lambdas}    ][number](args, kwargs)\n"
    )


def _suite_pair(source: str, item: CodeItem) -> tuple[Program, Program] | None:
    if item.suite is None:
        return None
    context = item.reference if item.reference is not None else item.opening
    candidate = Program(source=f"{source}\n{item.setup}", entry=item.entry)
    return suite_program(item.suite, f"{context}\n{item.setup}"), candidate
