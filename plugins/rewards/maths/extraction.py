r"""Where the answer stands in what a model wrote.

Ways, in the order in which they are tried unless told otherwise:

    boxed    the last \boxed{...} or \fbox{...}, braces matched; never closed, it is no answer
    tagged   the last <answer>...</answer>; a box inside of it counts
    marked   the rest of the line after the last "####", as in GSM8K
    stated   the rest of the sentence after the last "answer is" or "answer:"
    number   the last number that is no part of a larger expression such as 5x or 5^2

The first way that finds something decides, and within a way the last place: an early guess is taken
back by a later one, and many boxes are worth what the last one is worth.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

BOX = re.compile(r"\\(?:boxed|fbox)\s*")
CLOSED_TAG = "</answer>"
OPEN_TAG = "<answer>"
MARK = "####"
STATED = re.compile(r"answer\s*(?:is|:)\s*:?", re.IGNORECASE)
SENTENCE = re.compile(r"\n|\.(?=\s|$)")
LAST_NUMBER = re.compile(
    r"(?<![0-9A-Za-z.,^_{])-?\$?(?:[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?|\.[0-9]+)(?:/[0-9]+)?"
    r"(?![0-9,.]*[0-9])(?![A-Za-z^_](?![A-Za-z]))%?"  # not the 5 of 5x, of 5^2 or of 5.0.1
)
LONGEST_TAIL = 20_000  # characters from the end that are looked at


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """The answer's text, or None with the reason why there is none."""

    text: str | None
    way: str
    reason: str | None = None


def extract(completion: str, order: Sequence[str]) -> Extracted:
    """The answer that the first successful way of ``order`` finds."""
    tail = completion[-LONGEST_TAIL:]
    for way in order:
        found = WAYS[way](tail)
        if found is not None:
            return found
    return Extracted(text=None, way="none", reason="no answer was found")


def boxed(text: str) -> Extracted | None:
    r"""The content of the last box; \boxed 5 without braces has one character."""
    starts = [match.end() for match in BOX.finditer(text)]
    if not starts:
        return None
    start = starts[-1]
    if text[start : start + 1] != "{":
        return Extracted(text=text[start : start + 1], way="boxed")
    end = _closing_brace(text, start)
    if end is None:
        return Extracted(text=None, way="boxed", reason="the last box is never closed")
    return Extracted(text=text[start + 1 : end], way="boxed")


def _closing_brace(text: str, start: int) -> int | None:
    depth, position = 0, start
    while position < len(text):
        letter = text[position]
        if letter == "\\":
            position += 1  # \{ and \} are no braces
        elif letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None


def _tagged(text: str) -> Extracted | None:
    end = text.rfind(CLOSED_TAG)
    start = text.rfind(OPEN_TAG, 0, end) if end >= 0 else -1
    if start < 0:
        return None
    inner = text[start + len(OPEN_TAG) : end].strip()
    return boxed(inner) or Extracted(text=inner, way="tagged")


def _marked(text: str) -> Extracted | None:
    _, mark, rest = text.rpartition(MARK)
    if not mark:
        return None
    return Extracted(text=rest.strip().partition("\n")[0].strip(), way="marked")


def _stated(text: str) -> Extracted | None:
    places = [match.end() for match in STATED.finditer(text)]
    if not places:
        return None
    rest = text[places[-1] :].strip()
    return Extracted(text=SENTENCE.split(rest, maxsplit=1)[0].strip(" *"), way="stated")


def _number(text: str) -> Extracted | None:
    found = LAST_NUMBER.findall(text)
    return Extracted(text=found[-1], way="number") if found else None


WAYS: dict[str, Callable[[str], Extracted | None]] = {
    "boxed": boxed,
    "tagged": _tagged,
    "marked": _marked,
    "stated": _stated,
    "number": _number,
}
