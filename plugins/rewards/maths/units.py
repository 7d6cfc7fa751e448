"""Units are stripped, never converted: two known units that differ make answers differ.

"25 km" and "25" are equal, "25 km" and "25 m" are not. A word that is not in the table is stripped
too ("12 apples"), and then says nothing.
"""

import re

from suite.plugins.rewards.maths.tokens import Token

NAMES = {
    "dollar": "dollars dollar usd bucks",
    "cent": "cents cent",
    "degree": "degrees degree deg",
    "percent": "percent",
    "mm": "mm millimeters millimeter millimetres millimetre",
    "cm": "cm centimeters centimeter centimetres centimetre",
    "m": "m meters meter metres metre",
    "km": "km kilometers kilometer kilometres kilometre",
    "inch": "inches inch in",
    "foot": "feet foot ft",
    "yard": "yards yard yd",
    "mile": "miles mile mi",
    "second": "seconds second sec secs s",
    "minute": "minutes minute min mins",
    "hour": "hours hour hr hrs h",
    "day": "days day",
    "week": "weeks week",
    "month": "months month",
    "year": "years year",
    "g": "g gm grams gram gms",
    "kg": "kg kilograms kilogram kilos",
    "pound": "pounds pound lb lbs",
    "ounce": "ounces ounce oz",
    "litre": "l liters liter litres litre",
    "ml": "ml milliliters milliliter millilitres millilitre",
    "mph": "mph",
    "unit": "units unit",
    "am": "am",
    "pm": "pm",
}
KNOWN = {word: name for name, words in NAMES.items() for word in words.split()}
POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
REQUIRED = frozenset({"am", "pm"})  # without it the answer is another one
# Words that change the number before them, or offer another one: never a unit.
NUMBER_WORDS = frozenset(
    [
        "and",
        "or",
        "not",
        "squared",
        "cubed",
        "half",
        "halves",
        "third",
        "thirds",
        "quarter",
        "quarters",
        "fourth",
        "fourths",
        "fifth",
        "fifths",
        "sixths",
        "eighths",
        "tenth",
        "tenths",
        "hundredth",
        "hundredths",
        "thousandth",
        "thousandths",
        "factorial",
        "plus",
        "minus",
        "divided",
        "negative",
        "less",
        "more",
        "maybe",
        "either",
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
    ]
)
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "dozen": 12,
}
SHORTEST_WORD = 3  # letters; shorter plain words are products of variables unless they are known
PERCENT = "percent"
UNIT_TEXT = re.compile(r"[A-Za-z .'/\-\s]*")


def normal_unit(text: str, power: int = 1) -> str:
    """The table's name with its power, such as "cm^2"; "" for what is not in it."""
    words = re.sub(r"[^a-z ]", "", text.lower()).split()
    while words and words[0] in POWERS:
        power = POWERS[words.pop(0)]
    name = (
        KNOWN.get("".join(words)) if len(words) == 1 or words in (["a", "m"], ["p", "m"]) else None
    )
    if name is None:
        return ""
    return name if power == 1 else f"{name}^{power}"


def compatible(gold: str, answer: str) -> bool:
    """Whether the units leave it open that the values are equal."""
    if gold in REQUIRED:
        return answer == gold
    return not gold or not answer or gold == answer


def split_unit(tokens: list[Token]) -> tuple[list[Token], str]:
    """The tokens of the value, and the unit that stood beside it."""
    if len(tokens) > 1 and tokens[0].value == r"\$":
        return tokens[1:], "dollar"
    for closing in ((r"\circ",), ("{", r"\circ", "}")):
        size = len(closing) + 1
        ends = len(tokens) > size and [t.value for t in tokens[-size:]] == ["^", *closing]
        # Inside an expression (cos 15 degrees) a degree is a number; alone it is the unit.
        if ends and _is_plain(tokens[:-size]):
            return tokens[:-size], "degree"
    if len(tokens) > 1 and tokens[-1].value in (r"\%", "%"):
        return tokens[:-1], PERCENT
    if len(tokens) > 1 and tokens[-1].value == r"\$":
        return tokens[:-1], "dollar"
    return _split_words(tokens)


def split_scale(tokens: list[Token]) -> tuple[list[Token], int]:
    """The tokens before "million" or another SCALES word, and the number that it multiplies by."""
    last = tokens[-1]
    scale = SCALES.get(last.value.strip().lower()) if last.kind in ("word", "text") else None
    return (tokens, 1) if scale is None or len(tokens) == 1 else (tokens[:-1], scale)


def _is_plain(tokens: list[Token]) -> bool:
    return not any(token.kind == "command" and token.value != r"\frac" for token in tokens)


def _split_words(tokens: list[Token]) -> tuple[list[Token], str]:
    """Words at the end, with an exponent of 2 or 3."""
    end, power = len(tokens), 1
    for exponent in (["^"], ["^", "{"]):
        width = len(exponent) + 1 + (len(exponent) > 1)
        tail = [token.value for token in tokens[-width:]]
        if tail[: len(exponent)] == exponent and tail[len(exponent)] in ("2", "3"):
            end, power = len(tokens) - width, int(tail[len(exponent)])
    start = end
    while start > 1 and _is_unit_word(tokens[start - 1]):
        start -= 1
    if start == end:
        return tokens, ""
    words = " ".join(token.value for token in tokens[start:end])
    return tokens[:start], normal_unit(words, power)


def _is_unit_word(token: Token) -> bool:
    words = re.findall(r"[a-z]+", token.value.lower())
    if NUMBER_WORDS.intersection(words) or SCALES.keys() & set(words):
        return False
    if token.kind == "text":
        return UNIT_TEXT.fullmatch(token.value) is not None
    if token.kind != "word" or not token.spaced:
        return False
    return len(token.value) >= SHORTEST_WORD or token.value.lower() in KNOWN
