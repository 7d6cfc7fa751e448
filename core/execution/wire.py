"""Typed values as text, and framed messages: the only things that cross the sandbox's wall.

A value is rebuilt by its reader from exact plain types; a subclass has no form here, so no method
that a program defines can reach the reader. The text is JSON, but never JSON objects: [tag,
payload] lists. Integers travel in hexadecimal (their decimal form takes quadratic time) and
floats as ``float.hex``, so that -0.0, nan and the last bit arrive.

Imported by both sides: standard library only.
"""

import collections
import datetime
import decimal
import fractions
import json
import re
import struct
from collections.abc import Callable, Iterable
from typing import Any

MAX_DEPTH = 64
MAX_NODES = 200_000
MAX_BITS = 14_000  # below the 4,300 digits at which str() of an int is refused
MAX_COLLISIONS = 32  # keys of one hash in one set or dict: more is an attack on the reader
HEADER = struct.Struct(">I")

_INT = re.compile(r"-?[0-9a-f]{1,3600}\Z")
_FLOAT = re.compile(r"(-?0x[01]\.[0-9a-f]{1,13}p[+-][0-9]{1,4}|-?inf|nan|-?0x0\.0p\+0)\Z")


class WireError(ValueError):
    """A value or text that the wire does not carry; the message says which."""


# --- writing -----------------------------------------------------------------------------------


def encode(value: object) -> Any:
    """A JSON tree of a typed value.

    Raises:
        WireError: a type that is not plain, or too deep, too many, too large.
    """
    return _encode(value, MAX_DEPTH, [MAX_NODES])


def _encode(value: Any, depth: int, left: list[int]) -> Any:
    kind = type(value)
    left[0] -= 1
    if left[0] < 0:
        raise WireError(f"more than {MAX_NODES:,} values")
    if depth == 0:
        raise WireError(f"nested deeper than {MAX_DEPTH} levels")
    if value is None or kind is bool or kind is str:
        return value
    if kind in _SCALARS:
        return [kind.__name__, _SCALARS[kind](value)]
    if kind in _SEQUENCES:
        return [kind.__name__, [_encode(one, depth - 1, left) for one in value]]
    if kind in _MAPPINGS:
        pairs = dict.items(value)
        return [
            kind.__name__,
            [[_encode(k, depth - 1, left), _encode(v, depth - 1, left)] for k, v in pairs],
        ]
    raise WireError(f"a value of type {kind.__name__}")


def _hex(value: int) -> str:
    if value.bit_length() > MAX_BITS:
        raise WireError(f"an integer of more than {MAX_BITS:,} bits")
    return format(value, "x")


def _decimal(value: decimal.Decimal) -> str:
    text = str(value)
    if len(text) > 4300:
        raise WireError("a Decimal of more than 4,300 letters")
    return text


_SCALARS: dict[type, Callable[[Any], Any]] = {
    int: _hex,
    float: float.hex,
    bytes: bytes.hex,
    bytearray: lambda value: bytes(value).hex(),
    complex: lambda value: [value.real.hex(), value.imag.hex()],
    range: lambda value: [_hex(one) for one in (value.start, value.stop, value.step)],
    fractions.Fraction: lambda value: [_hex(value.numerator), _hex(value.denominator)],
    decimal.Decimal: _decimal,
    datetime.date: datetime.date.isoformat,
}
_SEQUENCES: dict[type, Callable[[Iterable[Any]], Any]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.deque: collections.deque,
}
_MAPPINGS: dict[type, Callable[[Iterable[Any]], Any]] = {
    dict: dict,
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: lambda pairs: collections.Counter(dict(pairs)),
    collections.defaultdict: lambda pairs: collections.defaultdict(None, pairs),
}


# --- reading -----------------------------------------------------------------------------------


def decode(node: object) -> Any:
    """The typed value of a JSON tree that the other side may have forged.

    Raises:
        WireError: anything that ``encode`` does not write.
    """
    return _decode(node, MAX_DEPTH, [MAX_NODES])


