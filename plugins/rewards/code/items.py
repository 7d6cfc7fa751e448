r"""Rows of MBPP, of HumanEval and of anybody's own, as items.

A row is known by its keys: ``test_list`` is MBPP's, ``canonical_solution`` HumanEval's. Our own:

    {"name": "add", "prompt": "Add two numbers.", "language": "python", "entry": "add",
     "tests": [{"args": [1, 2], "kwargs": {}, "expected": 3}], "compare": "exact",
     "stdin_tests": [{"stdin": "1 2\n", "stdout": "3\n"}], "reference": "def add(a, b): ..."}

``entry`` with ``tests``, or ``stdin_tests``. ``language`` is python unless given; ``compare`` is
"exact" for Python and "equal" for the others unless given. What JSON lacks is written {"$tuple":
[...]}, {"$set": [...]}, {"$dict": [[key, value], ...]}, {"$float": "nan"}, {"$bytes": "00ff"}.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from suite.core.errors import SuiteError
from suite.core.execution import languages
from suite.core.execution.wire import WireError, encode
from suite.plugins.rewards.code.cases import Call, Case, Expected, StdinCase
from suite.plugins.rewards.code.compare import Rule
from suite.plugins.rewards.code.suites import parse_asserts, parse_check

OWN_KEYS = (
    "name",
    "prompt",
    "language",
    "entry",
    "tests",
    "compare",
    "stdin_tests",
    "reference",
)


class RowError(SuiteError):
    """A row without an item; ``status`` is what refusals are counted by."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, kw_only=True, eq=False)
class CodeItem:
    """One programming problem.

    Attributes:
        name: for tables; prompt: what the model was asked.
        language: of the answer; entry: the function that is called, None for stdin programs.
        cases, stdin_cases: tests that the parent decides; suite: a module with ``check(candidate)``
            for the rest, None where there is none.
        opening: source that stands before the answer: imports and helpers of the prompt.
        header: code that an answer without the function's own header continues (HumanEval).
        setup: source that runs after the answer: objects that inputs are made of.
        reference: a whole right answer.
    """

    name: str
    prompt: str
    language: str = "python"
    entry: str | None = None
    cases: tuple[Case, ...] = ()
    stdin_cases: tuple[StdinCase, ...] = ()
    suite: str | None = None
    opening: str = ""
    header: str | None = None
    setup: str = ""
    reference: str | None = None


def read_item(row: Mapping[str, Any]) -> CodeItem:
    """The item of a row, whichever format it has.

    Raises:
        RowError: a key is missing or of the wrong type, its tests do not parse, there are none, or
            its language cannot run here.
    """
    try:
        if "test_list" in row:
            item = _mbpp(row)
        elif "canonical_solution" in row:
            item = _humaneval(row)
        else:
            item = _own(row)
    except KeyError as error:
        raise RowError("bad_row", f"{row_name(row)}: the row lacks the key {error}.") from error
    if not (item.cases or item.stdin_cases or item.suite):
        raise RowError("no_tests", f"{item.name}: the row has no tests, so nothing can be judged.")
    try:
        languages.require(item.language, needed_by=item.name)
    except SuiteError as error:
        status = "missing_program" if item.language in languages.LANGUAGES else "bad_row"
        raise RowError(status, str(error)) from error
    return item


def row_name(row: Mapping[str, Any]) -> str:
    """What a row is called in tables and errors."""
    for key in ("name", "task_id"):
        if isinstance(row.get(key), int | str):
            return f"MBPP/{row[key]}" if "test_list" in row else str(row[key])
    return "a row without a name"


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        raise RowError("bad_row", f"{row_name(row)}: '{key}' must be text, got {value!r:.80}.")
    return value.replace("\r\n", "\n")


