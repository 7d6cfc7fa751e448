"""Texts of formulas as tokens: symbols and their ASCII forms, words and numbers.

Sizes are capped before anything is read, so a hostile text costs a bounded amount of work.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from suite.plugins.rewards.logic.tree import FormulaError

MAX_LENGTH = 10_000  # characters
MAX_TOKENS = 2_000
MAX_DIGITS = 30
SYMBOLS = {
    "forall": ("∀", "forall"),
    "exists": ("∃", "exists"),
    "not": ("¬", "~", "!", "not"),
    "and": ("∧", "&&", "&", "/\\", "and"),
    "or": ("\u2228", "||", "|", "\\/", "or"),
    "xor": ("⊕", "xor"),
    "implies": ("→", "->", "=>"),
    "iff": ("↔", "⟷", "<->", "<=>"),
    "equal": ("=",),
    "unequal": ("≠", "!="),
    "(": ("(",),
    ")": (")",),
    ",": (",",),
    ".": (".",),
    ":": (":",),
}
# A hyphen or an apostrophe joins letters ("Risk-averse"); "a->b" has no such hyphen.
WORD = re.compile(r"[^\W\d]\w*(?:[-'][^\W_]\w*)*")
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?!\w)")
WRITTEN = {text: kind for kind, texts in SYMBOLS.items() for text in texts}
LONGEST_FIRST = sorted((t for t in WRITTEN if not t.isalpha()), key=len, reverse=True)
PUNCTUATION = re.compile("|".join(map(re.escape, LONGEST_FIRST)))
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Token:
    """``kind``: a key of SYMBOLS, "word", "number" or "end"; ``position``: characters from 0."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, an "end" last.

    Raises:
        FormulaError: the text is too long, or a character belongs to no token.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError("too large", f"{len(text)} characters; at most {MAX_LENGTH} are read")
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    found = list(_scan(text))
    if len(found) > MAX_TOKENS:
        raise FormulaError("too large", f"{len(found)} tokens; at most {MAX_TOKENS} are read")
    return found


def _scan(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        space = SPACE.match(text, position)
        if space:
            position = space.end()
            continue
        token = _token(text, position)
        yield token
        position += len(token.text)
    yield Token("end", "", len(text))


def _token(text: str, position: int) -> Token:
    symbol = PUNCTUATION.match(text, position)
    if symbol:
        return Token(WRITTEN[symbol[0]], symbol[0], position)
    word = WORD.match(text, position)
    if word:
        return Token(WRITTEN.get(word[0], "word"), word[0], position)
    number = NUMBER.match(text, position)
    if number and len(number[0]) <= MAX_DIGITS:
        return Token("number", number[0], position)
    raise FormulaError(
        "character", f"{text[position]!r} at character {position} begins no symbol, word or number"
    )
