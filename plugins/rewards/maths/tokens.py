"""From LaTeX or plain text to tokens.

Digits are 0-9 alone: other alphabets' digits are not read. Numbers are exact, and a comma
before exactly three digits belongs to the number outside of brackets, unless the question asks for
a list ("70,110" is then two numbers).
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from suite.plugins.rewards.maths.tree import Number, UnreadableError

LONGEST = 2000  # characters of an answer
LARGEST_EXPONENT = 400  # of scientific notation

UNICODE = str.maketrans(
    {
        "\u2212": "-",
        "\u2013": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u00d7": r"\times ",
        "\u00f7": "/",
        "\u00b7": r"\cdot ",
        "\u22c5": r"\cdot ",
        "\u03c0": r"\pi ",
        "\u221e": r"\infty ",
        "\u221a": "sqrt ",
        "\u00b0": r"^\circ ",
        "\u2264": r"\le ",
        "\u2265": r"\ge ",
        "\u2260": r"\ne ",
        "\u222a": r"\cup ",
        "\u2208": r"\in ",
        "\u00b1": r"\pm ",
        "\u00b2": "^2",
        "\u00b3": "^3",
        "\u2019": "'",
    }
)
# "10,\!000", "10{,}000" and "10\,000" are one number wherever they stand.
THOUSANDS = re.compile(r"(?<=[0-9])\s*(?:,\s*\\!|\{,\}|\\,)\s*(?=[0-9]{3}(?![0-9]))")
LAYOUT = re.compile(
    r"(?P<row>\\\\)"  # ends a matrix's row: kept
    r"|\\(?:left|right|[bB]igg?[lr]?|displaystyle|textstyle|limits|quad|qquad)(?![A-Za-z])"
    r"|\\[!,;: ()\[\]]|~|(?<!\\)\$|\\\$(?=\s*$)"
)
RENAMED = re.compile(r"\\([dtc])frac(?![A-Za-z])|\*\*|<=|>=|!=|\\lvert|\\rvert|\\vert")
NEW_NAMES = {"**": "^", "<=": r"\le ", ">=": r"\ge ", "!=": r"\ne "}
WRAPPERS = "text|mbox|textrm|textbf|textit|mathrm|mathbf|mathit|operatorname"
TEXT = re.compile(rf"\\(?:{WRAPPERS})\s*\{{([^{{}}]*)\}}")
TOKEN = re.compile(
    r"(?P<space>\s+)"
    rf"|\\(?:{WRAPPERS})\s*\{{(?P<text>[^{{}}]*)\}}"
    r"|(?P<repeating>[0-9]*\.[0-9]*\\overline\{[0-9]+\})"
    r"|(?P<thousands>[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?)"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<command>\\(?:[A-Za-z]+|[{}$%]))"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<sign>[-+*/^_!%()\[\]{}|,;:=<>'])"
)
NUMBER = re.compile(r"([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
# Plain words that mean a command.
PLAIN_COMMANDS = frozenset(
    [
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sec",
        "csc",
        "cot",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "ln",
        "log",
        "exp",
        "pi",
    ]
)
PLAIN_INFINITY = frozenset({"infinity", "inf", "oo"})
SEPARATING_WORDS = frozenset({"and", "or"})
OPENING, CLOSING = frozenset({"(", "[", r"\{"}), frozenset({")", "]", r"\}"})


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: number, command, letter, word (two letters or more), text, or sign.

    ``spaced``: white space stands before it.
    """

    kind: str
    value: str
    spaced: bool


def clean(text: str) -> str:
    """One spelling for what looks the same.

    Raises:
        UnreadableError: it is empty, or longer than LONGEST.
    """
    if len(text) > LONGEST:
        raise UnreadableError(f"longer than {LONGEST} characters")
    text = THOUSANDS.sub("", text.translate(UNICODE))
    text = LAYOUT.sub(lambda match: match["row"] or " ", text)
    text = RENAMED.sub(_rename, text).strip().rstrip(".,; ")
    if not text:
        raise UnreadableError("empty")
    return text


def _rename(match: re.Match[str]) -> str:
    if match[1]:
        return r"\frac"
    return NEW_NAMES.get(match[0], "|")


def tokenize(text: str, *, commas_separate: bool = False) -> list[Token]:
    """The tokens of a cleaned text.

    Raises:
        UnreadableError: a character is none of the grammar's.
    """
    tokens: list[Token] = []
    position, depth, spaced = 0, 0, False
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise UnreadableError(f"the character {text[position]!r} is not read")
        kind, value = str(match.lastgroup), str(match[str(match.lastgroup)])
        if kind == "thousands" and (depth or commas_separate):
            kind, value = "number", value[: value.index(",")]
            position += len(value)
        else:
            position = match.end()
        if kind == "space":
            spaced = True
            continue
        depth += (value in OPENING) - (value in CLOSING)
        tokens.extend(_named(kind, value, spaced))
        spaced = False
    return tokens


def _named(kind: str, value: str, spaced: bool) -> list[Token]:
    """Plain words as the commands, separators, letters or words that they are."""
    if kind in ("thousands", "repeating"):
        return [Token("number", value, spaced)]
    if kind == "text" and value.strip().strip(".,").lower() in SEPARATING_WORDS:
        return [Token("sign", ",", spaced)]
    if kind == "text" and len(value.strip()) == 1 and value.strip().isalpha():
        return [Token("letter", value.strip(), spaced)]
    if kind != "word":
        return [Token(kind, value, spaced)]
    if value in PLAIN_COMMANDS:
        return [Token("command", "\\" + value, spaced)]
    if value.lower() in PLAIN_INFINITY:
        return [Token("command", r"\infty", spaced)]
    if value in SEPARATING_WORDS:
        return [Token("sign", ",", spaced)]
    return [Token("letter" if len(value) == 1 else "word", value, spaced)]


def number(text: str) -> Number:
    """The exact number that a number token writes.

    Raises:
        UnreadableError: a point without digits, or an exponent above LARGEST_EXPONENT.
    """
    if "\\" in text:
        return _repeating(text)
    match = NUMBER.fullmatch(text.replace(",", ""))
    if match is None or not (match[1] or match[2]):
        raise UnreadableError(f"{text!r} is not a number")
    whole, part, exponent = match[1], match[2] or "", int(match[3] or 0)
    if abs(exponent) > LARGEST_EXPONENT:
        raise UnreadableError("an exponent too large to write out")
    value = Fraction(int(whole + part)) * Fraction(10) ** (exponent - len(part))
    return Number(value, len(part) if part else None)


def _repeating(text: str) -> Number:
    r"""0.1\overline{6}: the period's value over nines."""
    head, _, tail = text.partition("\\")
    period = tail[len("overline{") : -1]
    whole, _, part = head.partition(".")
    start = Fraction(int(whole + part or "0"), 10 ** len(part))
    return Number(start + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(part)))
