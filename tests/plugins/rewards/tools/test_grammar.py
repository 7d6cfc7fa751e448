"""The grammar reads literals and calls exactly, refuses the rest with its place, runs nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.plugins.rewards.tools.grammar import MAX_DEPTH, Call, CallSyntaxError, Reader

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(categories=["L"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(text: str) -> object:
    reader = Reader(text)
    value = reader.value()
    assert reader.at_end()
    return value


def exact(value: object) -> str:
    """A text that tells 1 from 1.0 and from True."""
    return repr(value)


@given(VALUES)
def test_reads_what_json_writes(value: object) -> None:
    assert exact(read(json.dumps(value))) == exact(value)
    assert exact(read(json.dumps(value, ensure_ascii=False, indent=1))) == exact(value)


@given(VALUES)
def test_reads_what_python_writes(value: object) -> None:
    assert exact(read(repr(value))) == exact(value)


def test_a_call_has_its_name_and_arguments() -> None:
    call = Reader("a.b_c(1, 'x', key=[1.5, {'k': None}], flag=True,)").call()
    assert call == Call(
        name="a.b_c", arguments={"key": [1.5, {"k": None}], "flag": True}, positional=(1, "x")
    )


def test_tuples_are_lists_and_brackets_alone_are_refused() -> None:
    assert read("(1, (2, 3), (4,), ())") == [1, [2, 3], [4], []]
    with pytest.raises(CallSyntaxError, match="an expression in brackets, not a tuple"):
        read("(1)")


def test_escapes_of_both_notations() -> None:
    assert read(r'"a\n\"\\\/\u00e9\ud83d\ude00"') == 'a\n"\\/\u00e9\U0001f600'
    assert read(r"'it\'s \x41'") == "it's A"


@pytest.mark.parametrize(
    ("text", "problem", "position"),
    [
        ("f(a=1+1)", "expected ',' or ')', found '+'", 5),
        ("f(a=g())", "expected a literal, found 'g'", 4),
        ("f(a=open)", "expected a literal, found 'o'", 4),
        ("f(a=[].pop())", "expected ',' or ')', found '.'", 6),
        ("f(a=None.x)", "expected a literal, found 'N'", 4),
        ("f(**{'a': 1})", "expected a literal, found '*'", 2),
        ("f(a=1, a=2)", "the argument 'a' twice", 7),
        ("f(a=1, 2)", "a positional argument after a named one, found '2'", 7),
        ("f(a=f'x')", "expected a literal, found 'f'", 4),
        ("f(a=b'x')", "expected a literal, found 'b'", 4),
        ("f(a='x' 'y')", "expected ',' or ')', found \"'\"", 8),
        ("f(a='''x''')", "a triple-quoted string", 4),
        ("f(a='x", "a string that is not closed", 4),
        ("f(a=lambda: 1)", "expected a literal, found 'l'", 4),
        ("f(a=1", "expected ',' or ')'", 5),
        ("f(a=0x10)", "not a number, found '0'", 4),
        ("f(a=1_000)", "not a number, found '1'", 4),
        ("f(a=012)", "not a number, found '0'", 4),
        ("f(a=1e999)", "a number that is not finite", 4),
        ("f(a=NaN)", "expected a literal, found 'N'", 4),
        ("f(a=Infinity)", "expected a literal, found 'I'", 4),
        ("f(a={'k': 1, 'k': 2})", "the key 'k' twice", 13),
        ("f(a={1: 2})", "expected a key in quotes, found '1'", 5),
        (r"f(a='\q')", "an unknown escape \\q", 5),
        (r"f(a='\u12')", "a broken \\u escape", 5),
        (r"f(a='\ud83d')", "a string with half a surrogate pair", 4),
        ("f(a='\x00')", "a string that is not closed", 4),
        ("f..g()", "expected the name of a tool, found '.'", 2),
    ],
)
def test_what_is_no_literal_is_refused_with_its_place(
    text: str, problem: str, position: int
) -> None:
    with pytest.raises(CallSyntaxError) as caught:
        Reader(text).call()
    assert str(caught.value) == f"{problem} at character {position}"
    assert caught.value.position == position


def test_depth_and_digits_are_capped() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH) is not None
    for text in ("[" * 5000 + "]" * 5000, "{'a':" * 5000, "(" * 5000, "9" * 5000):
        with pytest.raises(CallSyntaxError, match=r"nested deeper than 32|more than 400 digits"):
            read(text)


@given(st.text(alphabet="f(){}[]\"',=:.-+eE019 truNone\\u\n", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    position = 0
    try:
        Reader(text).call()
    except CallSyntaxError as error:
        position = error.position
    assert 0 <= position <= len(text)
