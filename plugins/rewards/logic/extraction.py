"""Where the answer stands in what a model wrote.

The first way that finds something decides:

    tagged   <answer>...</answer>
    stated   what follows "answer:" or "answer is", to the end of the line
    whole    the whole text; for a label, its lines

A formula is the last one found. A label is the last one too, and all labels found that way must
agree: who names several has named none. "Unknown" is "Uncertain"; case and marks around it do not
count.
"""

import re

LONGEST_TAIL = 20_000  # characters from the end that are looked at
TAG = re.compile(r"<answer>([^<]*(?:<(?!/?answer>)[^<]*)*)</answer>", re.IGNORECASE)
STATED = re.compile(r"\banswer\s*(?:is\b|:)[ \t]*:?", re.IGNORECASE)
SENTENCE = re.compile(r"\.(?=\s|$)")
MARKS = " \t\r\n*_`\"'.,;:!()[]{}$"
LABELS = {"true": "True", "false": "False", "uncertain": "Uncertain", "unknown": "Uncertain"}


def found(text: str) -> tuple[str, list[str]]:
    """The way that found something, and what it found, in order; ("whole", []) for no text."""
    tail = text[-LONGEST_TAIL:]
    tagged = TAG.findall(tail)
    if tagged:
        return "tagged", [one.strip() for one in tagged]
    pieces = [_first_line(piece) for piece in STATED.split(tail)[1:]]
    stated = [piece for piece in pieces if piece]
    if pieces:
        return "stated", stated
    return "whole", [tail.strip()] if tail.strip() else []


def _first_line(piece: str) -> str:
    return piece.strip().partition("\n")[0].strip()


def formula_text(text: str) -> str | None:
    """The text of the formula that was answered, None for no answer."""
    _, answers = found(text)
    return answers[-1] if answers and answers[-1] else None


def labels(text: str) -> list[str]:
    """The different labels that were answered; none where the last answer is no label."""
    way, answers = found(text)
    if way == "whole" and answers:
        answers = [line for line in answers[0].splitlines() if line.strip()]
    read = [label_of(answer) for answer in answers]
    if not read or read[-1] is None:
        return []
    return list(dict.fromkeys(one for one in read if one is not None))


def label_of(answer: str) -> str | None:
    """The label that a short text is: its first sentence, without marks around it."""
    sentence = SENTENCE.split(answer.strip(), maxsplit=1)[0]
    return LABELS.get(sentence.strip(MARKS).lower())
