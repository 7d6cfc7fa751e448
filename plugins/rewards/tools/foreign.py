"""Java and JavaScript literals, as BFCL's calls carry them: every argument is a text.

A text that is not a literal of its type stays a text, as in BFCL's converters; the answer keys rely
on it (a variable's name is a right value). Reading differs from BFCL's regular expressions in one
way: commas inside quotes and brackets do not separate, where BFCL splits at each.
"""

import json
import re
from typing import Any

JAVA_TYPES: dict[str, type] = {
    **dict.fromkeys(("byte", "short", "integer", "long"), int),
    **dict.fromkeys(("float", "double"), float),
    "boolean": bool,
    **dict.fromkeys(("char", "String", "any"), str),
    **dict.fromkeys(("Array", "ArrayList", "Set", "Queue", "Stack"), list),
    **dict.fromkeys(("HashMap", "Hashtable"), dict),
}
JAVASCRIPT_TYPES: dict[str, type] = {
    "String": str,
    "integer": int,
    "float": float,
    "Bigint": int,
    "Boolean": bool,
    "dict": dict,
    "array": list,
    "any": str,
}
FLOATING = r"-?\d+(\.\d+)?([eE][+-]?\d+)?"
JAVA_NUMBERS = {
    **dict.fromkeys(("byte", "short", "integer"), r"-?\d+"),
    "long": r"-?\d+[lL]",
    "float": FLOATING + "[fF]",
    "double": FLOATING,
}
JAVASCRIPT_NUMBERS = {"integer": r"-?\d+", "float": r"-?\d+(\.\d+)?", "Bigint": r"-?\d+n"}
JAVA_ARRAY = re.compile(r"\s*new\s+\w+\[\]\s*\{(.*)\}\s*", re.DOTALL)
JAVA_LIST = re.compile(r"\s*new\s+ArrayList<[\w<>]*>\(\s*Arrays\.asList\((.*)\)\s*\)\s*", re.DOTALL)
JAVA_EMPTY = re.compile(r"\s*new\s+(ArrayList|HashMap)<.*?>\s*\(\)\s*")
JAVA_MAP = re.compile(r"\s*new\s+HashMap<.*?>\s*\(\)\s*\{\s*\{?(.*?)\}?\s*\}\s*", re.DOTALL)
JAVA_PUT = re.compile(r"put\(\s*(\"(?:[^\"\\]|\\.)*\")\s*,(.*)\)", re.DOTALL)


def read_java(text: str, kind: str, items: str | None = None) -> Any:
    """The value of a Java literal of BFCL's type ``kind``; the text itself where it is none."""
    if kind in JAVA_NUMBERS:
        return _number(text, JAVA_NUMBERS[kind], JAVA_TYPES[kind])
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "HashMap":
        return _java_map(text)
    if kind in {"Array", "ArrayList"}:
        match = (JAVA_ARRAY if kind == "Array" else JAVA_LIST).fullmatch(text)
        if match is not None:
            return [_element(one, items, read_java) for one in split(match[1])]
        return [] if JAVA_EMPTY.fullmatch(text) else text
    return text


def read_javascript(text: str, kind: str, items: str | None = None) -> Any:
    """The value of a JavaScript literal of BFCL's type ``kind``; the text where it is none."""
    if kind in JAVASCRIPT_NUMBERS:
        return _number(text, JAVASCRIPT_NUMBERS[kind], JAVASCRIPT_TYPES[kind])
    if kind == "Boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind == "String":
        return _unquoted(text)
    bare = text.strip()
    if kind == "array" and bare.startswith("[") and bare.endswith("]"):
        return [_element(one, items, read_javascript) for one in split(bare[1:-1])]
    if kind == "dict" and bare.startswith("{") and bare.endswith("}"):
        return _javascript_object(bare)
    return text


def write_java(value: Any, kind: str, items: str | None = None) -> str:
    """A Java literal that ``read_java`` reads as ``value``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        inner = ", ".join(_inner_java(one, items) for one in value)
        return (
            f"new Object[]{{{inner}}}"
            if kind == "Array"
            else f"new ArrayList<Object>(Arrays.asList({inner}))"
        )
    if isinstance(value, dict):
        puts = " ".join(f"put({json.dumps(k)}, {_inner_java(v)});" for k, v in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}"
    return str(value) + {"long": "L", "float": "f"}.get(kind, "") * (not isinstance(value, str))


def write_javascript(value: Any, kind: str) -> str:
    """A JavaScript literal that ``read_javascript`` reads as ``value``."""
    if isinstance(value, str):
        return json.dumps(value) if kind == "String" and '"' not in value else value
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return f"{value}n" if kind == "Bigint" else str(value)


def split(text: str) -> list[str]:
    """Parts between the commas that stand outside quotes and brackets; empty text has none."""
    parts, depth, quote, escaped = [""], 0, "", False
    for letter in text:
        if quote:
            closes = letter == quote and not escaped
            escaped = letter == "\\" and not escaped
            quote = "" if closes else quote
        elif letter in "\"'":
            quote = letter
        else:
            depth += (letter in "[({") - (letter in "])}")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _inner_java(value: Any, kind: str | None = None) -> str:
    return json.dumps(value) if isinstance(value, str) else write_java(value, kind or "")


def _number(text: str, pattern: str, kind: type) -> Any:
    if len(text) > 400 or not re.fullmatch(pattern, text):
        return text
    return kind(text.rstrip("lLfFn"))


def _element(text: str, items: str | None, read: Any) -> Any:
    """An element of a list: by the items' type, or by its looks where the type is open."""
    value = _unquoted(text)
    if value != text:
        return value
    return read(text, items) if items not in {None, "any", "String", "char"} else _loose(text)


def _loose(text: str) -> Any:
    if text in {"true", "false"}:
        return text == "true"
    if text.startswith("[") and text.endswith("]"):
        return read_javascript(text, "array")
    if text.startswith("{") and text.endswith("}"):
        return _javascript_object(text)
    for pattern, kind in ((r"-?\d+[lL]?", int), (FLOATING + "[fF]?", float)):
        value = _number(text, pattern, kind)
        if value is not text:
            return value
    return _unquoted(text)


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _java_map(text: str) -> Any:
    if JAVA_EMPTY.fullmatch(text):
        return {}
    match = JAVA_MAP.fullmatch(text)
    if match is None:
        return text
    puts = [JAVA_PUT.fullmatch(part.strip()) for part in match[1].split(";") if part.strip()]
    if None in puts:
        return text
    return {_unquoted(put[1]): _loose(put[2].strip()) for put in puts if put is not None}


def _javascript_object(text: str) -> Any:
    found = {}
    for part in split(text[1:-1]):
        key, colon, value = part.partition(":")
        if not colon:
            return text
        found[_unquoted(key.strip())] = _loose(value.strip())
    return found
