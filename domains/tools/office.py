"""An office with ten typed tools over a database that is a value: pure functions.

A tool gets a database and arguments and returns a new database and what it answers; bad input is
an answer that begins with ``error``. Nobody edits a database, so episodes share what they start
from. Answers are short, for a model of a few hundred thousand parameters reads them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Database = Mapping[str, Any]  # people, orders, meetings, rooms, stock, notes
Arguments = Mapping[str, Any]
Answer = tuple[Database, str]

OK = "ok"
NOT_JSON = "error: not json"
NO_TOOL = "error: no such tool"
WRONG_ARGUMENTS = "error: wrong arguments"
NOT_FOUND = "error: not found"
ERRORS = (NOT_JSON, NO_TOOL, WRONG_ARGUMENTS, NOT_FOUND)

NAMES = ("ann", "bob", "eva", "tim", "ida", "leo", "mia", "sam", "zoe", "max", "kim", "jon")
ROOMS = ("hall", "lab", "attic", "studio")
ITEMS = ("paper", "pens", "chairs", "lamps", "cables")
DAYS = ("monday", "tuesday", "friday", "sunday")
TOPICS = ("budget", "travel", "audit", "party")
PYTHON = {"string": str, "integer": int, "boolean": bool}


@dataclass(frozen=True)
class Tool:
    """A tool: its arguments' types, whether it only reads, and what it does."""

    name: str
    arguments: Mapping[str, str]
    run: Callable[[Database, Arguments], Answer]
    reads: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """Its function document, as JSON Schema."""
        properties = {key: {"type": kind} for key, kind in self.arguments.items()}
        parameters = {"type": "object", "properties": properties, "required": [*self.arguments]}
        return {"name": self.name, "description": self.run.__doc__, "parameters": parameters}

    def fits(self, given: Arguments) -> bool:
        """Whether arguments have the tool's names and types; True is not an integer."""
        return given.keys() == self.arguments.keys() and all(
            type(given[key]) is PYTHON[kind] for key, kind in self.arguments.items()
        )


def find_person(database: Database, given: Arguments) -> Answer:
    """The number of a person."""
    person = database["people"].get(given["name"])
    return database, NOT_FOUND if person is None else _said(person=person["number"])


def find_order(database: Database, given: Arguments) -> Answer:
    """The order of a person by the person's number, and whether it was sent."""
    for number, order in database["orders"].items():
        if order["person"] == given["person"]:
            return database, _said(order=number, sent=order["sent"])
    return database, NOT_FOUND


def find_meeting(database: Database, given: Arguments) -> Answer:
    """The meeting with a person by the person's number."""
    for number, meeting in database["meetings"].items():
        if meeting["person"] == given["person"]:
            return database, _said(meeting=number)
    return database, NOT_FOUND


def cancel_order(database: Database, given: Arguments) -> Answer:
    """Cancel an order by its number."""
    return _changed(database, "orders", given["order"], state="cancelled")


def rush_order(database: Database, given: Arguments) -> Answer:
    """Deliver an order sooner, by its number."""
    return _changed(database, "orders", given["order"], state="rushed")


def move_meeting(database: Database, given: Arguments) -> Answer:
    """Move a meeting, by its number, to a day."""
    if given["day"] not in DAYS:
        return database, NOT_FOUND
    return _changed(database, "meetings", given["meeting"], day=given["day"])


def send_note(database: Database, given: Arguments) -> Answer:
    """Send a note about a topic to a person, by number."""
    if given["person"] not in _numbers(database) or given["topic"] not in TOPICS:
        return database, NOT_FOUND
    note = {"person": given["person"], "topic": given["topic"]}
    return {**database, "notes": (*database["notes"], note)}, OK


def set_vip(database: Database, given: Arguments) -> Answer:
    """Mark a person, by number, as important or not."""
    name = _numbers(database).get(given["person"], "")
    return _changed(database, "people", name, vip=given["on"])


def book_room(database: Database, given: Arguments) -> Answer:
    """Book a room for an hour."""
    if given["room"] not in ROOMS:
        return database, NOT_FOUND
    booking = {"room": given["room"], "hour": given["hour"]}
    return {**database, "bookings": (*database["bookings"], booking)}, OK


def add_stock(database: Database, given: Arguments) -> Answer:
    """Put a count of an item into stock."""
    if given["item"] not in ITEMS:
        return database, NOT_FOUND
    left = database["stock"][given["item"]] + given["count"]
    return {**database, "stock": {**database["stock"], given["item"]: left}}, OK


TEXT, WHOLE, SWITCH = "string", "integer", "boolean"
TOOLS = (
    Tool("find_person", {"name": TEXT}, find_person, reads=True),
    Tool("find_order", {"person": WHOLE}, find_order, reads=True),
    Tool("find_meeting", {"person": WHOLE}, find_meeting, reads=True),
    Tool("cancel_order", {"order": WHOLE}, cancel_order),
    Tool("rush_order", {"order": WHOLE}, rush_order),
    Tool("move_meeting", {"meeting": WHOLE, "day": TEXT}, move_meeting),
    Tool("send_note", {"person": WHOLE, "topic": TEXT}, send_note),
    Tool("set_vip", {"person": WHOLE, "on": SWITCH}, set_vip),
    Tool("book_room", {"room": TEXT, "hour": WHOLE}, book_room),
    Tool("add_stock", {"item": TEXT, "count": WHOLE}, add_stock),
)
BY_NAME = {tool.name: tool for tool in TOOLS}
READS = tuple(tool.name for tool in TOOLS if tool.reads)
CHANGES = tuple(tool.name for tool in TOOLS if not tool.reads)


@dataclass(frozen=True)
class Call:
    """A tool by name with its arguments."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def text(self) -> str:
        """As a turn writes it."""
        return json.dumps({"name": self.name, "arguments": dict(self.arguments)})


def called(database: Database, text: str, offered: Sequence[str]) -> Answer:
    """Execute a turn that should be one call in JSON, of one of the tools on offer."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return database, NOT_JSON
    if not isinstance(read, Mapping) or read.get("name") not in offered:
        return database, NO_TOOL
    tool, given = BY_NAME[read["name"]], read.get("arguments")
    if len(read) != 2 or not isinstance(given, Mapping) or not tool.fits(given):
        return database, WRONG_ARGUMENTS
    return tool.run(database, given)


def _said(**values: Any) -> str:
    return json.dumps(values)


def _numbers(database: Database) -> dict[int, str]:
    return {person["number"]: name for name, person in database["people"].items()}


def _changed(database: Database, table: str, key: Any, **values: Any) -> Answer:
    rows = database[table]
    if key not in rows:
        return database, NOT_FOUND
    return {**database, table: {**rows, key: {**rows[key], **values}}}, OK
