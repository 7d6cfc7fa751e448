"""Asserts become calls and checks; whatever is not read safely goes to a process of its own."""

import ast

import pytest

from suite.core.errors import SuiteError
from suite.plugins.rewards.code.arithmetic import NotSimpleError, evaluate, is_known
from suite.plugins.rewards.code.suites import parse_asserts, parse_check


def value(text: str, **names: object) -> object:
    return evaluate(ast.parse(text, mode="eval").body, **names)


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 * 3 - -4",
        "[1, (2, 3), {4: 'a'}, {5}]",
        "round(2.567, 2)",
        "sorted([3, 1, 2])",
        "not 1 or 2 and 3",
        "1 < 2 <= 2",
        "'a' in 'abc'",
        "2 ** 10 % 7",
        "max(1, 2) == len([1, 2])",
        "{'a': 1}['a']",
        "None is None",
        "float('inf')",
    ],
)
def test_simple_expressions_mean_what_python_says(text: str) -> None:
    assert value(text) == eval(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "open('x')",
        "().__class__",
        "[x for x in range(3)]",
        "lambda: 1",
        "'%999999999d' % 1",
        "2 ** 10000000",
        "'a' * 10000000",
        "max([1], key=len)",
        "f'{1}'",
        "sorted(*[[1]])",
        "1 is 1",
        "undefined",
        "[1, 2, 3][0:2]",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(NotSimpleError):
        value(text)


def test_tolerance_holds_in_suites_that_say_equal() -> None:
    assert value("_ == 0.3", _=0.1 + 0.2) is True
    assert value("_ == [1]", _=(1,)) is False
    assert value("_ == 1", _=True) is True


def test_an_assert_of_one_call_is_split_into_input_and_check() -> None:
    entry, parsed = parse_asserts(
        ["assert add(1, b=2) == 3", "assert sorted(add([2], 1)) == [1, 2]"], row="r"
    )
    assert entry == "add"
    assert parsed.rest is None
    assert parsed.cases[0].call.args == (1,)
    assert parsed.cases[0].call.kwargs == {"b": 2}
    assert parsed.cases[0].check.holds(3)
    assert not parsed.cases[0].check.holds(4)
    assert parsed.cases[1].check.holds([2, 1])


def test_what_calls_twice_or_needs_code_goes_to_the_stub() -> None:
    _, parsed = parse_asserts(["assert add(1, 2) == add(2, 1)", "assert add(1, 2) == 3"], row="r")
    assert parsed.rest is not None
    assert "add(1, 2) == add(2, 1)" in parsed.rest
    assert len(parsed.cases) == 1


def test_inputs_of_other_classes_stay_source() -> None:
    tests = ["assert size(Pair(1, 2)) == 2", "assert size([1]) == 1"]
    entry, parsed = parse_asserts(tests, row="r")
    assert entry == "size"
    assert parsed.cases[0].call.expression == "size(Pair(1, 2))"


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        (["assert f(1) =="], "not Python"),
        (["f(1)"], "not one assert"),
        (["assert f(1) == 1", "assert g(1) == 1"], "no one function"),
        (["assert f(1)\nassert f(2)"], "not one assert"),
    ],
)
def test_lists_that_are_no_tests_are_refused(tests: list[str], why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        parse_asserts(tests, row="r")


@pytest.mark.parametrize(
    "text", ["def check(c):\n    assert True\n", "def other(c):\n    assert c()\n", "def check("]
)
def test_suites_that_test_nothing_are_refused(text: str) -> None:
    with pytest.raises(SuiteError):
        parse_check(text, row="r")


def test_a_suite_with_a_loop_stays_whole() -> None:
    text = "def check(c):\n    for i in range(3):\n        assert c(i) == i\n"
    assert parse_check(text, row="r").rest == text
    assert not parse_check(text, row="r").cases


def test_known_means_that_evaluation_does_not_refuse() -> None:
    assert is_known(ast.parse("_ == [1, 2]", mode="eval").body, "_")
    assert not is_known(ast.parse("_.__class__", mode="eval").body, "_")
