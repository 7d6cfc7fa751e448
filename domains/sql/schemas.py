"""Schemas of two tables and the rows in them: pure functions of a seed and a number.

    team(id,name,kind) player(id,team_id,title,price)       a player belongs to a team

Values tie and are missing (NULL) on purpose; one parent has no children, and some children no
parent.
"""

import random
import sqlite3
from dataclasses import dataclass
from itertools import product
from pathlib import Path

PARENTS = ("team", "city", "shop", "club", "farm", "school")
CHILDREN = ("player", "book", "car", "song", "dog", "house")
NUMBERS = ("price", "age", "size", "score")
KINDS = ("red", "blue", "green")
NUM_PARENTS, NUM_CHILDREN = 9, 30


@dataclass(frozen=True)
class Schema:
    """parent(id, name, kind) and child(id, parent_id, title, number)."""

    parent: str
    child: str
    number: str

    @property
    def text(self) -> str:
        """As a prompt shows it."""
        return f"{self.parent}(id,name,kind) {self.child}(id,{self.parent}_id,title,{self.number})"

    @property
    def name(self) -> str:
        """For files."""
        return f"{self.parent}_{self.child}_{self.number}"


SCHEMAS = tuple(Schema(*one) for one in product(PARENTS, CHILDREN, NUMBERS))


def is_held_out(schema: Schema) -> bool:
    """One schema in four; every table and column stands in training schemas too."""
    places = (
        PARENTS.index(schema.parent) + CHILDREN.index(schema.child) + NUMBERS.index(schema.number)
    )
    return places % 4 == 0


def write_database(schema: Schema, path: Path) -> None:
    """A SQLite file with the schema's two tables, filled; the same bytes for the same schema."""
    draw = random.Random(f"database {schema.name}")
    kinds = draw.sample(KINDS, len(KINDS))
    parents = [
        (i, f"{schema.parent} {i}", kinds[i % len(kinds)]) for i in range(1, NUM_PARENTS + 1)
    ]
    childless = draw.randrange(1, NUM_PARENTS + 1)
    owners = [i for i in range(1, NUM_PARENTS + 1) if i != childless]
    children = [
        (
            i,
            None if draw.random() < 0.1 else draw.choice(owners),
            f"{schema.child} {i}",
            None if i == 1 or draw.random() < 0.12 else draw.randint(1, 12),
        )
        for i in range(1, NUM_CHILDREN + 1)
    ]
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"CREATE TABLE {schema.parent} (id INTEGER PRIMARY KEY, name TEXT UNIQUE, kind TEXT)"
        )
        connection.execute(
            f"CREATE TABLE {schema.child} (id INTEGER PRIMARY KEY, {schema.parent}_id INTEGER "
            f"REFERENCES {schema.parent} (id), title TEXT UNIQUE, {schema.number} INTEGER)"
        )
        connection.executemany(f"INSERT INTO {schema.parent} VALUES (?, ?, ?)", parents)
        connection.executemany(f"INSERT INTO {schema.child} VALUES (?, ?, ?, ?)", children)
    connection.close()
