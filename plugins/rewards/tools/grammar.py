"""A grammar for literals and calls: JSON, Python literals, ``name(key=literal)``. Nothing is run.

One reader serves both notations, because models mix them: ``{"a": true}`` and ``{'a': True}`` are
the same value. What is refused is what would be read in two ways or has no JSON value: a key given
twice, NaN and infinities, prefixes (r"", b"", f""), expressions, lone surrogates. Sizes are capped
before anything is read, so that a hostile text costs a bounded amount of work.

    value  := string | number | true | false | null | True | False | None | array | tuple | object
    array  := "[" (value ("," value)* ","?)? "]"        tuple := "(" value "," (value ...)? ")"
    object := "{" (string ":" value ("," string ":" value)* ","?)? "}"
    call   := name "(" (argument ("," argument)* ","?)? ")"     name := word ("." word)*
    argument := value | word "=" value                  positional before named
"""

import math
import re
import sys
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 32
MAX_DIGITS = 400  # Python's own limit for int() is 4300; no tool needs a tenth of it

SPACE = re.compile(r"[ \t\r\n]*")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?(?![\w.])")
PLAIN = {q: re.compile(rf"[^{q}\\\x00-\x08\x0b\x0c\x0e-\x1f]*") for q in "\"'"}
WORDS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\"} | {
    '"': '"',
    "'": "'",
}
HEX = {"x": 2, "u": 4, "U": 8}


class CallSyntaxError(ValueError):
    """A text that is not a call: what was wrong, and at which character (from 0)."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"{problem} at character {position}")
        self.position = position


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: values are None, bool, int, float, str, list and dict with string keys.

    Attributes:
        name: the tool, dots included; arguments: by name.
        positional: values without a name, in order; a schema gives them their names.
    """

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    positional: tuple[Any, ...] = ()


