"""From the text of a turn to its calls: which part of the text calls, and in which notation.

First everything inside ``<think>`` is dropped: thoughts do not call. Of the rest,

1. ``<tool_call>`` blocks, if there are any, are the calls; other text is speech;
2. else fenced blocks marked json, python, tool_call, tool_code or unmarked;
3. else a text that *is* a call or a JSON value from its first to its last character;
4. else it is speech. Speech that spells out a call of an offered tool is an error, not an
   abstention: some harnesses would run it.

A block holds JSON objects, one JSON array, or Python-like calls, alone or in ``[...]``. JSON calls
are ``{"name": ..., "arguments"|"parameters"|"args"|"kwargs": {...}}``, OpenAI's
``{"type": "function", "function": {...}}`` with arguments that may be a JSON text,
``{"tool_calls": [...]}``, and ``{"tool": {...arguments}}``.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from suite.plugins.rewards.tools.grammar import WORD, Call, CallSyntaxError, Reader

MAX_CHARACTERS = 65_536
MAX_CALLS = 128
MAX_STRING = 16_384

THINK, THOUGHT = "<think>", "</think>"
CLOSING = "</tool_call>"
NOT_A_BREAK = re.compile(r"[^\n]")
TAG = re.compile(r"</?tool_call>")
FENCE = re.compile(r"```[ \t]*([\w+-]*)")
BARE_CALL = re.compile(rf"{WORD.pattern}(\.{WORD.pattern})*\(")
EMPTY_FENCE = re.compile(r"```[ \t]*[\w+-]*\s*```")  # what is left of one that held calls
CALL_FENCES = {"", "json", "python", "tool_call", "tool_code"}
ARGUMENT_KEYS = ("arguments", "parameters", "args", "kwargs")
LABELS = {"type", "id", "index"}  # what OpenAI's calls carry beside name and arguments


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """A turn: the calls in order, and what was said outside them, thoughts dropped."""

    calls: tuple[Call, ...]
    speech: str


def parse(text: str, *, tools: Collection[str] = ()) -> Parsed:
    """The calls of a turn.

    Args:
        text: what the model wrote.
        tools: names of the offered tools, to notice calls that are spelt out in speech.

    Raises:
        CallSyntaxError: a call is malformed, too large, or hidden in speech. Positions count in
            the text as it was written.
    """
    if len(text) > MAX_CHARACTERS:
        raise CallSyntaxError(f"a turn of more than {MAX_CHARACTERS} characters", MAX_CHARACTERS)
    visible = without_thoughts(text)
    spans = _spans(visible)
    calls: list[Call] = []
    speech = visible
    for start, end in reversed(spans):
        calls[:0] = _block(visible[:end], start)
        speech = speech[:start] + speech[end:]
    if len(calls) > MAX_CALLS:
        raise CallSyntaxError(f"more than {MAX_CALLS} calls", 0)
    speech = EMPTY_FENCE.sub(" ", TAG.sub(" ", speech)).strip()
    if not calls:
        _refuse_spelt_out(speech, tools)
    return Parsed(calls=tuple(calls), speech=speech)


def without_thoughts(text: str) -> str:
    """The text with thoughts blanked out, so that positions stay.

    A template may have opened the first ``<think>`` already; one that is never closed thinks on.
    """
    opening = text.find(THINK)
    while opening >= 0:
        closing = text.find(THOUGHT, opening)
        if closing < 0:
            text = text[:opening]
            break
        text = _blanked(text, opening, closing + len(THOUGHT))
        opening = text.find(THINK, opening)
    closing = text.rfind(THOUGHT)
    return text if closing < 0 else _blanked(text, 0, closing + len(THOUGHT))


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + NOT_A_BREAK.sub(" ", text[start:end]) + text[end:]


def _spans(visible: str) -> list[tuple[int, int]]:
    """Where the blocks with calls lie, by the rules at the top."""
    tags = list(TAG.finditer(visible))
    for index, tag in enumerate(tags):
        if (tag[0] == CLOSING) is not bool(index % 2) or len(tags) % 2:
            problem = "a <tool_call> that is not opened and closed once"
            raise CallSyntaxError(problem, tag.start())
    if tags:
        return [(a.end(), b.start()) for a, b in zip(tags[::2], tags[1::2], strict=True)]
    fences = [(one.start, one.end) for one in _fences(visible) if one.label in CALL_FENCES]
    if fences:
        return fences
    start = len(visible) - len(visible.lstrip())
    return [(start, len(visible.rstrip()))] if _is_bare(visible[start:]) else []


@dataclass(frozen=True)
class _Fence:
    """A fenced block: its label, and where its inside lies."""

    label: str
    start: int
    end: int


def _fences(text: str) -> list[_Fence]:
    """The fenced blocks, line by line; one that is never closed is none."""
    found: list[_Fence] = []
    opened: tuple[str, int] | None = None
    position = 0
    for line in text.splitlines(keepends=True):
        match = FENCE.fullmatch(line.strip())
        if opened is None and match is not None:
            opened = (match[1], position + len(line))
        elif opened is not None and line.strip() == "```":
            found.append(_Fence(*opened, position))
            opened = None
        position += len(line)
    return found


def _is_bare(text: str) -> bool:
    """Whether a text begins like a call or a JSON value, with no speech before it."""
    return text[:1] in {"{", "["} or BARE_CALL.match(text) is not None


def _block(text: str, start: int) -> list[Call]:
    """All calls of one block; it must be calls to its end."""
    reader = Reader(text, start)
    calls: list[Call] = []
    while not reader.at_end():
        calls += _entry(reader)
        while reader.take(",") or reader.take(";"):
            pass
    return calls


def _entry(reader: Reader) -> list[Call]:
    reader.skip()
    start = reader.position
    first = reader.peek()
    if first == "[":
        return _array(reader)
    if first == "{":
        return _from_json(reader.value(), start)
    return [_bounded(reader.call(), start)]


def _array(reader: Reader) -> list[Call]:
    """``[call, ...]`` of either notation."""
    reader.expect("[")
    calls: list[Call] = []
    comma = True
    while not reader.take("]"):
        if not comma:
            raise reader.error("expected ',' or ']'")
        if reader.peek() == "[":
            raise reader.error("expected a call")
        calls += _entry(reader)
        comma = reader.take(",")
    return calls


def _from_json(value: Any, start: int) -> list[Call]:
    """The calls in one JSON object."""
    assert isinstance(value, dict)
    many = value.get("tool_calls")
    if isinstance(many, list) and set(value) <= {"tool_calls", "role", "content"}:
        return [call for one in many for call in _from_json(_object(one, start), start)]
    function = value.get("function")
    if isinstance(function, dict) and set(value) <= LABELS | {"function"}:
        return _from_json(function, start)
    return [_bounded(_one_object(value, start), start)]


def _one_object(value: dict[str, Any], start: int) -> Call:
    if isinstance(value.get("name"), str):
        keys = [key for key in ARGUMENT_KEYS if key in value]
        others = set(value) - LABELS - {"name", *keys}
        if len(keys) > 1 or others:
            raise CallSyntaxError("an object with more than a name and arguments", start)
        arguments = value[keys[0]] if keys else {}
        if isinstance(arguments, str):
            arguments = _inner(arguments, start)
        return Call(name=value["name"], arguments=_object(arguments, start))
    if len(value) == 1:
        ((name, arguments),) = value.items()
        return Call(name=name, arguments=_object(arguments, start))
    raise CallSyntaxError("an object without the name of a tool", start)


def _inner(text: str, start: int) -> Any:
    """Arguments that are a JSON text, as OpenAI sends them."""
    reader = Reader(text)
    try:
        value = reader.value()
        if not reader.at_end():
            raise reader.error("more than one value")
    except CallSyntaxError as error:
        raise CallSyntaxError(f"arguments that are not JSON ({error})", start) from None
    return value


def _object(value: Any, start: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CallSyntaxError("arguments that are not an object", start)
    return value


def _bounded(call: Call, start: int) -> Call:
    """Refuse names and strings so long that they can only be an attack on what reads them."""
    if not call.name or len(call.name) > 256:
        raise CallSyntaxError("a tool's name that is empty or longer than 256", start)
    pending: list[Any] = [call.arguments, list(call.positional)]
    while pending:
        value = pending.pop()
        if isinstance(value, str) and len(value) > MAX_STRING:
            raise CallSyntaxError(f"a text of more than {MAX_STRING} characters", start)
        if isinstance(value, dict):
            pending += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            pending += value
    return call


def _refuse_spelt_out(speech: str, tools: Collection[str]) -> None:
    """Refuse speech that holds a call of an offered tool, in either notation."""
    for name in tools:
        quoted = re.escape(name)
        spelt = rf"(?<![\w.]){quoted}\(|[\"']{quoted}[\"']\s*[,}}:]"
        match = re.search(spelt, speech)
        if match is not None:
            raise CallSyntaxError(f"a call of '{name}' inside speech", match.start())
