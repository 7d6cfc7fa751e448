"""Schemas in three dialects, and equality typed by them."""

from typing import Any

import pytest

from suite.plugins.rewards.tools.equality import Fields, Options, equals, fits, literal
from suite.plugins.rewards.tools.schema import SchemaError, read_tool


def schema_of(raw: Any, required: bool = True) -> Any:
    parameters: dict[str, Any] = {"type": "object", "properties": {"p": raw}}
    parameters["required"] = ["p"] if required else []
    return read_tool({"name": "f", "parameters": parameters}).arguments.properties["p"]


def same(value: Any, answer: Any, raw: Any) -> bool:
    return equals(value, literal(answer), schema_of(raw))


@pytest.mark.parametrize(
    ("raw", "answer", "right", "wrong"),
    [
        ({"type": "integer"}, 5, [5], [5.0, "5", True, None, [5], 6]),
        ({"type": "integer"}, 1, [1], [True, 1.0]),
        ({"type": "number"}, 5, [5, 5.0], ["5", True, 5.0000001]),
        ({"type": "number"}, 1, [1, 1.0], [True]),
        ({"type": "float"}, 0.1, [0.1], ["0.1", 0.2]),
        ({"type": "number"}, 2**53 + 1, [2**53 + 1], [float(2**53)]),
        ({"type": "boolean"}, True, [True], [1, "true", "True", False, None]),
        ({"type": "string"}, "1.5", ["1.5"], ["15", 1.5, "1.5 ", "1,5"]),
        ({"type": "string", "enum": ["a", "b"]}, "a", ["a"], ["A", "b"]),
        ({"type": "any"}, 5, [5], [5.0, "5", True]),
        ({"type": "null"}, None, [None], [0, False, ""]),
        (
            {"type": "array", "items": {"type": "integer"}},
            [1, 2],
            [[1, 2]],
            [[2, 1], [1], [1, 2.0]],
        ),
        ({"type": "set", "items": {"type": "integer"}}, [1, 2], [[2, 1]], [[1, 1], [1], [1, 2, 2]]),
        (
            {"type": "array", "items": {"type": "number"}, "uniqueItems": True},
            [1, 2, 2],
            [[2, 1, 2.0]],
            [[1, 1, 2]],
        ),
        ({"type": ["string", "null"]}, None, [None], ["", "null"]),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "5", ["5"], [5]),
        ({"type": "string", "nullable": True}, "x", ["x"], [None]),
        ({"type": "List[int]"}, [1], [[1]], [["1"], [1.0]]),
        ({"type": "str, optional"}, "a", ["a"], [1]),
        ({"type": "Union[int, float]"}, 2, [2, 2.0], ["2"]),
        ({"type": "HashMap"}, {"a": 1}, [{"a": 1}], [{"a": "1"}, {"a": 1, "b": 2}, {}]),
        ({"type": "Dict[str, float]"}, {"a": 1}, [{"a": 1.0}], [{"a": "1"}]),
    ],
)
def test_equality_is_typed_by_the_schema(
    raw: Any, answer: Any, right: list[Any], wrong: list[Any]
) -> None:
    for value in right:
        assert same(value, answer, raw), value
    for value in wrong:
        assert not same(value, answer, raw), value


NESTED = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "count": {"type": "integer", "default": 1},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["id"],
}


def test_nested_objects_compare_by_key_and_by_default() -> None:
    assert same({"id": "a"}, {"id": "a", "count": 1}, NESTED)
    assert same({"id": "a", "count": 1}, {"id": "a"}, NESTED)
    assert not same({"id": "a", "count": 2}, {"id": "a"}, NESTED)
    assert not same({"id": "a"}, {"id": "a", "count": 2}, NESTED)
    assert not same({"id": "a", "tags": []}, {"id": "a"}, NESTED)
    assert not same({"id": "a", "other": 1}, {"id": "a"}, NESTED)
    assert not same({"count": 1}, {"id": "a"}, NESTED)


def test_several_accepted_values_in_a_set_are_matched_and_not_taken_in_order() -> None:
    """The first value meets both patterns, the second only one: taking in order would fail."""
    both = Fields(keys={"k": Options(patterns=(1, 2))})
    one = Fields(keys={"k": Options(patterns=(1,))})
    raw = {"type": "set", "items": {"type": "object", "properties": {"k": {"type": "integer"}}}}
    schema = schema_of(raw)
    assert equals([{"k": 1}, {"k": 2}], [both, one], schema)
    assert equals([{"k": 2}, {"k": 1}], [both, one], schema)
    assert not equals([{"k": 2}, {"k": 2}], [both, one], schema)


def test_references_are_followed() -> None:
    document = {
        "name": "f",
        "parameters": {
            "properties": {"p": {"$ref": "#/$defs/point"}},
            "$defs": {
                "point": {"type": "array", "items": {"$ref": "#/$defs/axis"}},
                "axis": {"type": "number"},
            },
        },
    }
    assert fits([1, 2.5], read_tool(document).arguments.properties["p"])
    assert not fits(["1"], read_tool(document).arguments.properties["p"])


def tool(properties: Any, **parameters: Any) -> dict[str, Any]:
    return {"name": "f", "parameters": {"properties": properties, **parameters}}


PLACE = "the schema of tool 'f' cannot be checked against: parameters"
CIRCLE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (tool({"p": {"type": "quaternion"}}), f"{PLACE}/p: unknown type 'quaternion'"),
        (tool({"p": {"type": ""}}), f"{PLACE}/p: unknown type ''"),
        (tool({"p": {"type": "Callable[[int], int]"}}), f"{PLACE}/p/callable: unknown type"),
        (tool({"p": {"type": 5}}), f"{PLACE}/p: 'type' must be text, got '5'"),
        (tool({"p": "string"}), f"{PLACE}/p: a schema must be an object, got 'string'"),
        (
            tool({"p": {"$ref": "#/$defs/n"}}, **{"$defs": {"n": CIRCLE}}),
            "$ref '#/$defs/n' runs in a circle",
        ),
        (tool({"p": {"$ref": "#/$defs/none"}}), "$ref '#/$defs/none' points nowhere"),
        (tool({"p": {"$ref": "http://x/y"}}), "leaves the document"),
        (tool({"p": {"allOf": []}}), f"{PLACE}/p: 'allOf' is not supported"),
        (tool({"p": {"enum": []}}), "'enum' must be a list with values"),
        (tool({"p": {}}, required=["q"]), "required 'q' is not among the properties"),
        ({"name": "f"}, "the tool 'f' has no parameters with 'properties'"),
        ({"name": "f", "parameters": {"type": "object"}}, "has no parameters with 'properties'"),
        ({"parameters": {}}, "a tool needs a 'name' and 'parameters'"),
    ],
)
def test_a_schema_that_no_call_can_be_checked_against_is_refused_by_name(
    document: Any, message: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        read_tool(document)
    assert message in str(caught.value)
