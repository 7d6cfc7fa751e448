"""Schemas of tools, in the dialects that data sets use, read into one small type.

Read: JSON Schema (type, properties, required, items, enum, const, default, anyOf, oneOf, nullable,
$ref inside the document), BFCL's names for types (dict, float, tuple, HashMap, long, any, ...), and
Python annotations as text ("List[int]", "str, optional", "Union[int, float]").
Keywords that only narrow a value (minimum, pattern, format, minItems) are not needed to compare it
with the answer and are passed over. Refused, because a call could not be checked: an unknown type,
a $ref that is missing, leaves the document or runs in a circle, tools without ``properties``, and
allOf, not, if, patternProperties.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from suite.core.errors import SuiteError

Kind = Literal["any", "null", "boolean", "integer", "number", "string", "array", "object", "union"]

NAMES: dict[str, Kind] = {
    "any": "any",
    **dict.fromkeys(("null", "none", "nonetype"), "null"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("integer", "int", "long", "short", "byte", "bigint"), "integer"),
    **dict.fromkeys(("number", "float", "double"), "number"),
    **dict.fromkeys(("string", "str", "char"), "string"),
    **dict.fromkeys(("array", "list", "tuple", "arraylist", "set"), "array"),
    **dict.fromkeys(("object", "dict", "hashmap", "map"), "object"),
}
REFUSED = ("allOf", "not", "if", "patternProperties")
MAX_DEPTH = 24
ANNOTATION = re.compile(r"(\w+)[\[(](.*)[\])]", re.DOTALL)


class SchemaError(SuiteError):
    """A tool that no call can be checked against: the tool, the place in its schema, why."""


@dataclass(frozen=True, kw_only=True)
class Schema:
    """One type. ``has_default`` because null may be a default.

    Attributes:
        items: of an array; unordered: an array whose order means nothing (a set).
        properties, required, extra: of an object; ``extra`` types the keys that are not named,
            None where there may be none. options: of a union. enum: the permitted values, or None.
    """

    kind: Kind
    items: "Schema | None" = None
    unordered: bool = False
    properties: Mapping[str, "Schema"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    extra: "Schema | None" = None
    options: tuple["Schema", ...] = ()
    enum: tuple[Any, ...] | None = None
    default: Any = None
    has_default: bool = False


ANY = Schema(kind="any")


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool: its name and its arguments as one object; ``order`` names positional arguments."""

    name: str
    arguments: Schema

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(self.arguments.properties)


def read_tool(document: Any) -> Tool:
    """One tool from its function document, OpenAI's wrapper included.

    Raises:
        SchemaError: a call of it could not be checked.
    """
    if isinstance(document, Mapping) and isinstance(document.get("function"), Mapping):
        document = document["function"]
    if not isinstance(document, Mapping) or not isinstance(document.get("name"), str):
        raise SchemaError(f"a tool needs a 'name' and 'parameters', got {str(document)[:80]!r}.")
    name = document["name"]
    parameters = document.get("parameters")
    if not isinstance(parameters, Mapping) or not isinstance(parameters.get("properties"), Mapping):
        raise SchemaError(
            f"the tool '{name}' has no parameters with 'properties', so no call of it can be "
            "checked.\nA tool without arguments says so: "
            '{"type": "object", "properties": {}}.'
        )
    reading = _Reading(name, parameters)
    return Tool(name=name, arguments=reading.schema(parameters, "parameters"))


