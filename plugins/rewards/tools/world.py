"""A world of tools: pure functions on a database that is a value, and the hash of that value.

A state is ``{table: {key: entry}}`` of JSON values. Nobody edits one: a tool returns a new state
that shares what it did not change, so any number of episodes can run from one initial state.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
State = Mapping[str, Mapping[str, Entry]]


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a tool answers; ``failed``: it refused, and the state is as it was."""

    text: str
    failed: bool = False


class ToolError(Exception):
    """A tool's refusal, in the words that the caller of the tool reads."""


class ToolWorld(ABC):
    """Tools on a database.

    Attributes:
        schemas: the function documents of the tools, as JSON Schema.
    """

    schemas: Sequence[Mapping[str, Any]]

    @abstractmethod
    def initial_state(self) -> State:
        """The database that every episode starts from."""

    @abstractmethod
    def call(
        self, state: State, name: str, arguments: Mapping[str, Any]
    ) -> tuple[State, Observation]:
        """The state after a call, and its answer. Bad arguments are an answer, not an exception."""


def with_entry(state: State, table: str, key: str, entry: Entry) -> State:
    """The state with one entry replaced."""
    return {**state, table: {**state[table], key: entry}}


class StateHash:
    """Hashes states that share most entries with ``initial``, whose entries are hashed once."""

    def __init__(self, initial: State) -> None:
        self.initial = initial
        self.lines = {
            (table, key): _line(table, key, entry)
            for table, rows in initial.items()
            for key, entry in rows.items()
        }

    def __call__(self, state: State) -> str:
        """SHA-256 over every (table, key, entry), in the order of their names."""
        total = hashlib.sha256()
        for table in sorted(state):
            first = self.initial.get(table, {})
            for key in sorted(state[table]):
                entry = state[table][key]
                kept = first.get(key) is entry
                total.update(self.lines[table, key] if kept else _line(table, key, entry))
        return total.hexdigest()


def _line(table: str, key: str, entry: Entry) -> bytes:
    """What an entry adds to the hash: where it stands, and a digest of it."""
    digest = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).digest()
    return json.dumps([table, key]).encode() + digest
