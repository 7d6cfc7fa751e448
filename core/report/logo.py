"""Sequences as biologists read them: logos in bits, and aligned rows coloured by chemistry.

A logo's stack is log2(A) - H - e bits high, A letters in the alphabet, H the entropy of the column
and e = (A - 1) / (2 ln 2 n) the small-sample correction for n sequences (Schneider and Stephens,
"Sequence logos: a new way to display consensus sequences", 1990, equations 1 and 2). Without e, 30
random proteins would seem to carry 0.46 bits at every position. A stack is never below zero.

Colours follow the usual chemistry classes, moved to hues that colour-blind readers can tell apart.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suite.core.report.axes import Frame, line, picture, text, y_axis
from suite.core.report.markup import Markup, tag
from suite.core.report.wording import number

NEUTRAL = "neutral"
UNCOUNTED = "-.*"  # gaps and stops: aligned, in no class, and in no column's frequencies
MAX_LENGTH = 400
ROW_LENGTH = 60  # positions in one row of a logo, at most
CELL, WIDE_CELL = 15.0, 30.0  # widths of a position; few positions get the wide one
FEW = 12
CAP_HEIGHT = 0.72  # of the font size, for the sans-serif fonts that browsers come with
LOGO_HEIGHT = 112.0


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """Letters and the chemistry class of each; wildcards are allowed but not counted."""

    name: str
    groups: Mapping[str, str]
    wildcards: str

    @property
    def letters(self) -> str:
        return "".join(self.groups.values())

    def group(self, letter: str) -> str:
        """The class of a letter; neutral for a gap or a wildcard."""
        return next((name for name, some in self.groups.items() if letter in some), NEUTRAL)


DNA = Alphabet(name="DNA", groups={"a": "A", "c": "C", "g": "G", "t": "T"}, wildcards="N")
RNA = Alphabet(name="RNA", groups={"a": "A", "c": "C", "g": "G", "t": "U"}, wildcards="N")
PROTEIN = Alphabet(
    name="amino acids",
    groups={
        "hydrophobic": "AVLIPWFM",
        "polar": "GSTYC",
        "amide": "QN",
        "basic": "KRH",
        "acidic": "DE",
    },
    wildcards="X",
)
ALPHABETS = (DNA, RNA, PROTEIN)  # the smallest that holds every letter is the one meant


def common_alphabet(texts: Sequence[str]) -> Alphabet | None:
    """The alphabet of texts of one length, 2 to 400; None if there is none.

    A set of proteins made of A, C, G and T alone would be read as DNA.
    """
    lengths = {len(one) for one in texts}
    if len(lengths) != 1 or not 2 <= min(lengths) <= MAX_LENGTH:
        return None
    used = set("".join(texts)) - set(UNCOUNTED)
    fitting = (one for one in ALPHABETS if used <= set(one.letters + one.wildcards))
    return next(fitting, None) if used else None


def position_frequencies(texts: Sequence[str], letters: str) -> list[dict[str, float]]:
    """Share of each letter at each position, gaps and wildcards left out of the total.

    Raises:
        ValueError: no texts, or texts of different lengths.
    """
    if len({len(one) for one in texts}) != 1:
        raise ValueError("position_frequencies needs texts of one length, and at least one text")
    columns = []
    for column in zip(*texts, strict=True):
        seen = Counter(letter for letter in column if letter in letters)
        columns.append({letter: times / seen.total() for letter, times in seen.items()})
    return columns


def information(frequencies: Mapping[str, float], *, num_letters: int, num_sequences: int) -> float:
    """Height of one stack in bits, small-sample correction included; 0 for an empty column."""
    if not frequencies:
        return 0.0
    entropy = -sum(share * math.log2(share) for share in frequencies.values() if share > 0)
    correction = (num_letters - 1) / (2 * math.log(2) * num_sequences)
    return max(0.0, math.log2(num_letters) - entropy - correction)


def logos(texts: Sequence[str], alphabet: Alphabet, *, title: str) -> Markup:
    """A logo in rows of at most 60 positions, all with the same height scale."""
    columns = position_frequencies(texts, alphabet.letters)
    num_rows = math.ceil(len(columns) / ROW_LENGTH)
    length = math.ceil(len(columns) / num_rows)  # rows of like length, not a stub at the end
    rows = [
        _logo_row(columns[start : start + length], start, alphabet, len(texts), title)
        for start in range(0, len(columns), length)
    ]
    label = f"{title}, {len(texts)} sequences"
    return tag("div", *rows, class_="scroll", tabindex="0", role="region", aria_label=label)


def _logo_row(
    columns: Sequence[Mapping[str, float]],
    start: int,
    alphabet: Alphabet,
    num_sequences: int,
    title: str,
) -> Markup:
    num_letters = len(alphabet.letters)
    frame = Frame(
        width=60 + (WIDE_CELL if len(columns) <= FEW else CELL) * len(columns),
        height=LOGO_HEIGHT,
        left=44,
        right=16,
        top=8,
        bottom=20,
        x_range=(0.0, float(len(columns))),
        y_range=(0.0, math.log2(num_letters)),
    )
    stacks = []
    for place, column in enumerate(columns):
        bits = information(column, num_letters=num_letters, num_sequences=num_sequences)
        stacks.append(_stack(frame, place, start + place + 1, column, bits, alphabet))
    last = start + len(columns)
    return picture(
        frame.width,
        frame.height,
        y_axis(frame, "bits"),
        line(frame.left, frame.y_end, frame.x_end, frame.y_end, class_="axis"),
        *stacks,
        *_positions(frame, start, len(columns)),
        title=f"{title}, positions {start + 1} to {last}",
        description=f"Most frequent letters: {_consensus(columns)}",
        wide=True,
    )


def _consensus(columns: Sequence[Mapping[str, float]]) -> str:
    """The most frequent letter of each column; a dash for an empty one."""
    return "".join(max(column, key=lambda k: column[k]) if column else "-" for column in columns)


def _stack(
    frame: Frame,
    place: int,
    position: int,
    column: Mapping[str, float],
    bits: float,
    alphabet: Alphabet,
) -> Markup:
    """The letters of one position, the most frequent on top, heights in bits."""
    bottom = 0.0
    letters = []
    ranked = sorted(column, key=lambda letter: (column[letter], letter))
    for letter in ranked:
        height = bits * column[letter]
        if frame.y(0.0) - frame.y(height) >= 0.5:  # thinner letters are noise on any screen
            letters.append(_letter(frame, letter, alphabet.group(letter), place, bottom, height))
        bottom += height
    shares = ", ".join(f"{letter} {100 * column[letter]:.0f} %" for letter in ranked[:-5:-1])
    hover = tag("title", f"{position}: {shares or 'empty'}; {number(bits, digits=2)} bits")
    x = frame.x(place)
    # A full-height target, or the reader would have to hit a thin letter to see its shares.
    target = tag(
        "rect",
        x=x,
        y=frame.top,
        width=_cell(frame),
        height=frame.y_end - frame.top,
        class_="target",
    )
    return tag("g", hover, target, *letters)


def _cell(frame: Frame) -> float:
    """The width of one position."""
    return frame.x(1.0) - frame.x(0.0)


def _letter(
    frame: Frame, letter: str, group: str, place: int, bottom: float, height: float
) -> Markup:
    """One letter stretched to its height; its baseline lies at ``bottom`` bits."""
    cell = _cell(frame)
    tall = (frame.y(0.0) - frame.y(height)) / (cell * CAP_HEIGHT)
    x, y = frame.x(place + 0.5), frame.y(bottom)
    return tag(
        "text",
        letter,
        transform=f"translate({x:.1f} {y:.2f}) scale(1 {tall:.3f})",
        font_size=cell,
        text_anchor="middle",
        textLength=cell * 0.8 if letter in "MW" else None,
        lengthAdjust="spacingAndGlyphs" if letter in "MW" else None,
        class_=f"logo c-{group}",
    )


def _positions(frame: Frame, start: int, num_positions: int) -> list[Markup]:
    """Position numbers, counted from 1: every fifth, or each one if there are few."""
    every = 1 if num_positions <= FEW and not start else 5
    return [
        text(str(place), frame.x(place - start - 0.5), frame.y_end + 14, anchor="middle")
        for place in range(start + 1, start + num_positions + 1)
        if place % every == 0 or place == 1
    ]


def coloured(sequence: str, alphabet: Alphabet) -> Markup:
    """A sequence as text that can be copied, each residue on the colour of its class."""
    runs: list[tuple[str, str]] = []
    for letter in sequence:
        group = alphabet.group(letter)
        if runs and runs[-1][0] == group:
            runs[-1] = (group, runs[-1][1] + letter)
        else:
            runs.append((group, letter))
    return tag("code", *(tag("span", some, class_=f"b-{group}") for group, some in runs))


def chemistry_key(alphabet: Alphabet) -> Markup:
    """What the colours mean."""
    entries = [
        tag("li", tag("span", " ".join(some), class_=f"b-{group}"), f" {_group_name(group, some)}")
        for group, some in alphabet.groups.items()
    ]
    return tag("ul", *entries, class_="key", aria_label=f"{alphabet.name} colours")


def _group_name(group: str, letters: str) -> str:
    names = {"A": "adenine", "C": "cytosine", "G": "guanine", "T": "thymine", "U": "uracil"}
    return names.get(letters, group)
