"""Errands in the office: what is asked, the calls that do it, and the word that ends it.

    cancel order of ann   ->   find_person(ann) = 37; find_order(37) = 52; cancel_order(52); done

A third of the errands need three calls of which each needs the answer before it, a quarter two, a
quarter one; a sixth cannot be done: no tool on offer does it, or the order was sent, and the
office's rule keeps sent orders as they are. Whoever does nothing there and says ``no`` is right.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from suite.domains.tools import office
from suite.domains.tools.office import Call, Database

DONE, NO = "done", "no"
PEOPLE = 4  # in an office
OTHERS = 3  # tools that change things on offer, beside the one that is asked for
THREE, TWO, ONE = (
    ("cancel_order", "rush_order", "move_meeting"),
    ("send_note", "set_vip"),
    ("book_room", "add_stock"),
)
SAID = {
    "cancel_order": "cancel order of {name}",
    "rush_order": "rush order of {name}",
    "move_meeting": "move meeting of {name} to {day}",
    "send_note": "note to {name} about {topic}",
    "set_vip": "vip {name} {on}",
    "book_room": "book {room} at {hour}",
    "add_stock": "add {count} {item}",
}
# Which sort of errand a number asks for: a third need three calls, a sixth cannot be done.
SORTS = (3, 1, 2, 3, "unserved", 1, 3, 2, 1, 3, "forbidden", 2)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What is asked in an office.

    Attributes:
        said: the request; change: the tool that it asks for; offered: tools on offer.
        database: what there is at first; wanted: what there must be at the end.
        calls: those that do what is right; attempt: those that do what is asked, allowed or not.
        word: how it must end.
    """

    said: str
    change: str
    offered: tuple[str, ...]
    database: Database
    wanted: Database
    calls: tuple[Call, ...]
    attempt: tuple[Call, ...]
    word: str

    @property
    def prompt(self) -> str:
        """The rule, tools that change things on offer, and the request."""
        changes = " ".join(name for name in self.offered if name in office.CHANGES)
        return f"keep sent orders; {changes}: {self.said}?"


def draw_office(draw: random.Random) -> dict[str, Any]:
    """A database of its own for every errand, so that nobody can know its numbers."""
    names = draw.sample(office.NAMES, PEOPLE)
    numbers = draw.sample(range(10, 100), 3 * PEOPLE)
    people, orders, meetings = (numbers[i::3] for i in range(3))
    return {
        "people": {
            name: {"number": number, "vip": draw.random() < 0.5}
            for name, number in zip(names, people, strict=True)
        },
        "orders": {
            number: {"person": person, "sent": draw.random() < 0.3, "state": "open"}
            for number, person in zip(orders, people, strict=True)
        },
        "meetings": {
            number: {"person": person, "day": draw.choice(office.DAYS)}
            for number, person in zip(meetings, people, strict=True)
        },
        "bookings": (),
        "stock": dict.fromkeys(office.ITEMS, 5),
        "notes": (),
    }


def draw_errand(draw: random.Random, number: int) -> Errand:
    """The errand of a number: its sort by ``SORTS``, the rest drawn."""
    sort = SORTS[number % len(SORTS)]
    kinds: Mapping[Any, tuple[str, ...]] = {3: THREE, 2: TWO, 1: ONE, "forbidden": THREE[:2]}
    change = draw.choice(kinds.get(sort, office.CHANGES))
    database = draw_office(draw)
    name = draw.choice(sorted(database["people"]))
    database = _sent(database, name, sent=sort == "forbidden")
    values = _values(draw, change, database, name)
    calls = attempt = plan(database, change, name, values)
    if sort == "forbidden":
        calls = attempt[:2]
    others = [one for one in office.CHANGES if one != change]
    offered = draw.sample(others, OTHERS) + ([change] if sort != "unserved" else [])
    if sort == "unserved":
        offered.append(draw.choice([one for one in others if one not in offered]))
        calls = ()
    offered = [*office.READS, *sorted(offered)]
    said = {**values, "name": name, "on": "on" if values.get("on") else "off"}
    return Errand(
        said=SAID[change].format(**said),
        change=change,
        offered=tuple(offered),
        database=database,
        wanted=carried_out(database, calls),
        attempt=attempt,
        calls=calls,
        word=DONE if isinstance(sort, int) else NO,
    )


def plan(database: Database, change: str, name: str, values: Mapping[str, Any]) -> tuple[Call, ...]:
    """The calls of one who looks up what the change needs."""
    person = database["people"][name]["number"]
    find = Call("find_person", {"name": name})
    if change in ONE:
        return (Call(change, values),)
    if change in TWO:
        return (find, Call(change, {"person": person, **values}))
    table, key = ("meetings", "meeting") if change == "move_meeting" else ("orders", "order")
    found = next(n for n, row in database[table].items() if row["person"] == person)
    look = Call(f"find_{key}", {"person": person})
    return (find, look, Call(change, {key: found, **values}))


def carried_out(database: Database, calls: tuple[Call, ...]) -> Database:
    """The database after calls of any tools."""
    for call in calls:
        database, answer = office.called(database, call.text, tuple(office.BY_NAME))
        assert answer not in office.ERRORS, f"{call}: {answer}"
    return database


def _values(draw: random.Random, change: str, database: Database, name: str) -> dict[str, Any]:
    """Arguments that the request itself names; what is asked for is never so already."""
    person = database["people"][name]
    meeting = next(m for m in database["meetings"].values() if m["person"] == person["number"])
    drawn = {
        "day": draw.choice([day for day in office.DAYS if day != meeting["day"]]),
        "topic": draw.choice(office.TOPICS),
        "on": not person["vip"],
        "room": draw.choice(office.ROOMS),
        "hour": draw.randint(1, 9),
        "item": draw.choice(office.ITEMS),
        "count": draw.randint(1, 9),
    }
    return {key: drawn[key] for key in office.BY_NAME[change].arguments if key in drawn}


def _sent(database: Database, name: str, *, sent: bool) -> dict[str, Any]:
    """The office where the order of ``name`` was sent, or was not."""
    person = database["people"][name]["number"]
    orders = {
        number: {**order, "sent": sent if order["person"] == person else order["sent"]}
        for number, order in database["orders"].items()
    }
    return {**database, "orders": orders}
