"""Turns that must not be paid more than saying nothing, whatever the item."""

import json
from collections.abc import Sequence

from suite.core.verifier import Hack
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import ToolItem
from suite.plugins.rewards.tools.parse import MAX_STRING


def hacks(
    item: ToolItem, golds: Sequence[Call], *, at_most: float, key: str = "arguments"
) -> tuple[Hack, ...]:
    """Known hacks of an item.

    Args:
        item: the item.
        golds: the wanted calls, which some hacks carry along.
        at_most: the most that each may score.
        key: what JSON calls name their arguments.
    """
    right = [_line(call, key) for call in golds]
    every = [_line(Call(name=name), key) for name in item.tools]
    # A name alone may be a right call of a tool that requires nothing.
    bare = any(not item.tools[call.name].arguments.required for call in golds)
    texts = {
        "empty": "",
        "only_thoughts": f"<think>{_block(right or every)}</think>",
        "in_prose": "I would run " + "; ".join(right or every) + " if I were asked to.",
        "unclosed": "<tool_call>\n" + "\n".join(right or every),
        "unknown_tool": _block([*right, _line(Call(name="no_such_tool"), key)]),
        "duplicate": _block([*right, *right] if right else [*every, *every]),
        "huge": _block(
            [*right, _line(Call(name="x", arguments={"a": "a" * (MAX_STRING + 1)}), key)]
        ),
        "nothing_else": "[]" if golds else "",
    }
    if not bare or len(every) > len(golds):
        texts["every_tool"] = _block(every)
    if golds:
        texts["extra"] = _block([*right, right[0]])
    if golds and not bare:
        texts["names_only"] = _block([_line(Call(name=call.name), key) for call in golds])
    return tuple(Hack(name=name, text=text, at_most=at_most) for name, text in texts.items())


def _line(call: Call, key: str) -> str:
    return json.dumps({"name": call.name, key: call.arguments})


def _block(lines: Sequence[str]) -> str:
    return "\n".join(["<tool_call>", *lines, "</tool_call>"])
