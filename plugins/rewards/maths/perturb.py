r"""Golds changed a little, each into another value: what must never be paid.

The changes are made to the text, so that they do not share a mistake with what judges them. Only
the part before a unit is changed, and only where the change cannot leave the value: another digit,
the other sign, the other bracket, swapped coordinates, a fraction upside down, an element less.
"""

import itertools
import random
import re

UNIT = re.compile(r"\\(?:text|mbox|textrm|mathrm)")
DIGIT = re.compile(r"[0-9]")
FRACTION = re.compile(r"\\[dtc]?frac\{([0-9]+)\}\{([0-9]+)\}")
PAIR = re.compile(r"([(\[])\s*([^()\[\],]+?)\s*,\s*([^()\[\],]+?)\s*([)\]])")
NUMBER = r"[0-9]*(?:,(?:\\!)?[0-9]{3})*(?:\.[0-9]+)?"
SINGLE = re.compile(rf"\s*(-?)\s*(\\?\$?\s*(?:{NUMBER}|\\[dt]?frac\{{[0-9]+\}}\{{[0-9]+\}}))")
OTHER_BRACKET = {"(": "[", "[": "(", ")": "]", "]": ")"}


def perturbations(gold: str) -> list[tuple[str, str]]:
    """Each kind of change with the changed text; empty where no change is certain to matter."""
    unit = UNIT.search(gold)
    value, rest = (gold[: unit.start()], gold[unit.start() :]) if unit else (gold, "")
    every = (
        _digits(value),
        _sign(value),
        _fractions(value),
        _swapped(value),
        _brackets(value),
        _shorter(value) if not rest else [],
    )
    return [(kind, changed + rest) for changes in every for kind, changed in changes]


def perturbed(golds: list[str], count: int, seed: int) -> list[tuple[str, str, str]]:
    """``count`` different (gold, kind, perturbed) triples: seeded, the kinds in turn.

    Raises:
        ValueError: the golds have fewer changes.
    """
    generator = random.Random(seed)
    kinds: dict[str, list[tuple[str, str, str]]] = {}
    for gold in dict.fromkeys(golds):
        for kind, changed in perturbations(gold):
            kinds.setdefault(kind, []).append((gold, kind, changed))
    for triples in kinds.values():
        generator.shuffle(triples)
    rounds = itertools.zip_longest(*(kinds[kind] for kind in sorted(kinds)))
    every = [triple for one_each in rounds for triple in one_each if triple is not None]
    if len(every) < count:
        raise ValueError(f"{count} perturbed golds were asked for, and there are {len(every)}")
    return every[:count]


def _digits(text: str) -> list[tuple[str, str]]:
    changes = []
    for match in DIGIT.finditer(text):
        place, digit = match.start(), int(match[0])
        other = str(digit % 9 + 1)  # never 0, so that no term or factor disappears
        if not _is_base(text, place):
            changes.append(("digit", text[:place] + other + text[place + 1 :]))
    return changes


def _is_base(text: str, place: int) -> bool:
    """Whether a digit is part of a subscript, or of x^0 and 1^x, which other digits may equal."""
    before = text[:place].rstrip("{")
    power = re.match(r"[0-9.]*\}?\^", text[place:])
    return before.endswith(("_", "^")) or power is not None


def _sign(text: str) -> list[tuple[str, str]]:
    """Of a single number alone: -(a+b) and -a+b are told apart by nobody who reads a text."""
    single = SINGLE.fullmatch(text)
    if single is None or not re.search("[1-9]", text):
        return []
    return [("sign", single[2] if single[1] else "-" + single[2])]


def _fractions(text: str) -> list[tuple[str, str]]:
    """Only a fraction that is all of the text: elsewhere its reciprocal might be next to it."""
    match = FRACTION.fullmatch(text.strip().removeprefix("-"))
    if match is None or int(match[1]) == int(match[2]) or int(match[1]) == 0:
        return []
    return [("fraction", rf"\frac{{{match[2]}}}{{{match[1]}}}")]


def _swapped(text: str) -> list[tuple[str, str]]:
    bare = text.strip().replace(r"\left", "").replace(r"\right", "")
    match = PAIR.fullmatch(bare)
    if match is None or match[2] == match[3]:
        return []
    return [("swap", f"{match[1]}{match[3]},{match[2]}{match[4]}")]


def _brackets(text: str) -> list[tuple[str, str]]:
    bare = text.strip().replace(r"\left", "").replace(r"\right", "")
    match = PAIR.fullmatch(bare)
    if match is None:
        return []
    opened = f"{OTHER_BRACKET[match[1]]}{match[2]},{match[3]}{match[4]}"
    closed = f"{match[1]}{match[2]},{match[3]}{OTHER_BRACKET[match[4]]}"
    return [("bracket", opened), ("bracket", closed)]


def _shorter(text: str) -> list[tuple[str, str]]:
    """A bare list without its last element; a comma before three digits may be a number's."""
    if any(bracket in text for bracket in "()[]{}") or re.search(r",\S*[0-9]{3}(?![0-9])", text):
        return []
    head, comma, _ = text.rpartition(",")
    return [("shorter", head)] if comma and head.strip() else []