def _list(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise RowError("bad_row", f"{row_name(row)}: '{key}' must be a list, got {value!r:.80}.")
    return value


def _mbpp(row: Mapping[str, Any]) -> CodeItem:
    name, code = row_name(row), _text(row, "code")
    tests = [*_list(row, "test_list"), *_list(row, "challenge_test_list")]
    if not tests:
        raise RowError("no_tests", f"{name}: the row has no tests, so nothing can be judged.")
    if not all(isinstance(test, str) for test in tests):
        raise RowError("bad_tests", f"{name}: every test must be the text of an assert.")
    try:
        entry, parsed = parse_asserts(tests, row=name, reference=code)
    except SuiteError as error:
        raise RowError("bad_tests", str(error)) from error
    return CodeItem(
        name=name,
        prompt=_text(row, "text"),
        entry=entry,
        cases=parsed.cases,
        suite=parsed.rest,
        setup=_text(row, "test_setup_code") if row.get("test_setup_code") else "",
        reference=code or None,
    )


def _humaneval(row: Mapping[str, Any]) -> CodeItem:
    prompt, entry = _text(row, "prompt"), _text(row, "entry_point")
    name = row_name(row)
    header = re.search(rf"^def {re.escape(entry)}\b", prompt, re.MULTILINE)
    if header is None:
        raise RowError("bad_row", f"{name}: its prompt does not define '{entry}'.")
    try:
        parsed = parse_check(_text(row, "test"), row=name)
    except SuiteError as error:
        raise RowError("bad_tests", str(error)) from error
    solution = _text(row, "canonical_solution")
    return CodeItem(
        name=name,
        prompt=prompt,
        entry=entry,
        cases=parsed.cases,
        suite=parsed.rest,
        opening=prompt[: header.start()],
        header=prompt,
        reference=prompt + solution if solution.strip() else None,
    )


def _own(row: Mapping[str, Any]) -> CodeItem:
    name = row_name(row)
    unknown = [key for key in row if key not in OWN_KEYS]
    if unknown:
        raise RowError(
            "bad_row",
            f"{name}: unknown key {unknown[0]!r}.\nKnown: {', '.join(OWN_KEYS)}; or give the keys "
            "of an MBPP or a HumanEval row.",
        )
    language = str(row.get("language", "python"))
    tests, stdin_tests = _list(row, "tests"), _list(row, "stdin_tests")
    entry = _text(row, "entry") if tests else None
    rule = row.get("compare", "exact" if language == "python" else "equal")
    if rule not in get_args(Rule):
        raise RowError("bad_row", f"{name}: 'compare' must be one of {get_args(Rule)}.")
    if tests and stdin_tests:
        raise RowError("bad_row", f"{name}: give 'tests' or 'stdin_tests', not both.")
    if tests and language == "verilog":
        raise RowError("bad_row", f"{name}: verilog has no functions; give 'stdin_tests'.")
    return CodeItem(
        name=name,
        prompt=str(row.get("prompt", "")),
        language=language,
        entry=entry,
        cases=tuple(_case(test, rule, name) for test in tests),
        stdin_cases=tuple(_stdin_case(test, name) for test in stdin_tests),
        reference=_text(row, "reference") if row.get("reference") else None,
    )


def _case(test: Any, rule: Rule, name: str) -> Case:
    if not isinstance(test, Mapping) or "expected" not in test or "args" not in test:
        raise RowError(
            "bad_tests", f"{name}: a test needs 'args' and 'expected', got {test!r:.80}."
        )
    try:
        args, kwargs = plain(test["args"]), plain(test.get("kwargs", {}))
        expected = plain(test["expected"])
        encode([args, kwargs, expected])
    except (TypeError, ValueError, WireError) as error:
        raise RowError("bad_tests", f"{name}: a test's values cannot be read: {error}.") from error
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise RowError("bad_tests", f"{name}: 'args' must be a list and 'kwargs' an object.")
    call = Call(args=tuple(args), kwargs=kwargs)
    return Case(call=call, check=Expected(value=expected, rule=rule))


def _stdin_case(test: Any, name: str) -> StdinCase:
    fields = [test.get("stdin"), test.get("stdout")] if isinstance(test, Mapping) else [None]
    if not all(isinstance(one, str) for one in fields):
        raise RowError("bad_tests", f"{name}: a stdin test needs the texts 'stdin' and 'stdout'.")
    return StdinCase(stdin=str(fields[0]), stdout=str(fields[1]))


def plain(value: Any) -> Any:
    """A JSON value with the tags of our own format resolved.

    Raises:
        ValueError, TypeError: a tag's content is not what the tag says.
    """
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and (tag := next(iter(value))) in TAGS:
        return TAGS[tag](value[tag])
    return {key: plain(one) for key, one in value.items()}


def _pairs(value: Sequence[Any]) -> dict[Any, Any]:
    return {plain(key): plain(one) for key, one in value}


TAGS: Mapping[str, Callable[[Any], Any]] = {
    "$tuple": lambda value: tuple(plain(one) for one in value),
    "$set": lambda value: {plain(one) for one in value},
    "$dict": _pairs,
    "$float": float,
    "$bytes": bytes.fromhex,
}