def _decode(node: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth == 0:
        raise WireError("too many values, or nested too deep")
    if node is None or type(node) is bool or type(node) is str:
        return node
    if type(node) is not list or len(node) != 2 or type(node[0]) is not str:
        raise WireError("not a typed value")
    tag, payload = node
    if tag in _READERS:
        return _READERS[tag](payload)
    if tag in _BUILDERS and type(payload) is list:
        return _container(tag, payload, depth - 1, left)
    raise WireError("not a typed value")


def _container(tag: str, payload: list[Any], depth: int, left: list[int]) -> Any:
    if tag in _MAPPING_TAGS:
        if any(type(pair) is not list or len(pair) != 2 for pair in payload):
            raise WireError("not a typed value")
        keys = [_decode(pair[0], depth, left) for pair in payload]
        _refuse_collisions(keys)
        values = (_decode(pair[1], depth, left) for pair in payload)
        return _BUILDERS[tag](zip(keys, values, strict=True))
    items = [_decode(one, depth, left) for one in payload]
    if tag in ("set", "frozenset"):
        _refuse_collisions(items)
    return _BUILDERS[tag](items)


def _refuse_collisions(keys: list[Any]) -> None:
    """Thousands of keys of one hash would take the reader's time, not the program's."""
    try:
        hashes = sorted(hash(key) for key in keys)
    except TypeError:
        raise WireError("a key that cannot be hashed") from None
    stride = MAX_COLLISIONS
    if any(low == high for low, high in zip(hashes, hashes[stride:], strict=False)):
        raise WireError("too many keys of one hash")


def _read_int(payload: Any) -> int:
    if type(payload) is not str or not _INT.match(payload):
        raise WireError("not an integer")
    return int(payload, 16)


def _read_float(payload: Any) -> float:
    if type(payload) is not str or not _FLOAT.match(payload):
        raise WireError("not a float")
    try:
        return float.fromhex(payload)
    except (ValueError, OverflowError):
        raise WireError("not a float") from None


def _read_bytes(payload: Any) -> bytes:
    try:
        return bytes.fromhex(payload)
    except (TypeError, ValueError):
        raise WireError("not bytes") from None


def _parts(payload: Any, count: int) -> list[Any]:
    if type(payload) is not list or len(payload) != count:
        raise WireError(f"not {count} parts")
    return payload


def _read_range(payload: Any) -> range:
    start, stop, step = map(_read_int, _parts(payload, 3))
    if step == 0:
        raise WireError("a range without a step")
    made = range(start, stop, step)
    if made[MAX_NODES:]:
        raise WireError("a range of too many numbers")
    return made


def _read_fraction(payload: Any) -> fractions.Fraction:
    top, bottom = map(_read_int, _parts(payload, 2))
    if bottom <= 0:
        raise WireError("a fraction over nothing")
    return fractions.Fraction(top, bottom)


def _read_decimal(payload: Any) -> decimal.Decimal:
    if type(payload) is not str or len(payload) > 4300:
        raise WireError("not a Decimal")
    try:
        return decimal.Decimal(payload)
    except decimal.InvalidOperation:
        raise WireError("not a Decimal") from None


def _read_date(payload: Any) -> datetime.date:
    try:
        return datetime.date.fromisoformat(payload)
    except (TypeError, ValueError):
        raise WireError("not a date") from None


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": _read_int,
    "float": _read_float,
    "bytes": _read_bytes,
    "bytearray": lambda payload: bytearray(_read_bytes(payload)),
    "complex": lambda payload: complex(*map(_read_float, _parts(payload, 2))),
    "range": _read_range,
    "Fraction": _read_fraction,
    "Decimal": _read_decimal,
    "date": _read_date,
}
_MAPPING_TAGS = {kind.__name__ for kind in _MAPPINGS}
_BUILDERS = {kind.__name__: build for kind, build in (_SEQUENCES | _MAPPINGS).items()}


# --- frames ------------------------------------------------------------------------------------


def frame(message: list[Any] | dict[str, Any]) -> bytes:
    """A message with its length in front."""
    body = json.dumps(message).encode("ascii")
    return HEADER.pack(len(body)) + body


def unframe(body: bytes) -> dict[str, Any]:
    """The message of a frame's body.

    Raises:
        WireError: it is not JSON, not an object, or nested beyond the reader.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise WireError("not a message") from None
    if type(message) is not dict:
        raise WireError("not a message")
    return message
