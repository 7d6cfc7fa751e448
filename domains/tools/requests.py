"""Requests to a house with ten typed tools, and the calls that they ask for: pure functions.

    "lamp kitchen on; alarm 7"   ->   [set_lamp(room="kitchen",on=True),set_alarm(hour=7)]

A request asks for one to three things in short words; one in six asks for what no offered tool
does, and the right answer is to call nothing.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ROOMS = ("kitchen", "hall", "bath", "office")
PEOPLE = ("ann", "bob", "eva", "tim")
PLACES = ("oslo", "rome", "lima", "bonn")
ITEMS = ("milk", "bread", "tea", "rice")
DAYS = ("monday", "friday", "sunday")
TYPES = {"text": "string", "whole": "integer", "switch": "boolean"}
NOTHING = "no tool"


@dataclass(frozen=True)
class Kind:
    """A tool: its arguments' types, and what people say for it, by argument."""

    name: str
    arguments: dict[str, str]
    said: str
    draw: Callable[[random.Random], dict[str, Any]]


def _number(draw: random.Random) -> int:
    return draw.randint(1, 9)


KINDS = (
    Kind(
        "set_lamp",
        {"room": "text", "on": "switch"},
        "lamp {room} {on}",
        lambda d: {"room": d.choice(ROOMS), "on": d.random() < 0.5},
    ),
    Kind("set_alarm", {"hour": "whole"}, "alarm {hour}", lambda d: {"hour": _number(d)}),
    Kind(
        "heat",
        {"room": "text", "degrees": "whole"},
        "warm {room} by {degrees}",
        lambda d: {"room": d.choice(ROOMS), "degrees": _number(d)},
    ),
    Kind("call", {"person": "text"}, "phone {person}", lambda d: {"person": d.choice(PEOPLE)}),
    Kind(
        "weather",
        {"place": "text", "days": "whole"},
        "weather {place} {days} days",
        lambda d: {"place": d.choice(PLACES), "days": _number(d)},
    ),
    Kind(
        "buy",
        {"item": "text", "count": "whole"},
        "get {count} {item}",
        lambda d: {"item": d.choice(ITEMS), "count": _number(d)},
    ),
    Kind(
        "meet",
        {"person": "text", "day": "text"},
        "see {person} {day}",
        lambda d: {"person": d.choice(PEOPLE), "day": d.choice(DAYS)},
    ),
    Kind(
        "lock",
        {"room": "text", "closed": "switch"},
        "lock {room} {closed}",
        lambda d: {"room": d.choice(ROOMS), "closed": d.random() < 0.5},
    ),
    Kind("timer", {"minutes": "whole"}, "timer {minutes}", lambda d: {"minutes": _number(d)}),
    Kind(
        "book",
        {"place": "text", "day": "text", "people": "whole"},
        "table {place} {day} for {people}",
        lambda d: {"place": d.choice(PLACES), "day": d.choice(DAYS), "people": _number(d)},
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}
OFFERED = 5  # tools a request comes with
ABSTAIN_EVERY = 6
MOST_CALLS = 3
Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is said, the tools on offer, and the calls that are wanted (none: abstain)."""

    said: str
    offered: tuple[str, ...]
    wanted: tuple[Call, ...]

    @property
    def prompt(self) -> str:
        """Offered tools by name, then the request."""
        return f"{' '.join(self.offered)}: {self.said}?"


def schema(name: str) -> dict[str, Any]:
    """A tool's JSON schema."""
    arguments = BY_NAME[name].arguments
    properties = {key: {"type": TYPES[kind]} for key, kind in arguments.items()}
    parameters = {"type": "object", "properties": properties, "required": list(arguments)}
    return {"name": name, "description": BY_NAME[name].said, "parameters": parameters}


def draw_request(draw: random.Random, number: int) -> Request:
    """A request; every ABSTAIN_EVERY-th asks for what is not on offer, a third for three things."""
    count = (1, 2, 3)[number % 3]
    while True:
        *offered, missing = draw.sample([kind.name for kind in KINDS], OFFERED + 1)
        chosen = _apart(draw, offered, count)
        if len(chosen) == count:
            break
    if number % ABSTAIN_EVERY == 0:
        calls = [drawn_call(draw, missing)]
        return Request(said=_said(calls), offered=tuple(offered), wanted=())
    calls = [drawn_call(draw, name) for name in chosen]
    return Request(said=_said(calls), offered=tuple(offered), wanted=tuple(calls))


def _apart(draw: random.Random, names: Sequence[str], count: int) -> list[str]:
    """At most ``count`` tools that share no sort of value, so that each value has one place."""
    chosen: list[str] = []
    for name in draw.sample(names, len(names)):
        taken = {sort for one in chosen for sort in sorts(one)}
        if len(chosen) < count and not taken & set(sorts(name)):
            chosen.append(name)
    return chosen


def sorts(name: str) -> tuple[str, ...]:
    """What a tool's arguments are: a room, a person, a number, a switch ..."""
    arguments = BY_NAME[name].arguments
    return tuple(key if kind == "text" else kind for key, kind in arguments.items())


def drawn_call(draw: random.Random, name: str) -> Call:
    """A call of a tool with drawn arguments."""
    return name, BY_NAME[name].draw(draw)


def _said(calls: Sequence[Call]) -> str:
    return "; ".join(
        BY_NAME[name].said.format(**{key: _word(value) for key, value in arguments.items()})
        for name, arguments in calls
    )


def _word(value: Any) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def written(calls: Sequence[Call]) -> str:
    """Calls as an answer writes them; ``NOTHING`` where there are none."""
    if not calls:
        return NOTHING
    return f"[{','.join(map(_call_text, calls))}]"


def _call_text(call: Call) -> str:
    name, arguments = call
    inside = ",".join(f"{key}={_value_text(value)}" for key, value in arguments.items())
    return f"{name}({inside})"


def _value_text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def misheard(request: Request, draw: random.Random) -> tuple[Call, ...]:
    """Calls that a careless assistant would make: a wrong value, a call too few, one too many."""
    calls = list(request.wanted)
    fate = draw.random()
    if not calls or (fate < 0.25 and len(calls) < MOST_CALLS):
        return (*calls, drawn_call(draw, draw.choice(request.offered)))
    if fate < 0.5 and len(calls) > 1:
        calls.pop(draw.randrange(len(calls)))
        return tuple(calls)
    place = draw.randrange(len(calls))
    name = calls[place][0]
    other = calls[place]
    while other == calls[place]:
        other = drawn_call(draw, name)
    calls[place] = other
    return tuple(calls)
