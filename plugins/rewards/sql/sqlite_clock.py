"""SQLite's clock, stopped: every way to ask for the time gives one instant.

The date functions of a connection are overridden by functions that put the instant where 'now'
would be read, and hand the rest to a second connection, so formats and modifiers keep SQLite's
own meaning. CURRENT_DATE, CURRENT_TIME and CURRENT_TIMESTAMP are functions to SQLite as well.
"""

import sqlite3
from collections.abc import Callable
from functools import cache
from typing import Any

NUM_TIME_VALUES = {"timediff": 2}  # leading arguments that are times; 1 for the others
FIRST_TIME = {"strftime": 1}  # where the times begin
NAMES = ("date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff")
KEYWORDS = {"current_date": "date", "current_time": "time", "current_timestamp": "datetime"}
SUBSECONDS = ("subsec", "subsecond")  # as a first time value: now, in milliseconds


class StoppedClock:
    """The overrides for one instant, "YYYY-MM-DD HH:MM:SS", in UTC."""

    def __init__(self, instant: str) -> None:
        self.instant = instant
        self._plain = sqlite3.connect(":memory:", isolation_level=None)

    def install(self, connection: sqlite3.Connection) -> None:
        """Override the date functions of a connection."""
        for name in NAMES:
            connection.create_function(name, -1, self._function(name), deterministic=True)
        for keyword, name in KEYWORDS.items():
            value = self._ask(name, (self.instant,))
            connection.create_function(keyword, 0, _constant(value), deterministic=True)

    def _function(self, name: str) -> Callable[..., Any]:
        first = FIRST_TIME.get(name, 0)
        last = first + NUM_TIME_VALUES.get(name, 1)

        def stopped(*arguments: Any) -> Any:
            if len(arguments) == first and name != "timediff":
                arguments = (*arguments, "now")
            times: list[Any] = []
            for argument in arguments[first:last]:
                times += self._time_value(argument)
            return self._ask(name, (*arguments[:first], *times, *arguments[last:]))

        return stopped

    def _time_value(self, argument: Any) -> list[Any]:
        word = argument.lower() if isinstance(argument, str) else None
        if word == "now":
            return [self.instant]
        if word in SUBSECONDS:
            return [self.instant, argument]
        return [argument]

    def _ask(self, name: str, arguments: tuple[Any, ...]) -> Any:
        (value,) = self._plain.execute(_call(name, len(arguments)), arguments).fetchone()
        return value


@cache
def _call(name: str, num_arguments: int) -> str:
    return f"SELECT {name}({','.join('?' * num_arguments)})"


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value
