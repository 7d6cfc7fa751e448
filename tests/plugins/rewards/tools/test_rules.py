"""ToolRL's score and BFCL's checker: closed forms, kept faults, and literals of two languages."""

import json
from typing import Any

import pytest

from suite.plugins.rewards.tools import foreign
from suite.plugins.rewards.tools.bfcl import bfcl_error, plain
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import ToolItem, read_item
from suite.plugins.rewards.tools.toolrl import jaccard, layout, toolrl_score

WANTED = [
    {"name": "f", "parameters": {"a": 1, "b": "x"}},
    {"name": "g", "parameters": {}},
]


def correct(*calls: Any, wanted: Any = WANTED) -> float:
    return toolrl_score(layout(calls, responds=False), wanted, responds=False).correct


def call(name: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "parameters": parameters}


def test_toolrl_gives_four_to_the_wanted_calls_in_the_wanted_layout() -> None:
    for responds in (False, True):
        text = layout(WANTED, responds=responds)
        assert toolrl_score(text, WANTED, responds=responds).total == 4.0
        assert toolrl_score(text, WANTED, responds=not responds).total == 3.0
    assert toolrl_score("nothing", WANTED, responds=False).total == -3.0


def test_toolrl_by_hand() -> None:
    """S = J(names) 1/2 + [J(keys) 1/2 + one right value]; S_max = 1 + (1 + 2) + (1 + 0) = 5."""
    assert correct(call("f", a=1)) == pytest.approx(6 * (0.5 + 0.5 + 1) / 5 - 3)
    assert correct(call("h", a=1)) == -3.0
    assert correct() == -3.0


def test_toolrl_keeps_its_faults() -> None:
    one = [call("f", a=1)]
    assert correct(call("f", a=True), wanted=one) == 3.0
    assert correct(call("f", a=1.0), wanted=one) == 3.0
    assert correct(call("f", a="1"), wanted=one) < 3.0
    # greedy: the first wanted call takes the prediction that the second needs
    small, large = call("f", a=1, b=2), call("f", a=1, b=2, c=3)
    given = (call("f", a=1, b=2, c=3), call("f", a=1, b=5))
    greedy = (2 / 3 + 2) + (2 / 3 + 1)
    assert correct(*given, wanted=[small, large]) == pytest.approx(6 * (1 + greedy) / 8 - 3)
    assert correct(*given, wanted=[large, small]) == pytest.approx(6 * (1 + 4 + 2) / 8 - 3)
    # a call where none is wanted costs nothing that the layout does not ask for
    hidden = "<think><tool_call>{}</tool_call></think>\n<response> hi </response>"
    assert toolrl_score(hidden, [], responds=True).total == 1.0


@pytest.mark.parametrize("line", ["not json", "[1]", '{"name": "f"}', '"f"', "null", "[" * 3000])
def test_toolrl_gives_the_lowest_to_what_is_no_call(line: str) -> None:
    text = f"<think>x</think>\n<tool_call>\n{line}\n</tool_call>"
    assert toolrl_score(text, WANTED, responds=False).correct == -3.0


def test_jaccard_of_multisets() -> None:
    assert jaccard([], []) == 1.0
    assert jaccard(["a"], []) == 0.0
    assert jaccard(["a", "a", "b"], ["a", "b", "c"]) == pytest.approx(2 / 4)


# --- BFCL ----------------------------------------------------------------------------------------


def bfcl_item(kind: Any, accepted: list[Any], language: str = "python") -> ToolItem:
    document = kind if isinstance(kind, dict) else {"type": kind}
    tool = {"name": "f", "parameters": {"type": "dict", "properties": {"a": document}}}
    row = {"tools": [tool], "possible_answer": [{"f": {"a": accepted}}], "language": language}
    return read_item(row, ill_typed="ignore")


def error(value: Any, kind: Any, accepted: list[Any], language: str = "python") -> str | None:
    call = Call(name="f", arguments={"a": value})
    return bfcl_error([call], bfcl_item(kind, accepted, language))


ARRAY = {"type": "array", "items": {"type": "string"}}
DICTS = {"type": "array", "items": {"type": "dict"}}


@pytest.mark.parametrize(
    ("value", "kind", "accepted", "expected"),
    [
        ("New York, NY", "string", ["new york ny"], None),
        ("1.5", "string", ["15"], None),  # a fault that is kept
        ("it's", "string", ['it"s'], None),
        ("Boston", "string", ["New York"], "value_error"),
        (5, "integer", [5], None),
        (5.0, "integer", [5], "type_error"),
        (5, "float", [5.0], None),
        ("5", "integer", [5], "type_error"),
        (True, "integer", [1], "type_error"),
        ("copper", "float", ["copper", ""], None),  # an ill-typed answer is met by its like
        ("Copper", "float", ["copper", ""], "value_error"),
        (["A b"], ARRAY, [["ab"]], None),
        (["b", "a"], ARRAY, [["a", "b"]], "value_error"),
        ([1], ARRAY, [["a"]], "value_error"),  # a list in the answer lets any list's type pass
        ({"k": "X"}, "dict", [{"k": ["x"], "o": ["", 1]}], None),
        ({"k": "X", "z": 1}, "dict", [{"k": ["x"]}], "value_error"),
        ({}, "dict", [{"k": ["x"]}], "value_error"),
        ([{"k": 1}], DICTS, [[{"k": [1]}]], None),
        ([{"k": 1}, {"k": 1}], DICTS, [[{"k": [1]}]], "value_error"),
        (5, "quaternion", [5], "unchecked"),
    ],
)
def test_bfcl_values(value: Any, kind: Any, accepted: list[Any], expected: str | None) -> None:
    if kind == "quaternion":
        item = bfcl_item("any", accepted)
        item.documents["f"]["parameters"]["properties"]["a"]["type"] = kind
        found = bfcl_error([Call(name="f", arguments={"a": value})], item)
    else:
        found = error(value, kind, accepted)
    assert found == expected


