"""Do two result tables say the same? The rules of docs/verifiers/sql.md, on decoded cells.

Tables are multisets of rows. Where the gold orders its rows, they are cut into blocks of rows that
tie on the gold's sort keys; blocks come in order and each is a multiset. Names of columns play no
part. R rows, C columns.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from suite.plugins.rewards.sql.cells import Cell, Row, is_number

RELATIVE = 1e-6
# A millionth of a Julian day number is two days and of a Unix time half an hour, so the relative
# tolerance stops at a thousandth; above 1e9 the last bits of a sum are allowed for.
CEILING, CEILING_RELATIVE = 1e-3, 1e-12
FLOOR = 1e-12
LARGEST_MATCHING = 400  # rows that differ only within the tolerance, matched one to one
MOST_COLUMN_ORDERS = 5040


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What a gold returns on one database.

    Attributes:
        num_columns: C; rows: R rows in the gold's order.
        blocks: (start, stop) of rows that tie, in order; one block where order does not count.
    """

    num_columns: int
    rows: tuple[Row, ...]
    blocks: tuple[tuple[int, int], ...]

    @property
    def ordered(self) -> bool:
        """Whether the order of two rows is laid down."""
        return len(self.blocks) > 1


def unordered(num_columns: int, rows: Sequence[Row]) -> Expected:
    """A table whose order does not count."""
    return Expected(num_columns=num_columns, rows=tuple(rows), blocks=((0, len(rows)),))


def tolerance(left: float, right: float) -> float:
    """How far two numbers may be apart: max(1e-12, min(1e-6 m, max(1e-3, 1e-12 m))).

    m is the larger magnitude.
    """
    size = max(abs(left), abs(right))
    return max(FLOOR, min(RELATIVE * size, max(CEILING, CEILING_RELATIVE * size)))


def same_cell(left: Cell, right: Cell) -> bool:
    """Whole numbers exactly, other numbers within the tolerance, the rest by type and value."""
    if left == right:
        return True
    if not (is_number(left) and is_number(right)):
        return False
    if isinstance(left, int) and isinstance(right, int):
        return False
    try:
        x, y = float(left), float(right)
    except OverflowError:
        return False
    if x in INFINITIES or y in INFINITIES:
        return x == y
    return abs(x - y) <= tolerance(x, y)


INFINITIES = (float("inf"), float("-inf"))


def difference(
    expected: Expected,
    num_columns: int,
    rows: Sequence[Row],
    *,
    any_column_order: bool = False,
) -> str | None:
    """What differs first: "columns", "number of rows", "values", "order"; None: nothing does.

    Args:
        expected: the gold's table.
        num_columns: of the answer's table.
        rows: of the answer's table, in its order.
        any_column_order: columns may come in any order, one order for all rows.
    """
    if num_columns != expected.num_columns:
        return "columns"
    if len(rows) != len(expected.rows):
        return "number of rows"
    if _same_table(expected, rows):
        return None
    if any_column_order:
        for order in _column_orders(expected.rows, rows):
            if _same_table(expected, [tuple(row[i] for i in order) for row in rows]):
                return None
    if expected.ordered and same_multiset(expected.rows, rows):
        return "order"
    return "values"


def _same_table(expected: Expected, rows: Sequence[Row]) -> bool:
    return all(
        same_multiset(expected.rows[start:stop], rows[start:stop])
        for start, stop in expected.blocks
    )


def same_multiset(left: Sequence[Row], right: Sequence[Row]) -> bool:
    """Whether rows pair up one to one, each pair the same cell by cell."""
    if len(left) != len(right):
        return False
    if len(left) == 1:
        return _same_row(left[0], right[0])
    counted_left, counted_right = Counter(left), Counter(right)
    if counted_left == counted_right:
        return True
    groups_left, groups_right = _groups(left), _groups(right)
    if groups_left.keys() != groups_right.keys():
        return False
    return all(_pair_up(groups_left[key], groups_right[key]) for key in groups_left)


def _same_row(left: Row, right: Row) -> bool:
    return all(map(same_cell, left, right))


def _groups(rows: Sequence[Row]) -> dict[Row, list[Row]]:
    """Rows by their cells that are no numbers; numbers are marked by None inside a tuple."""
    groups: dict[Row, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(("number",) if is_number(cell) else cell for cell in row)].append(row)
    return groups


def _pair_up(left: list[Row], right: list[Row]) -> bool:
    """Rows that differ in numbers alone: sorted pairs first, else a matching.

    Sorting can pair wrongly where a first column differs by rounding; the matching cannot.
    """
    if len(left) != len(right):
        return False
    by_numbers: Callable[[Row], list[Cell]] = lambda row: [c for c in row if is_number(c)]  # noqa: E731
    left, right = sorted(left, key=by_numbers), sorted(right, key=by_numbers)
    if all(map(_same_row, left, right)):
        return True
    return len(left) <= LARGEST_MATCHING and _matching(left, right)


def _matching(left: list[Row], right: list[Row]) -> bool:
    """Whether a perfect matching exists (Kuhn's augmenting paths)."""
    edges = [[j for j, other in enumerate(right) if _same_row(row, other)] for row in left]
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for j in edges[row]:
            if j in seen:
                continue
            seen.add(j)
            if j not in owner or place(owner[j], seen):
                owner[j] = row
                return True
        return False

    return all(place(row, set()) for row in range(len(left)))


def _column_orders(gold: Sequence[Row], rows: Sequence[Row]) -> Iterator[tuple[int, ...]]:
    """Orders of the answer's columns under which each equals the gold's column as a multiset."""
    gold_columns = [[(cell,) for cell in column] for column in zip(*gold, strict=True)]
    columns = [[(cell,) for cell in column] for column in zip(*rows, strict=True)]
    fits = [
        [i for i, column in enumerate(columns) if same_multiset(wanted, column)]
        for wanted in gold_columns
    ]
    yield from islice(_injections(fits, ()), MOST_COLUMN_ORDERS)


def _injections(fits: list[list[int]], chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if len(chosen) == len(fits):
        yield chosen
        return
    for i in fits[len(chosen)]:
        if i not in chosen:
            yield from _injections(fits, (*chosen, i))


def blocks_of(keys: Sequence[Row]) -> tuple[tuple[int, int], ...]:
    """Runs of equal sort keys, as (start, stop)."""
    if not keys:
        return ((0, 0),)
    starts = [0, *(i for i, (one, two) in enumerate(pairwise(keys), 1) if one != two)]
    return tuple(zip(starts, [*starts[1:], len(keys)], strict=True))
