"""BFCL's checker of calls: right or wrong, by its published rules.

Patil et al., "The Berkeley Function Calling Leaderboard", ICML 2025, and its AST checker
(bfcl_eval/eval_checker/ast_eval/ast_checker.py). A turn is right where it has as many calls as the
answer and each wanted call is met by another call (tried in order), that is where

1. the name is the same; every required argument is there; no argument is outside the answer;
2. the value's type is the schema's, one level deep (an int passes for a float), or the type of the
   answer itself (so an ill-typed answer is met by its like);
3. the value is among the accepted ones, texts compared in lower case without spaces , . / - _ * ^
   and with ' for "; lists element by element; objects key by key, one level deep;
4. an argument of the answer that is left out has "" among its accepted values.

Kept, because it is what the leaderboard measures: "1.5" equals "15"; 1 equals True inside lists
and objects; matching is greedy; a turn without calls is right wherever none is wanted.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from suite.plugins.rewards.tools.foreign import (
    JAVA_TYPES,
    JAVASCRIPT_TYPES,
    read_java,
    read_javascript,
)
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import GoldCall, ToolItem

PYTHON_TYPES: dict[str, type] = {
    **dict.fromkeys(("string", "any"), str),
    "integer": int,
    "float": float,
    "boolean": bool,
    **dict.fromkeys(("array", "tuple"), list),
    "dict": dict,
    # Not BFCL's: JSON Schema's own names and Python's, so that other rows can be compared.
    "number": float,
    "object": dict,
    **{kind.__name__: kind for kind in (str, int, bool, list)},
}
TYPES = {"python": PYTHON_TYPES, "java": JAVA_TYPES, "javascript": JAVASCRIPT_TYPES}
READ = {"java": read_java, "javascript": read_javascript}
NESTED = {"array", "tuple", "Array", "ArrayList"}  # whose elements have a type of their own
IGNORED = re.compile(r"[ ,./\-_*^]")


def bfcl_error(calls: Sequence[Call], item: ToolItem) -> str | None:
    """Why BFCL's checker turns a turn down, in its own words for the kinds of error; None: right.

    The kinds are wrong_count, cannot_find_match (several calls), wrong_func_name, missing_required,
    unexpected_param, type_error, value_error, missing_optional, unchecked (a type it has no rule
    for, where the original stops with an exception).
    """
    if len(calls) != len(item.gold):
        return "wrong_count"
    if len(calls) == 1:
        return call_error(calls[0], item.gold[0], item)
    used: set[int] = set()
    for gold in item.gold:
        free = (i for i in range(len(calls)) if i not in used)
        found = next((i for i in free if call_error(calls[i], gold, item) is None), None)
        if found is None:
            return "cannot_find_match"
        used.add(found)
    return None


def call_error(call: Call, gold: GoldCall, item: ToolItem) -> str | None:
    """Rules 1 to 4 of one call against one wanted call; the kind of error, or None."""
    parameters = item.documents[gold.name]["parameters"]
    if call.name != gold.name:
        return "wrong_func_name"
    if any(key not in call.arguments for key in parameters.get("required") or ()):
        return "missing_required"
    for key, value in call.arguments.items():
        if key not in parameters["properties"] or key not in gold.accepted:
            return "unexpected_param"
        error = _value_error(value, gold.accepted[key], parameters["properties"][key], item)
        if error is not None:
            return error
    left_out = gold.accepted.keys() - call.arguments.keys()
    missing = any("" not in gold.accepted[key] for key in left_out)
    return "missing_optional" if missing else None


def plain(text: str) -> str:
    """A text as BFCL compares it."""
    return IGNORED.sub("", text).lower().replace("'", '"')


def _value_error(
    value: Any, accepted: Sequence[Any], document: Mapping[str, Any], item: ToolItem
) -> str | None:
    kind = document.get("type")
    types = TYPES[item.language]
    inner = document.get("items", {}).get("type") if kind in NESTED else None
    if isinstance(kind, str) and kind.startswith("list("):
        kind = "list"
    if not isinstance(kind, str) or kind not in types or (inner is not None and inner not in types):
        return "unchecked"
    if item.language != "python":
        if not isinstance(value, str):
            return "type_error"
        value = READ[item.language](value, kind, inner)
    elif types[kind] is float and type(value) is int:
        value = float(value)
    nested = types[inner] if inner is not None else None
    if not _has_type(value, accepted, types[kind], nested):
        return "type_error"
    variable = _is_variable(value, accepted, types[kind], nested)
    return None if _accepted(value, accepted, types[kind], nested, variable) else "value_error"


def _answer_type(accepted: Sequence[Any]) -> type | None:
    return next((type(one) for one in accepted if one != ""), None)


def _typed_by_schema(
    value: Any, accepted: Sequence[Any], expected: type, nested: type | None
) -> bool:
    if type(value) is not expected:
        return False
    if nested is None or not isinstance(value, list):
        return True
    lists = [one for one in accepted if isinstance(one, list)]
    # an accepted value that is no list lets every list through, as in the original
    return len(lists) < len(accepted) or any(
        all(_has_type(one, answer, nested, None) for one in value) for answer in lists
    )


def _has_type(value: Any, accepted: Sequence[Any], expected: type, nested: type | None) -> bool:
    if _typed_by_schema(value, accepted, expected, nested):
        return True
    answer = _answer_type(accepted)
    return answer is not None and type(value) is answer


def _is_variable(value: Any, accepted: Sequence[Any], expected: type, nested: type | None) -> bool:
    """Whether the answer's own type stands in for the schema's, so that values compare plainly."""
    if not _typed_by_schema(value, accepted, expected, nested):
        return True
    answer = _answer_type(accepted)
    return answer is not None and answer is not expected


def _accepted(
    value: Any, accepted: Sequence[Any], expected: type, nested: type | None, variable: bool
) -> bool:
    if not variable:
        if expected is dict:
            return any(_object(value, one) for one in accepted if isinstance(one, Mapping))
        if expected is list and nested is dict:
            return any(_objects(value, one) for one in accepted if isinstance(one, list))
        if expected is str:
            return plain(value) in [plain(one) for one in accepted if isinstance(one, str)]
        if expected is list:
            lists = [[*map(_plain_text, one)] for one in accepted if isinstance(one, list)]
            assert isinstance(value, list)
            return [*map(_plain_text, value)] in lists
    return value in accepted


def _plain_text(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _objects(value: list[Any], answer: list[Any]) -> bool:
    return len(value) == len(answer) and all(
        isinstance(one, dict) and isinstance(wanted, Mapping) and _object(one, wanted)
        for one, wanted in zip(value, answer, strict=True)
    )


def _object(value: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    for key, one in value.items():
        if key not in answer or _plain_text(one) not in [*map(_plain_text, answer[key])]:
            return False
    return all(key in value or "" in options for key, options in answer.items())