def test_bfcl_counts_names_required_and_left_out_arguments() -> None:
    item = bfcl_item("integer", [5])
    right = Call(name="f", arguments={"a": 5})
    assert bfcl_error([], item) == "wrong_count"
    assert bfcl_error([right, right], item) == "wrong_count"
    assert bfcl_error([Call(name="g", arguments={"a": 5})], item) == "wrong_func_name"
    assert bfcl_error([Call(name="f")], item) == "missing_optional"
    assert bfcl_error([Call(name="f", arguments={"a": 5, "b": 1})], item) == "unexpected_param"
    assert bfcl_error([Call(name="f")], bfcl_item("integer", [5, ""])) is None


def test_bfcl_matches_parallel_calls_greedily() -> None:
    """The first wanted call takes either prediction, and takes the one that the second needs."""
    tool = {"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "integer"}}}}
    answer = [{"f": {"a": [1, 2]}}, {"f": {"a": [1]}}]
    item = read_item({"tools": [tool], "possible_answer": answer}, ill_typed="ignore")
    one, two = (Call(name="f", arguments={"a": value}) for value in (1, 2))
    assert bfcl_error([two, one], item) is None
    assert bfcl_error([one, two], item) == "cannot_find_match"


def test_plain_text_of_bfcl() -> None:
    assert plain("A.b,c/d-e_f*g^h 'i'") == 'abcdefgh"i"'


@pytest.mark.parametrize(
    ("text", "kind", "items", "value"),
    [
        ("5", "integer", None, 5),
        ("5L", "long", None, 5),
        ("5", "long", None, "5"),
        ("2.5f", "float", None, 2.5),
        ("2.5", "double", None, 2.5),
        ("true", "boolean", None, True),
        ("True", "boolean", None, "True"),
        ("x", "integer", None, "x"),
        ("5", "any", None, "5"),
        ("new int[]{1, 2}", "Array", "integer", [1, 2]),
        ('new String[]{"a,b", "c"}', "Array", "String", ["a,b", "c"]),
        ('new ArrayList<String>(Arrays.asList("a", "b"))', "ArrayList", "String", ["a", "b"]),
        ("new ArrayList<>()", "ArrayList", None, []),
        (
            'new HashMap<String, Object>() {{ put("k", 1); put("l", "m"); }}',
            "HashMap",
            None,
            {"k": 1, "l": "m"},
        ),
        ("new HashMap<>()", "HashMap", None, {}),
        ("myMap", "HashMap", None, "myMap"),
    ],
)
def test_java_literals(text: str, kind: str, items: str | None, value: Any) -> None:
    assert repr(foreign.read_java(text, kind, items)) == repr(value)


@pytest.mark.parametrize(
    ("text", "kind", "items", "value"),
    [
        ("5", "integer", None, 5),
        ("5n", "Bigint", None, 5),
        ("2.5", "float", None, 2.5),
        ("false", "Boolean", None, False),
        ("'a'", "String", None, "a"),
        ("a", "String", None, "a"),
        ("[1, 2]", "array", "integer", [1, 2]),
        ("[\"a,b\", 'c']", "array", "String", ["a,b", "c"]),
        ("[[1, 2], [3]]", "array", "array", [[1, 2], [3]]),
        ('{k: 1, "l": [true], m: {n: "o"}}', "dict", None, {"k": 1, "l": [True], "m": {"n": "o"}}),
        ("{}", "dict", None, {}),
        ("store", "dict", None, "store"),
        ("x", "any", None, "x"),
    ],
)
def test_javascript_literals(text: str, kind: str, items: str | None, value: Any) -> None:
    assert repr(foreign.read_javascript(text, kind, items)) == repr(value)


def test_what_is_written_in_a_language_is_read_back() -> None:
    for value, kind in [
        (5, "integer"),
        (5, "long"),
        (2.5, "float"),
        (True, "boolean"),
        ("a", "any"),
        ([1, "b"], "Array"),
        (["a"], "ArrayList"),
        ({"k": [1]}, "any"),
    ]:
        text = foreign.write_java(value, kind)
        assert kind == "any" or foreign.read_java(text, kind) == value
    for value, kind in [
        (5, "integer"),
        (5, "Bigint"),
        (2.5, "float"),
        (True, "Boolean"),
        ("a", "String"),
        ([1, "b"], "array"),
        ({"k": [1], "l": {}}, "dict"),
    ]:
        text = foreign.write_javascript(value, kind)
        assert foreign.read_javascript(text, kind) == value
    assert json.loads(foreign.write_javascript([1], "array")) == [1]
    longs = foreign.write_java([1, 2], "ArrayList", "long")
    assert foreign.read_java(longs, "ArrayList", "long") == [1, 2]
