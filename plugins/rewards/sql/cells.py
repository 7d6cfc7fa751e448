"""Cells of a result table: typed values on the pipe, and the keys that the parent compares.

On the pipe a cell is a JSON value: null, true, a whole number, a finite number or text stand for
themselves; {"f": "inf"} is another float, {"b": "00ff"} bytes, {"d": "1.50"} a decimal and
{"x": ["date", "2024-07-01"]} a value of any other type. In the parent a cell is None, int, float,
Decimal, str, bytes or a tuple (type, text). Numbers compare as numbers whatever their type;
otherwise types differ, so '1' is not 1 and TRUE (DuckDB's) is not 1.
"""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

Cell = Any  # None | int | float | Decimal | str | bytes | tuple[str, str]
Row = tuple[Cell, ...]

PLAIN = frozenset({type(None), int, str})


def encode_cell(value: Any) -> Any:
    """A value that an engine returned, as JSON."""
    kind = type(value)
    if kind in PLAIN or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"f": str(value)}
    if kind is bytes:
        return {"b": value.hex()}
    if kind is Decimal:
        return {"d": str(value)} if value.is_finite() else {"f": str(float(value))}
    iso = getattr(value, "isoformat", None)
    return {"x": [kind.__name__, iso() if iso is not None else repr(value)]}


def decode_row(row: Sequence[Any]) -> Row:
    """A row from the pipe."""
    return tuple(cell if type(cell) in PLAIN else decode_cell(cell) for cell in row)


def decode_cell(cell: Any) -> Cell:
    """One cell from the pipe.

    NaN becomes a value that equals itself.
    """
    if type(cell) is float or type(cell) in PLAIN:
        return cell
    if cell is True or cell is False:
        return ("bool", str(cell))
    (tag, value), *_ = cell.items()
    if tag == "f":
        return ("float", "nan") if value == "nan" else float(value)
    if tag == "b":
        return bytes.fromhex(value)
    if tag == "d":
        return Decimal(value)
    name, text = value
    return (str(name), str(text))


def is_number(cell: Cell) -> bool:
    """Whether the cell compares as a number."""
    return isinstance(cell, int | float | Decimal)
