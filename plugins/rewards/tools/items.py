"""Rows as items: tools read, wanted calls checked against them.

A row has ``tools`` (function documents) and the wanted calls, either ``answer`` (a list of
``{"name", "arguments"}``; each argument has one right value) or ``possible_answer`` (BFCL's form:
``{"tool": {"argument": [accepted, ...]}}``, where "" among the accepted marks an argument that may
be left out, and the values of a nested object are lists of accepted ones again). An empty list says
that calling nothing is right. ``ordered``: the calls must come in this order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from suite.core.errors import SuiteError
from suite.plugins.rewards.tools.equality import Fields, Options, example, fits, literal
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.schema import ANY, Schema, Tool, read_tool

Language = Literal["python", "java", "javascript"]
IllTyped = Literal["refuse", "as_answer", "ignore"]


class GoldError(SuiteError):
    """The wanted calls contradict the tools that are offered."""


@dataclass(frozen=True, kw_only=True)
class GoldCall:
    """A wanted call.

    Attributes:
        name: the tool; arguments: what each may hold.
        accepted: the same in BFCL's form, as the data has it.
    """

    name: str
    arguments: Fields
    accepted: Mapping[str, Sequence[Any]]

    def first(self) -> Call:
        """The call with the first accepted value of every argument that has one."""
        return Call(name=self.name, arguments=example(self.arguments))


@dataclass(frozen=True, kw_only=True)
class ToolItem:
    """One turn to judge.

    Attributes:
        name: of the row; category: for tables ("parallel"); language: whose literals BFCL reads.
        tools: by name; documents: as the row has them; gold: the wanted calls.
        ordered: the calls must keep their order.
        responds: the wanted turn speaks as well as calls (ToolRL's layouts).
    """

    name: str
    tools: Mapping[str, Tool]
    gold: tuple[GoldCall, ...]
    category: str = "calls"
    language: Language = "python"
    ordered: bool = False
    responds: bool = False
    documents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_item(row: Mapping[str, Any], *, ill_typed: IllTyped = "refuse") -> ToolItem:
    """One row as an item.

    Args:
        row: see the top.
        ill_typed: what becomes of a wanted value that its own tool would refuse (a text for a
            number): "refuse" the row, judge that argument by the value's own JSON type
            ("as_answer"), or "ignore" the schema, as rules other than ours do.

    Raises:
        SuiteError: the row has no answer; a SchemaError where a tool cannot be checked against; a
            GoldError where a wanted call is not one of the tools'.
    """
    name = str(row.get("name", "a row without a name"))
    documents = _documents(row, name)
    tools = {tool: read_tool(document) for tool, document in documents.items()}
    gold = _wanted(row, name)
    for call in gold:
        if call.name not in tools:
            known = ", ".join(tools)
            raise GoldError(f"{name}: the wanted tool '{call.name}' is not offered ({known}).")
    if ill_typed != "ignore":
        gold = tuple(_known(call, tools[call.name], name) for call in gold)
    if ill_typed == "as_answer":
        tools = _loosened(tools, gold)
    if ill_typed != "ignore":
        gold = tuple(_typed(call, tools[call.name], name) for call in gold)
    return ToolItem(
        name=name,
        tools=tools,
        gold=gold,
        category=str(row.get("category", "calls")),
        language=row.get("language", "python"),
        ordered=bool(row.get("ordered", False)),
        responds=bool(row.get("responds", False)),
        documents=documents,
    )


def named(call: Call, tool: Tool | None) -> Call | None:
    """The call with its positional arguments named by the tool; None where that cannot be."""
    if not call.positional:
        return call
    if tool is None or len(call.positional) > len(tool.order):
        return None
    keys = tool.order[: len(call.positional)]
    if set(keys) & call.arguments.keys():
        return None
    given = dict(zip(keys, call.positional, strict=True))
    return Call(name=call.name, arguments=given | call.arguments)


def _documents(row: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    rows = row.get("tools")
    if not isinstance(rows, list):
        raise SuiteError(f"{name}: no list of 'tools'; keys: {', '.join(map(str, row))}.")
    found: dict[str, Mapping[str, Any]] = {}
    for one in rows:
        tool = read_tool(one).name
        document = one.get("function", one)
        if tool in found and found[tool] != document:
            raise GoldError(f"{name}: two different tools are named '{tool}'.")
        found[tool] = document
    return found


def _wanted(row: Mapping[str, Any], name: str) -> tuple[GoldCall, ...]:
    """The wanted calls, not checked against the tools yet."""
    if isinstance(row.get("possible_answer"), list):
        return tuple(_possible(call, name) for call in row["possible_answer"])
    if isinstance(row.get("answer"), list):
        return tuple(_plain(call, name) for call in row["answer"])
    raise SuiteError(
        f"{name}: the row has no 'answer' (a list of calls, empty where none is right) and no "
        "'possible_answer'.\nA row without an answer cannot be judged; leave it out."
    )


def _possible(call: Any, name: str) -> GoldCall:
    if not isinstance(call, Mapping) or len(call) != 1:
        raise GoldError(f"{name}: a possible answer must be one {{tool: arguments}} object.")
    ((tool, arguments),) = call.items()
    if not isinstance(arguments, Mapping):
        raise GoldError(f"{name}: the arguments of '{tool}' must be an object.")
    accepted = {k: v if isinstance(v, list) else [v] for k, v in arguments.items()}
    fields = Fields(keys={key: _options(values) for key, values in accepted.items()})
    return GoldCall(name=tool, arguments=fields, accepted=accepted)


def _plain(call: Any, name: str) -> GoldCall:
    if not isinstance(call, Mapping) or not isinstance(call.get("name"), str):
        raise GoldError(f"{name}: a wanted call must be an object with a 'name'.")
    arguments = call.get("arguments", call.get("parameters", {}))
    if not isinstance(arguments, Mapping):
        raise GoldError(f"{name}: the arguments of '{call['name']}' must be an object.")
    accepted = {key: [_listed(value)] for key, value in arguments.items()}
    fields = literal(arguments)  # here "" is the empty text and marks nothing
    assert isinstance(fields, Fields)
    return GoldCall(name=call["name"], arguments=fields, accepted=accepted)


def _listed(value: Any) -> Any:
    """A value in BFCL's form, where an object's values are lists of accepted ones."""
    if isinstance(value, Mapping):
        return {key: [_listed(one)] for key, one in value.items()}
    return [_listed(one) for one in value] if isinstance(value, list) else value


def _known(call: GoldCall, tool: Tool, name: str) -> GoldCall:
    """The call itself, if the tool has all its arguments and it has all that the tool requires."""
    schema = tool.arguments
    unknown = [k for k in call.accepted if k not in schema.properties and schema.extra is None]
    if unknown:
        raise GoldError(f"{name}: the tool '{tool.name}' has no argument '{unknown[0]}'.")
    missing = sorted(schema.required - call.accepted.keys())
    if missing:
        raise GoldError(f"{name}: the wanted call of '{tool.name}' lacks '{missing[0]}'.")
    return call


def _options(values: Sequence[Any]) -> Options:
    """Accepted values; "" says that leaving out is right too, and alone also the empty text."""
    patterns = tuple(_pattern(v) for v in values if v != "")
    return Options(patterns=patterns or ("",), optional="" in values)


def _pattern(value: Any) -> Any:
    if isinstance(value, Mapping):
        keys = {k: _options(v if isinstance(v, list) else [v]) for k, v in value.items()}
        return Fields(keys=keys)
    return [_pattern(one) for one in value] if isinstance(value, list) else literal(value)


def _typed(call: GoldCall, tool: Tool, name: str) -> GoldCall:
    """The call without accepted values that the tool would refuse.

    A required argument is never optional, whatever the answer says.
    """
    schema = tool.arguments
    kept = {}
    for key, options in call.arguments.keys.items():
        fitting = tuple(one for one in options.patterns if fits(example(one), _type(schema, key)))
        if not fitting and options != Options(patterns=("",), optional=True):
            raise GoldError(
                f"{name}: '{tool.name}' would refuse every value wanted for its argument '{key}'."
            )
        optional = options.optional and key not in schema.required
        if not fitting and not optional:
            raise GoldError(f"{name}: the wanted call of '{tool.name}' leaves out '{key}'.")
        kept[key] = Options(patterns=fitting, optional=optional)
    return replace(call, arguments=Fields(keys=kept))


def _type(schema: Schema, key: str) -> Schema:
    return schema.properties.get(key, schema.extra) or ANY


def _loosened(tools: Mapping[str, Tool], gold: Sequence[GoldCall]) -> dict[str, Tool]:
    """The tools, with an argument untyped where a wanted call leaves nothing that fits."""
    changed = dict(tools)
    for call in gold:
        schema = changed[call.name].arguments
        wrong = {
            key: ANY
            for key, options in call.arguments.keys.items()
            if not any(fits(example(one), _type(schema, key)) for one in options.patterns)
        }
        properties = {**schema.properties, **wrong}
        changed[call.name] = replace(
            changed[call.name], arguments=replace(schema, properties=properties)
        )
    return changed