class _Reading:
    """Reads one tool's schema; the names of $refs being read tell a circle."""

    def __init__(self, tool: str, document: Mapping[str, Any]) -> None:
        self.tool = tool
        self.document = document
        self.open: list[str] = []

    def error(self, place: str, problem: str) -> SchemaError:
        return SchemaError(
            f"the schema of tool '{self.tool}' cannot be checked against: {place}: {problem}.\n"
            "Correct the schema or leave the row out."
        )

    def schema(self, raw: Any, place: str) -> Schema:
        if raw is True or raw == {}:
            return ANY
        if not isinstance(raw, Mapping):
            raise self.error(place, f"a schema must be an object, got {str(raw)[:60]!r}")
        if place.count("/") > MAX_DEPTH:
            raise self.error(place, f"nested deeper than {MAX_DEPTH}")
        if "$ref" in raw:
            return self.reference(raw["$ref"], place)
        for key in REFUSED:
            if key in raw:
                raise self.error(place, f"'{key}' is not supported")
        schema = self.typed(raw, place)
        changes: dict[str, Any] = {}
        if "default" in raw:
            changes |= {"default": raw["default"], "has_default": True}
        if "enum" in raw or "const" in raw:
            changes["enum"] = self.enum(raw.get("enum", [raw.get("const")]), place)
        if changes:
            schema = _replaced(schema, changes)
        return _nullable(schema) if raw.get("nullable") is True else schema

    def enum(self, values: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(values, list) or not values:
            raise self.error(place, "'enum' must be a list with values")
        return tuple(values)

    def typed(self, raw: Mapping[str, Any], place: str) -> Schema:
        for key in ("anyOf", "oneOf"):
            if key in raw:
                return self.union(raw[key], f"{place}/{key}")
        kind = raw.get("type")
        if kind is None:
            kind = "object" if "properties" in raw else "array" if "items" in raw else "any"
        if isinstance(kind, list):
            return self.union([{**raw, "type": one} for one in kind], place)
        if not isinstance(kind, str):
            raise self.error(place, f"'type' must be text, got {str(kind)[:60]!r}")
        return self.named(kind, raw, place)

    def named(self, text: str, raw: Mapping[str, Any], place: str) -> Schema:
        text = re.sub(r",\s*optional\b.*$", "", text.strip())
        match = ANNOTATION.fullmatch(text)
        if match is not None:
            return self.annotation(match[1].lower(), _split(match[2]), place)
        kind = NAMES.get(text.lower())
        if kind is None:
            raise self.error(place, f"unknown type '{text[:40]}'")
        if kind == "array":
            items = self.schema(raw["items"], f"{place}/items") if "items" in raw else ANY
            unordered = text.lower() == "set" or raw.get("uniqueItems") is True
            return Schema(kind="array", items=items, unordered=unordered)
        return self.object(raw, place) if kind == "object" else Schema(kind=kind)

    def annotation(self, outer: str, inner: list[str], place: str) -> Schema:
        """A Python annotation: list(str), Tuple[float, float], Optional[int], Dict[str, int]."""
        read = [self.named(one, {}, f"{place}/{outer}") for one in inner if one != "..."]
        if outer in {"union", "optional"} and read:
            extra = (Schema(kind="null"),) if outer == "optional" else ()
            return Schema(kind="union", options=(*read, *extra))
        kind = NAMES.get(outer)
        if kind == "array" and read:
            items = read[0] if len(set(map(repr, read))) == 1 else _union(read)
            return Schema(kind="array", items=items, unordered=outer == "set")
        if kind == "object" and len(read) == 2:
            return Schema(kind="object", extra=read[1])
        raise self.error(place, f"unknown type '{outer}[{', '.join(inner)[:40]}]'")

    def object(self, raw: Mapping[str, Any], place: str) -> Schema:
        properties = raw.get("properties", {})
        required = raw.get("required") or []
        if not isinstance(properties, Mapping) or not isinstance(required, list):
            raise self.error(place, "'properties' must be an object and 'required' a list")
        unknown = [name for name in required if name not in properties]
        if unknown and properties:
            raise self.error(place, f"required '{unknown[0]}' is not among the properties")
        extra = raw.get("additionalProperties")
        free = not properties and place != "parameters"  # an object of which nothing is said
        typed = isinstance(extra, Mapping)
        return Schema(
            kind="object",
            properties={k: self.schema(v, f"{place}/{k}") for k, v in properties.items()},
            required=frozenset(required),
            extra=self.schema(extra, f"{place}/*") if typed else ANY if extra or free else None,
        )

    def union(self, raw: Any, place: str) -> Schema:
        if not isinstance(raw, list) or not raw:
            raise self.error(place, "needs a list of schemas")
        return _union([self.schema(one, place) for one in raw])

    def reference(self, ref: Any, place: str) -> Schema:
        if not isinstance(ref, str) or not ref.startswith("#"):
            raise self.error(place, f"$ref {str(ref)[:60]!r} leaves the document")
        if ref in self.open:
            raise self.error(place, f"$ref '{ref}' runs in a circle")
        target: Any = self.document
        for key in filter(None, ref[1:].split("/")):
            if not isinstance(target, Mapping) or key not in target:
                raise self.error(place, f"$ref '{ref}' points nowhere")
            target = target[key]
        self.open.append(ref)
        schema = self.schema(target, f"{place}/$ref")
        self.open.pop()
        return schema


def _union(options: list[Schema]) -> Schema:
    return options[0] if len(options) == 1 else Schema(kind="union", options=tuple(options))


def _nullable(schema: Schema) -> Schema:
    return Schema(
        kind="union",
        options=(schema, Schema(kind="null")),
        default=schema.default,
        has_default=schema.has_default,
    )


def _replaced(schema: Schema, changes: Mapping[str, Any]) -> Schema:
    return Schema(**{**vars(schema), **changes})


def _split(text: str) -> list[str]:
    """Split at commas outside brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
