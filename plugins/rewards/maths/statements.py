"""From a text to what it states: a value, a list, a tuple, an interval, an equation, words.

Order of reading: words; numerals with a base; matrices; then, outside of brackets, commas bind
loosest, next relations, unions, the colon of a ratio, brackets, and last one value with its unit.
"""

import re
from collections.abc import Callable
from fractions import Fraction

from suite.plugins.rewards.maths.grammar import FUNCTIONS, parse
from suite.plugins.rewards.maths.tokens import (
    CLOSING,
    OPENING,
    PLAIN_INFINITY,
    TEXT,
    Token,
    clean,
    tokenize,
)
from suite.plugins.rewards.maths.tree import (
    Apply,
    Based,
    Expr,
    Matrix,
    Number,
    Relation,
    Sequence,
    Statement,
    Union,
    UnreadableError,
    Value,
    Words,
)
from suite.plugins.rewards.maths.units import split_scale, split_unit

BASED = re.compile(
    r"(-?[0-9A-F]*[0-9][0-9A-F]*(?:\.[0-9A-F]+)?)\s*_\s*(?:([0-9])|\{([0-9]{1,2})\})"
)
MATRIX = re.compile(r"\\begin\{(matrix|pmatrix|bmatrix)\}(.*)\\end\{\1\}", re.DOTALL)
TIME = re.compile(r"[0-9]{1,2}(?::[0-9]{2})?\s*(?:[aApP]\.?\s?[mM]\.?)")
LONG_WORD = re.compile(r"[A-Za-z]{3,}")
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 .'\-]*")
RELATIONS = {
    "=": "=",
    "<": "<",
    ">": ">",
    r"\le": "<=",
    r"\leq": "<=",
    r"\leqslant": "<=",
    r"\ge": ">=",
    r"\geq": ">=",
    r"\geqslant": ">=",
    r"\ne": "!=",
    r"\neq": "!=",
    r"\in": "in",
}
# Any other is a minus: x-axis and two-thirds have one, V-W has none.
HYPHEN = re.compile(r"(?<=[A-Za-z]{2})-(?=[A-Za-z])|(?<=[A-Za-z])-(?=[A-Za-z]{2})")
UNIONS = frozenset({r"\cup"})
MATES = {"(": (")", "]"), "[": ("]", ")"), r"\{": (r"\}",)}
LARGEST_MATRIX = 64  # entries


def read(text: str, *, commas_separate: bool = False) -> Statement:
    """What a text states.

    Args:
        text: LaTeX or plain, without the box around it.
        commas_separate: "70,110" is two numbers, not one.

    Raises:
        UnreadableError: it is not in the grammar.
    """
    cleaned = clean(text)
    wrapped = TEXT.fullmatch(cleaned)
    if wrapped is not None:
        return _read_words(wrapped[1].strip(), commas_separate)
    special = _special(cleaned)
    if special is not None:
        return special
    return _Statements(cleaned).read(tokenize(cleaned, commas_separate=commas_separate))


def normal_words(text: str) -> str:
    """Words without case, wrappers, spaces and light punctuation."""
    bare = HYPHEN.sub("", TEXT.sub(r"\1", text))
    return "".join(letter for letter in bare.casefold() if letter not in " \t\n.,'()")


def _read_words(inner: str, commas_separate: bool) -> Statement:
    """The content of one text box: words, a list of words, or maths after all."""
    inner = inner.removeprefix("(").removesuffix(")").strip() if inner.startswith("(") else inner
    parts = [part.strip() for part in re.split(r",\s*(?:and\s|or\s)?|\sand\s|\sor\s", inner)]
    if TIME.fullmatch(inner):
        return Words(normal_words(inner), inner)
    if not any(letter.isalpha() for letter in inner) or len(inner) == 1:
        return read(inner, commas_separate=commas_separate)
    if len(parts) > 1 and all(parts):
        items = tuple(_read_words(part, commas_separate) for part in parts)
        return Sequence("", "", items, inner)
    return Words(normal_words(inner), inner)


def _special(text: str) -> Statement | None:
    """Forms with a syntax of their own."""
    based = BASED.fullmatch(text)
    if based is not None:
        return Based(based[1], int(based[2] or based[3]), text)
    matrix = MATRIX.fullmatch(text)
    if matrix is not None:
        return _matrix(matrix[2], text)
    bare = TEXT.sub(r" \1 ", text).strip()
    bare = bare[1:-1].strip() if bare.startswith("(") and bare.endswith(")") else bare
    if TIME.fullmatch(bare):
        return Words(normal_words(bare), text)
    if PLAIN.fullmatch(bare) and _has_words(bare):
        return Words(normal_words(bare), text)
    return None


def _has_words(text: str) -> bool:
    """Whether a run of letters is a word: three letters or more, and no function's name."""
    maths = FUNCTIONS | PLAIN_INFINITY | {"sqrt"}
    words = [word for word in LONG_WORD.findall(text) if word.lower() not in maths]
    separators = re.search(r"\b(?:and|or)\b", text)
    return bool(words) and not separators


def _matrix(body: str, raw: str) -> Matrix:
    lines = [line for line in re.split(r"\\\\(?:\[[^\]]*\])?", body) if line.strip()]
    rows = tuple(tuple(_entry(cell) for cell in line.split("&")) for line in lines)
    if (
        not rows
        or len({len(row) for row in rows}) != 1
        or len(rows) * len(rows[0]) > LARGEST_MATRIX
    ):
        raise UnreadableError("a matrix needs rows of one length")
    return Matrix(rows, raw)


