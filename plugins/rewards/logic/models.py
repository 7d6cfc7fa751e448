"""Finite models: read from JSON, and formulas evaluated in them.

    {"domain": ["a", "b"], "names": {"rina": "a"},
     "predicates": {"Likes": [["a", "b"]], "Tall": ["a"], "Raining": true},
     "functions": {"mother": [["a", "b"], ["b", "b"]]}}

A predicate lists the arguments that it holds of; a function lists its arguments with the value
last, once for all arguments. A name that "names" leaves out is the element of its own name, and so
is a number. Every symbol of the formulas must have a meaning; a domain is never empty.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from suite.plugins.rewards.logic.tree import Node, Signature

MAX_ELEMENTS = 12
MAX_STEPS = 300_000  # nodes visited in one evaluation


class ModelError(ValueError):
    """A text that is no finite model of the symbols that it must interpret."""


class TooManyStepsError(Exception):
    """The evaluation visits more nodes than it may."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A domain and the meaning of each symbol in it; names are functions of no arguments."""

    domain: tuple[str, ...]
    predicates: Mapping[str, frozenset[tuple[str, ...]]]
    functions: Mapping[str, Mapping[tuple[str, ...], str]]


def holds(formulas: Sequence[Node], model: Model) -> bool:
    """Whether every formula is true in the model.

    Raises:
        TooManyStepsError: it takes more than MAX_STEPS.
    """
    evaluation = _Evaluation(model)
    return all(evaluation.truth(formula, {}) for formula in formulas)


@dataclass
class _Evaluation:
    model: Model
    steps: int = field(default=0)

    def truth(self, node: Node, at: Mapping[str, str]) -> bool:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooManyStepsError
        if node.kind in {"forall", "exists"}:
            every = all if node.kind == "forall" else any
            return every(
                self.truth(node.parts[0], {**at, node.name: element})
                for element in self.model.domain
            )
        if node.kind == "atom":
            arguments = tuple(self.value(part, at) for part in node.parts)
            return arguments in self.model.predicates[node.name]
        if node.kind == "equal":
            return self.value(node.parts[0], at) == self.value(node.parts[1], at)
        return self._joined(node, at)

    def _joined(self, node: Node, at: Mapping[str, str]) -> bool:
        if node.kind == "and":
            return all(self.truth(part, at) for part in node.parts)
        if node.kind == "or":
            return any(self.truth(part, at) for part in node.parts)
        parts = [self.truth(part, at) for part in node.parts]
        if node.kind == "not":
            return not parts[0]
        if node.kind == "implies":
            return not parts[0] or parts[1]
        if node.kind == "xor":
            return sum(parts) % 2 == 1
        return (
            parts.count(False) % 2 == 0
        )  # iff: associative, true with an even count of falsehoods

    def value(self, node: Node, at: Mapping[str, str]) -> str:
        if node.kind == "variable":
            return at[node.name]
        if node.kind == "number":
            return node.name
        arguments = tuple(self.value(part, at) for part in node.parts)
        return self.model.functions[node.name][arguments]


def read_model(text: str, symbols: Signature, numbers: Sequence[str]) -> Model:
    """The model that ``text`` writes, for every symbol and number.

    Raises:
        ModelError: it is none, or leaves a symbol without a meaning.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"not a JSON object: {str(error)[:80]}") from None
    if not isinstance(value, dict):
        raise ModelError("not a JSON object")
    unknown = sorted(value.keys() - {"domain", "names", "predicates", "functions"})
    if unknown:
        raise ModelError(f"an unknown key {unknown[0][:40]!r}")
    domain = _domain(value.get("domain"))
    missing = [one for one in numbers if one not in domain]
    if missing:
        raise ModelError(f"the number {missing[0]} is no element of the domain")
    parts = {key: _object(value.get(key, {}), key) for key in ("names", "predicates", "functions")}
    predicates, functions = {}, {}
    for name, symbol in symbols.items():
        if symbol.role == "predicate":
            predicates[name] = _relation(name, symbol.arity, parts["predicates"], domain)
        elif symbol.arity:
            functions[name] = _function(name, symbol.arity, parts["functions"], domain)
        else:
            functions[name] = {(): _element(parts["names"].get(name, name), domain, name)}
    return Model(domain=domain, predicates=predicates, functions=functions)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ModelError("a key is given twice")
    return found


def _object(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ModelError(f"'{key}' is not an object")
    return value


def _domain(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ModelError("'domain' is not a list of texts")
    if not 1 <= len(value) <= MAX_ELEMENTS:
        raise ModelError(f"a domain has 1 to {MAX_ELEMENTS} elements, this one {len(value)}")
    if len(set(value)) != len(value):
        raise ModelError("an element is in the domain twice")
    return tuple(value)


def _element(value: Any, domain: Sequence[str], name: str) -> str:
    if not isinstance(value, str) or value not in domain:
        raise ModelError(f"'{name}' is no element of the domain")
    return value


def _tuple(value: Any, size: int, domain: Sequence[str], name: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if len(listed) != size:
        raise ModelError(f"an entry of '{name}' has {len(listed)} elements instead of {size}")
    return tuple(_element(one, domain, name) for one in listed)


def _relation(
    name: str, arity: int, given: Mapping[str, Any], domain: Sequence[str]
) -> frozenset[tuple[str, ...]]:
    value = given.get(name)
    if arity == 0 and isinstance(value, bool):
        return frozenset({()} if value else ())
    if arity == 0 or not isinstance(value, list):
        wanted = "a list" if arity else "true or false"
        raise ModelError(f"the predicate '{name}' needs {wanted}")
    return frozenset(_tuple(one, arity, domain, name) for one in value)


def _function(
    name: str, arity: int, given: Mapping[str, Any], domain: Sequence[str]
) -> dict[tuple[str, ...], str]:
    value = given.get(name)
    if not isinstance(value, list):
        raise ModelError(f"the function '{name}' needs a list")
    rows = [_tuple(one, arity + 1, domain, name) for one in value]
    table = {row[:-1]: row[-1] for row in rows}
    if len(table) != len(rows) or len(table) != len(domain) ** arity:
        raise ModelError(f"the function '{name}' needs one value for every argument")
    return table


def plain_models(symbols: Signature, numbers: Sequence[str]) -> list[Model]:
    """The models that an answer without thought would give: predicates never or always true.

    Every name is one element; with numbers, the domain is the numbers alone.
    """
    domain = tuple(numbers) or ("a",)
    functions, always = {}, {}
    for name, symbol in symbols.items():
        rows = list(product(domain, repeat=symbol.arity))
        if symbol.role == "predicate":
            always[name] = frozenset(rows)
        else:
            functions[name] = dict.fromkeys(rows, domain[0])
    never: dict[str, frozenset[tuple[str, ...]]] = dict.fromkeys(always, frozenset())
    return [Model(domain=domain, predicates=one, functions=functions) for one in (never, always)]