class Reader:
    """Reads a text from ``start`` on; ``position`` is where it stands."""

    def __init__(self, text: str, start: int = 0) -> None:
        self.text = text
        self.position = start
        self.depth = 0

    # --- places ---------------------------------------------------------------------------------

    def skip(self) -> None:
        match = SPACE.match(self.text, self.position)
        assert match is not None
        self.position = match.end()

    def peek(self) -> str:
        """The next character that is not space, "" at the end."""
        self.skip()
        return self.text[self.position : self.position + 1]

    def at_end(self) -> bool:
        return self.peek() == ""

    def take(self, character: str) -> bool:
        """Step over ``character`` if it is next."""
        if self.peek() != character:
            return False
        self.position += 1
        return True

    def expect(self, character: str) -> None:
        if not self.take(character):
            raise self.error(f"expected '{character}'")

    def error(self, problem: str) -> CallSyntaxError:
        found = self.text[self.position : self.position + 1]
        return CallSyntaxError(f"{problem}, found {found!r}" if found else problem, self.position)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CallSyntaxError(f"nested deeper than {MAX_DEPTH}", self.position)

    # --- values ---------------------------------------------------------------------------------

    def value(self) -> Any:
        """The literal that comes next.

        Raises:
            CallSyntaxError: there is none, or it has no JSON value.
        """
        first = self.peek()
        if first in {'"', "'"}:
            return self.string()
        if first == "[":
            return self.sequence("[", "]")[0]
        if first == "(":
            return self.tuple()
        if first == "{":
            return self.object()
        if first == "-" or first.isdigit():
            return self.number()
        match = WORD.match(self.text, self.position)
        if match is not None and match[0] in WORDS and self.after(match.end()) not in {"(", "."}:
            self.position = match.end()
            return WORDS[match[0]]
        raise self.error("expected a literal")

    def after(self, position: int) -> str:
        return self.text[position : position + 1]

    def number(self) -> int | float:
        match = NUMBER.match(self.text, self.position)
        if match is None:
            raise self.error("not a number")
        digits = match[0]
        if len(digits) > MAX_DIGITS:
            raise CallSyntaxError(f"a number of more than {MAX_DIGITS} digits", self.position)
        whole = match[1] is None and match[2] is None
        number = int(digits) if whole else float(digits)
        if not whole and not math.isfinite(number):
            raise CallSyntaxError("a number that is not finite", self.position)
        self.position = match.end()
        return number

    def string(self) -> str:
        quote = self.peek()
        start = self.position
        if self.text.startswith(quote * 3, start):
            raise CallSyntaxError("a triple-quoted string", start)
        self.position += 1
        parts = []
        while True:
            match = PLAIN[quote].match(self.text, self.position)
            assert match is not None
            parts.append(match[0])
            self.position = match.end()
            ending = self.after(self.position)
            if ending == quote:
                self.position += 1
                break
            if ending != "\\":
                raise CallSyntaxError("a string that is not closed", start)
            parts.append(self.escape())
        return _paired("".join(parts), start)

    def escape(self) -> str:
        """One escape sequence of JSON or Python, the backslash included."""
        kind = self.after(self.position + 1)
        if kind in HEX:
            digits = self.text[self.position + 2 : self.position + 2 + HEX[kind]]
            found = re.fullmatch(rf"[0-9A-Fa-f]{{{HEX[kind]}}}", digits)
            if found is None or int(digits, 16) > sys.maxunicode:
                raise CallSyntaxError(f"a broken \\{kind} escape", self.position)
            self.position += 2 + HEX[kind]
            return chr(int(digits, 16))
        if kind not in ESCAPES:
            raise CallSyntaxError(f"an unknown escape \\{kind}", self.position)
        self.position += 2
        return ESCAPES[kind]

    def sequence(self, opening: str, closing: str) -> tuple[list[Any], bool]:
        """The values between two brackets, and whether any comma stood there."""
        self.enter()
        self.expect(opening)
        values: list[Any] = []
        comma = False
        while not self.take(closing):
            if values and not comma:
                raise self.error(f"expected ',' or '{closing}'")
            values.append(self.value())
            comma = self.take(",")
        self.depth -= 1
        return values, comma or len(values) > 1

    def tuple(self) -> list[Any]:
        """A tuple as a list, for JSON has no tuples; ``(1)`` is an expression and is refused."""
        start = self.position
        values, comma = self.sequence("(", ")")
        if values and not comma:
            raise CallSyntaxError("an expression in brackets, not a tuple", start)
        return values

    def object(self) -> dict[str, Any]:
        self.enter()
        self.expect("{")
        found: dict[str, Any] = {}
        comma = True
        while not self.take("}"):
            if not comma:
                raise self.error("expected ',' or '}'")
            if self.peek() not in {'"', "'"}:
                raise self.error("expected a key in quotes")
            start = self.position
            key = self.string()
            if key in found:
                raise CallSyntaxError(f"the key {key[:40]!r} twice", start)
            self.expect(":")
            found[key] = self.value()
            comma = self.take(",")
        self.depth -= 1
        return found

    # --- calls ----------------------------------------------------------------------------------

    def call(self) -> Call:
        """``name(...)`` with literal arguments.

        Raises:
            CallSyntaxError: it is not, or an argument is an expression or stands twice.
        """
        name = self.name()
        self.enter()
        self.expect("(")
        named: dict[str, Any] = {}
        positional: list[Any] = []
        comma = True
        while not self.take(")"):
            if not comma:
                raise self.error("expected ',' or ')'")
            self.argument(named, positional)
            comma = self.take(",")
        self.depth -= 1
        return Call(name=name, arguments=named, positional=tuple(positional))

    def argument(self, named: dict[str, Any], positional: list[Any]) -> None:
        self.skip()
        start = self.position
        match = WORD.match(self.text, start)
        key = match[0] if match is not None else None
        if match is not None:
            self.position = match.end()
        if key is None or not self.take("="):
            self.position = start
            if named:
                raise self.error("a positional argument after a named one")
            positional.append(self.value())
            return
        if key in named:
            raise CallSyntaxError(f"the argument {key[:40]!r} twice", start)
        named[key] = self.value()

    def name(self) -> str:
        self.skip()
        start = self.position
        while True:
            match = WORD.match(self.text, self.position)
            if match is None:
                raise self.error("expected the name of a tool")
            self.position = match.end()
            if self.after(self.position) != ".":
                return self.text[start : self.position]
            self.position += 1


def _paired(text: str, start: int) -> str:
    r"""JSON writes an emoji as two escapes; join them, and refuse a half."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise CallSyntaxError("a string with half a surrogate pair", start) from None
