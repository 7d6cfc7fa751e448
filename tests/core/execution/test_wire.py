"""What the wire carries arrives with its type and its last bit; nothing else is carried."""

import collections
import datetime
import decimal
import fractions
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.core.execution import wire

keys = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.binary())
values = st.recursive(
    st.one_of(keys, st.floats(allow_nan=False), st.complex_numbers(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner), st.tuples(inner), st.dictionaries(keys, inner), st.frozensets(keys)
    ),
    max_leaves=20,
)


def crossed(value: object) -> object:
    return wire.decode(json.loads(json.dumps(wire.encode(value))))


def typed(value: object) -> object:
    """A value in which 1, 1.0 and True differ, and so do 0.0 and -0.0."""
    if isinstance(value, dict):
        return (type(value), [(typed(k), typed(v)) for k, v in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [typed(one) for one in value])
    if isinstance(value, set | frozenset):
        return (type(value), sorted(repr(typed(one)) for one in value))
    return (type(value), repr(value))


@given(values)
def test_every_plain_value_arrives_with_its_type(value: object) -> None:
    assert typed(crossed(value)) == typed(value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        5e-324,
        -math.inf,
        {1, 2},
        range(3, -9, -2),
        fractions.Fraction(-1, 3),
        decimal.Decimal("1.10"),
        datetime.date(2020, 2, 29),
        bytearray(b"\0\xff"),
        collections.Counter("aab"),
        collections.OrderedDict(b=1, a=2),
        collections.deque([1, 2]),
        "\ud800",
    ],
    ids=repr,
)
def test_library_values_arrive_with_their_type(value: object) -> None:
    assert typed(crossed(value)) == typed(value)


def test_nan_arrives() -> None:
    assert math.isnan(crossed(math.nan))  # type: ignore[arg-type]


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize("value", [Liar(3), [Liar(3)], {Liar(3): 1}, object(), int, iter([])])
def test_a_subclass_or_an_object_is_not_carried(value: object) -> None:
    with pytest.raises(wire.WireError, match="a value of type"):
        wire.encode(value)


def test_depth_count_and_size_are_bounded() -> None:
    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    wide = [0] * (wire.MAX_NODES + 1)
    for value in (deep, wide, 1 << wire.MAX_BITS, range(10**9)):
        with pytest.raises(wire.WireError):
            wire.decode(wire.encode(value))


def test_shared_structure_is_counted_as_often_as_it_is_seen() -> None:
    doubling: list[object] = [0]
    for _ in range(40):
        doubling = [doubling, doubling]
    with pytest.raises(wire.WireError, match="more than"):
        wire.encode(doubling)


@pytest.mark.parametrize(
    "node",
    [
        1,
        1.5,
        {},
        {"int": "1"},
        [],
        ["int", 1],
        ["int", "1" * 5000],
        ["int", "0x1"],
        ["int", "1_0"],
        ["float", "1e5"],
        ["float", "0x1.8p+99999"],
        ["set", [["list", []]]],
        ["dict", [["a"]]],
        ["dict", [[["list", []], "a"]]],
        ["dict", "ab"],
        ["object", []],
        [["list"], []],
        ["Fraction", [["int", "1"], ["int", "0"]]],
        ["Fraction", ["1", "0"]],
        ["range", ["0", "1", "0"]],
        ["Decimal", "1" * 5000],
        ["date", "2020-13-01"],
        ["bytes", "0g"],
        ["complex", ["0x1.0p+0"]],
    ],
    ids=repr,
)
def test_a_forged_node_is_refused(node: object) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(node)


def test_keys_made_to_collide_are_refused_before_they_are_put_into_a_set() -> None:
    """hash(int) is its value modulo 2**61 - 1, so these hash alike and differ."""
    colliding = [["int", format(k * (2**61 - 1), "x")] for k in range(1, 2000)]
    for node in (["set", colliding], ["dict", [[one, None] for one in colliding]]):
        with pytest.raises(wire.WireError, match="one hash"):
            wire.decode(node)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"9" * 10_000, b"\xff", b"[]", b"", b"{"])
def test_a_hostile_body_is_one_clear_error(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.unframe(body)