def _entry(cell: str) -> Expr:
    return parse(tokenize(clean(cell)))


class _Statements:
    """Splits tokens outside of brackets, from the loosest separator to the tightest."""

    def __init__(self, raw: str) -> None:
        self.raw = raw

    def read(self, tokens: list[Token]) -> Statement:
        parts = _split(tokens, lambda token: token.kind == "sign" and token.value in ",;")
        if len(parts) == 1:
            items = self.expand(parts[0])
            return items[0] if len(items) == 1 else Sequence("", "", tuple(items), self.raw)
        return Sequence("", "", self.items(parts), self.raw)

    def items(self, parts: list[list[Token]]) -> tuple[Statement, ...]:
        """A list's elements; ", and" leaves an empty part, which is none."""
        return tuple(item for part in parts if part for item in self.expand(part))

    def expand(self, part: list[Token]) -> list[Statement]:
        """One statement, or two where it has a plus-minus."""
        if any(token.value in (r"\pm", r"\mp") for token in part) and not _is_bracketed(part):
            return [self.relation(part, 1), self.relation(part, -1)]
        return [self.relation(part, 1)]

    def relation(self, part: list[Token], sign: int) -> Statement:
        sides = _split(part, lambda token: token.kind != "text" and token.value in RELATIONS)
        if len(sides) == 1:
            return self.union(part, sign)
        depths = _depths(part)
        operators = tuple(
            RELATIONS[token.value]
            for token, depth in zip(part, depths, strict=True)
            if depth == 0 and token.kind != "text" and token.value in RELATIONS
        )
        read = tuple(self.union(side, sign) for side in sides)
        return Relation(operators, read, _written(part))

    def union(self, part: list[Token], sign: int) -> Statement:
        parts = _split(part, lambda token: token.kind == "command" and token.value in UNIONS)
        if len(parts) == 1:
            return self.ratio(part, sign)
        return Union(tuple(self.ratio(one, sign) for one in parts), _written(part))

    def ratio(self, part: list[Token], sign: int) -> Statement:
        parts = _split(part, lambda token: token.kind == "sign" and token.value == ":")
        if len(parts) == 1:
            return self.bracket(part, sign)
        items = tuple(self.value(one, sign) for one in parts)
        return Sequence(":", ":", items, _written(part))

    def bracket(self, part: list[Token], sign: int) -> Statement:
        """A tuple, an interval or a set; brackets around one value are dropped."""
        if not _is_bracketed(part):
            return self.value(part, sign)
        opening, closing = part[0].value, part[-1].value
        parts = _split(part[1:-1], lambda token: token.kind == "sign" and token.value == ",")
        if len(parts) == 1 and opening == "(" and closing == ")":
            inner = part[1:-1]
            if any(token.value == "," for token in inner) or not _is_value(inner):
                return self.relation(inner, sign)
            return self.value(part, sign)
        if len(parts) == 1 and opening == "[":
            raise UnreadableError("square brackets around one value")
        return Sequence(opening, closing, self.items(parts), _written(part))

    def value(self, part: list[Token], sign: int) -> Statement:
        if not part:
            raise UnreadableError("a part is empty")
        written = _written(part)
        if len(part) == 1 and part[0].kind == "text":
            return _read_words(part[0].value.strip(), False)
        if len(part) == 1 and part[0].kind == "word" and _has_words(part[0].value):
            return Words(normal_words(part[0].value), written)
        negated = part[0].value == "-" and len(part) > 1 and part[1].value == r"\$"
        tokens, unit = split_unit(part[1:] if negated else part)
        if negated:
            tokens = [part[0], *tokens]
        tokens, scale = split_scale(tokens)
        expr = parse(tokens, plus_minus=sign)
        if scale != 1:
            expr = Apply("*", (Number(Fraction(scale)), expr))
        return Value(expr, unit, written)


def _is_value(part: list[Token]) -> bool:
    """Whether nothing in it makes it another statement than one value."""
    others = UNIONS | RELATIONS.keys()
    return not any(token.value in others or token.kind == "text" for token in part)


def _is_bracketed(part: list[Token]) -> bool:
    """Whether the first bracket's mate is the last token."""
    if len(part) < 2 or part[-1].value not in MATES.get(part[0].value, ()):
        return False
    return all(depth > 0 for depth in _depths(part)[1:-1])


def _depths(tokens: list[Token]) -> list[int]:
    """How many brackets are open at each token; a bracket's own tokens are outside of it."""
    depths, depth = [], 0
    for token in tokens:
        opens = token.value in OPENING or (token.value == "{" and token.kind == "sign")
        closes = token.value in CLOSING or (token.value == "}" and token.kind == "sign")
        depth -= closes
        depths.append(depth)
        depth += opens
    return depths


def _split(tokens: list[Token], separates: Callable[[Token], bool]) -> list[list[Token]]:
    """The parts between separators that stand outside of brackets."""
    parts: list[list[Token]] = [[]]
    for token, depth in zip(tokens, _depths(tokens), strict=True):
        if depth == 0 and separates(token):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _written(tokens: list[Token]) -> str:
    return "".join((" " if token.spaced else "") + token.value for token in tokens).strip()
