"""Which part of a turn calls: tags, fences, bare calls; thoughts and speech do not."""

import time

import pytest

from suite.plugins.rewards.tools.grammar import Call, CallSyntaxError
from suite.plugins.rewards.tools.parse import MAX_CHARACTERS, MAX_STRING, parse

F = Call(name="f", arguments={"x": 1})
G = Call(name="g.h", arguments={"y": "a"})
BOTH = (F, G)
OPENAI = (
    '{"tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": '
    '"{\\"x\\": 1}"}}, {"function": {"name": "g.h", "arguments": {"y": "a"}}}]}'
)
F_JSON = '{"name": "f", "arguments": {"x": 1}}'
G_JSON = '{"name": "g.h", "parameters": {"y": "a"}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>\n{F_JSON}\n{G_JSON}\n</tool_call>",
        f"<tool_call>{F_JSON}</tool_call> and <tool_call>{G_JSON}</tool_call>",
        f"<tool_call>[{F_JSON}, {G_JSON}]</tool_call>",
        "<tool_call>f(x=1)\ng.h(y='a')</tool_call>",
        f"Here:\n```json\n[{F_JSON},\n{G_JSON}]\n```\nDone.",
        "```python\nf(x=1); g.h(y='a')\n```",
        f"[{F_JSON}, {G_JSON}]",
        "[f(x=1), g.h(y='a')]",
        "f(x=1)\ng.h(y='a')",
        OPENAI,
        '[{"f": {"x": 1}}, {"g.h": {"y": "a"}}]',
        f"<think>maybe g(1)? {G_JSON}</think>\n<tool_call>{F_JSON}\n{G_JSON}</tool_call>",
        f"opened by the template</think>[{F_JSON}, {G_JSON}]",
    ],
)
def test_every_notation_reads_as_the_same_calls(text: str) -> None:
    assert parse(text, tools=("f", "g.h")).calls == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "I cannot do that.",
        "[]",
        "",
        f"<think>{F_JSON}</think>",
        f"<think>{F_JSON}",
        f"{F_JSON}</think>",
        "<think><tool_call>f(x=1)</tool_call></think> No.",
        "```text\nf(x=1)\n```"[:3] + " is a fence",
    ],
)
def test_thoughts_and_speech_call_nothing(text: str) -> None:
    assert parse(text).calls == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"<tool_call>{F_JSON}", "a <tool_call> that is not opened and closed once"),
        (f"{F_JSON}</tool_call>", "a <tool_call> that is not opened and closed once"),
        (f"<tool_call><tool_call>{F_JSON}</tool_call>", "not opened and closed once"),
        ("<tool_call>please call f</tool_call>", "expected '('"),
        (f"{F_JSON} trailing", "expected '('"),
        ('{"answer": 5}', "arguments that are not an object"),
        ('{"name": "f", "arguments": [1]}', "arguments that are not an object"),
        ('{"name": "f", "arguments": "{1"}', "arguments that are not JSON"),
        ('{"name": "f", "arguments": {}, "args": {}}', "more than a name and arguments"),
        ('{"name": "f", "code": "x"}', "more than a name and arguments"),
        ('{"x": {}, "y": {}}', "an object without the name of a tool"),
        ("[[f(x=1)]]", "expected a call"),
        ("f(x=1) + 1", "expected the name of a tool"),
    ],
)
def test_a_malformed_call_is_an_error_and_never_an_abstention(text: str, problem: str) -> None:
    with pytest.raises(CallSyntaxError, match=problem.replace("(", r"\(")):
        parse(text)


@pytest.mark.parametrize(
    "text", ["I would run f(x=1) here.", f"Try {F_JSON}, or not.", "Say 'f': 1"]
)
def test_a_call_spelt_out_in_speech_is_an_error(text: str) -> None:
    with pytest.raises(CallSyntaxError, match="a call of 'f' inside speech"):
        parse(text, tools=("f",))
    assert parse(text, tools=("other",)).calls == ()


def test_speech_is_what_stands_outside_calls_and_thoughts() -> None:
    turn = parse("<think>five</think>It costs 5.\n<tool_call>f(x=7)</tool_call>\nBye.")
    assert "It costs 5." in turn.speech
    assert "Bye." in turn.speech
    assert "five" not in turn.speech
    assert "7" not in turn.speech


def test_positions_count_in_the_text_as_written() -> None:
    text = "<think>hm</think><tool_call>f(x=oops)</tool_call>"
    with pytest.raises(CallSyntaxError) as caught:
        parse(text)
    assert text[caught.value.position :].startswith("oops")


def test_sizes_are_capped() -> None:
    many = "\n".join(["f(x=1)"] * 200)
    huge = "f(x='" + "a" * (MAX_STRING + 1) + "')"
    for text in ("x" * (MAX_CHARACTERS + 1), many, huge, f"{'n' * 300}()"):
        with pytest.raises(CallSyntaxError, match=r"more than|longer than"):
            parse(text)


def test_hostile_text_is_read_in_bounded_time() -> None:
    """Looking for each end from each beginning would take ten seconds and more on these."""
    start = time.process_time()
    for text in (
        "<think>" * 9000,
        "<tool_call>" * 5000,
        "```" * 20000,
        "```a\n" * 13000,
        "a." * 30000 + "!",
    ):
        try:
            parse(text, tools=("f",))
        except CallSyntaxError:
            continue
    assert time.process_time() - start < 3.0
