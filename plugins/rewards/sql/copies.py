"""A perturbed copy of a database: what held for the rows still holds, what was counted does not.

With an even seed, half of the rows of each table are written twice. The second time, a value that
is unique in its column becomes a new one, references follow the rows that they point to where
those were written twice as well, and fractions are scaled by one factor a table. With an odd seed,
a third of the rows goes, and with each row those that refer to it. Either way keys stay unique,
references whole, low below high; and a constant, a count, a sum, a maximum or a list of names that
was right before is likely wrong now. Rows are shuffled, so that an answer that leans on their order
is seen.

Pure functions on rows; sqlite_copy.py and duckdb_copy.py read and write the files.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MARK = " bis"  # of a unique text, the second time
FACTORS = (0.7, 1.4)
KEPT = 2 / 3
SHARED_ENDING = 4  # letters that the names of a reference and its target share, at least
DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}:\d\d.*", re.DOTALL)
REFERENCE = re.compile(r".*(id|_?code|_?key|_?no|_?num)", re.IGNORECASE)

EVERYWHERE = ("id", "key", "code", "no", "num", "name", "title")  # no names of their own

Place = tuple[str, str]  # table, column


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table in memory.

    Attributes:
        name; columns: names, C; rows: R rows of C values as the engine gives them.
        references: column -> (table, column) as the schema declares them.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    references: Mapping[str, Place]


def perturbed(tables: Sequence[Table], *, seed: int) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each table in the copy; the same seed gives the same copy."""
    draw = random.Random(seed)
    fresh = {
        (table.name, column): new
        for table in tables
        for i, column in enumerate(table.columns)
        if (new := _fresh([row[i] for row in table.rows])) is not None
    }
    targets = _targets(tables, fresh)
    result = _fewer(tables, targets, draw) if seed % 2 else _more(tables, fresh, targets, draw)
    for rows in result.values():
        draw.shuffle(rows)
    return result


def _more(
    tables: Sequence[Table],
    fresh: Mapping[Place, Mapping[Any, Any]],
    targets: Mapping[Place, Place],
    draw: random.Random,
) -> dict[str, list[tuple[Any, ...]]]:
    """Half of the rows twice."""
    chosen = {table.name: _chosen(table, draw) for table in tables}
    renamed = {
        (table.name, column): {row[i]: fresh[table.name, column][row[i]] for row in again}
        for table in tables
        for again in [chosen[table.name]]
        for i, column in enumerate(table.columns)
        if (table.name, column) in fresh
    }
    result: dict[str, list[tuple[Any, ...]]] = {}
    for table in tables:
        factor = draw.choice(FACTORS)
        places = [(table.name, column) for column in table.columns]
        maps = [renamed.get(targets.get(place, place), {}) for place in places]
        again = [
            tuple(_second(value, new, factor) for value, new in zip(row, maps, strict=True))
            for row in chosen[table.name]
        ]
        result[table.name] = [*table.rows, *again]
    return result


def _fewer(
    tables: Sequence[Table], targets: Mapping[Place, Place], draw: random.Random
) -> dict[str, list[tuple[Any, ...]]]:
    """A third of the rows less, and what refers to them: repeated until nothing dangles."""
    kept = {t.name: [row for row in t.rows if draw.random() < KEPT] for t in tables}
    columns = {table.name: table.columns for table in tables}
    shrinking = True
    while shrinking:
        shrinking = False
        for (table, column), (other, target) in targets.items():
            i, j = columns[table].index(column), columns[other].index(target)
            alive = {row[j] for row in kept[other]}
            rows = [row for row in kept[table] if row[i] is None or row[i] in alive]
            shrinking |= len(rows) < len(kept[table])
            kept[table] = rows
    return kept


def _chosen(table: Table, draw: random.Random) -> list[tuple[Any, ...]]:
    """About half of the rows, at least one."""
    rows = [row for row in table.rows if draw.random() < 0.5]
    return rows or [draw.choice(table.rows)] if table.rows else []


def _second(value: Any, new: Mapping[Any, Any], factor: float) -> Any:
    if type(value) is float:
        return new.get(value, round(value * factor, 6))
    try:
        return new.get(value, value)
    except TypeError:  # a list or a struct of DuckDB
        return value


def _fresh(values: Sequence[Any]) -> dict[Any, Any] | None:
    """New values for a column of unique whole numbers or texts; None: it is not one."""
    kinds = {type(value) for value in values}
    if len(kinds) != 1 or len(values) < 2 or len(set(map(repr, values))) < len(values):
        return None
    if kinds == {int}:
        above = max(values) + 1
        return {value: above + rank for rank, value in enumerate(sorted(values))}
    if kinds == {str} and not all(DATE.fullmatch(value) for value in values):
        return {value: value + MARK for value in values}
    return None


def _targets(
    tables: Sequence[Table], fresh: Mapping[Place, Mapping[Any, Any]]
) -> dict[Place, Place]:
    """The unique column that each reference points to, declared or seeming."""
    values = {
        (table.name, column): {row[i] for row in table.rows if _hashable(row[i])}
        for table in tables
        for i, column in enumerate(table.columns)
    }
    targets: dict[Place, Place] = {}
    for table in tables:
        for column in table.columns:
            place = (table.name, column)
            target = table.references.get(column) or _target(place, values, fresh)
            if target is not None and target in fresh and values[place] <= values[target]:
                targets[place] = target
    return targets


def _hashable(value: Any) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _target(
    place: Place, values: Mapping[Place, set[Any]], fresh: Mapping[Place, Mapping[Any, Any]]
) -> Place | None:
    """The column that this one seems to refer to: named alike, unique, and holding its values."""
    table, _ = place
    if not values[place]:
        return None
    best: tuple[int, Place] | None = None
    for other in fresh:
        if other[0] == table or not values[place] <= values[other]:
            continue
        score = _likeness(place, other)
        # Two tables may both have an id. Of two unique columns that share a name of their own
        # (author_id), the one with more values is the target.
        if place in fresh and (
            place[1].lower() in EVERYWHERE or len(values[other]) <= len(values[place])
        ):
            continue
        if score and (best is None or score > best[0]):
            best = (score, other)
    return best[1] if best is not None else None


def _likeness(place: Place, other: Place) -> int:
    """How alike two names are as reference and target; 0: not at all."""
    (_, column), (table, target) = place, other
    left, right = column.lower(), target.lower()
    if left == right:
        return 1000
    if not REFERENCE.fullmatch(left):
        return 0
    qualified = f"{table.lower().rstrip('s')}_{right}"
    shared = 0
    while shared < min(len(left), len(right)) and left[-1 - shared] == right[-1 - shared]:
        shared += 1
    if left == qualified or left == qualified.replace("_", ""):
        return 500
    return shared if shared >= SHARED_ENDING else 0
