"""Scales, ticks and the frame of a chart.

A chart is drawn in user units of about one pixel on a phone and grows with its box, so the sizes
here are a compromise: 12 units of text are 10 pixels on a 400-pixel screen and 14 on a wide one.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.core.report.markup import Markup, tag
from suite.core.report.wording import fixed, scientific

Range = tuple[float, float]

TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
LETTER_WIDTH = 6.4  # of 12 units of text, on average; only legends and margins depend on it
MAX_DECIMALS = 9
SAME = 1e-5  # relative: closer values differ by the rounding of 32-bit floats, or soon will
DRAWABLE = 1e100  # beyond it, sums and differences of coordinates could overflow


def nice_ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Round numbers between ``low`` and ``high``, about so many; multiples of 1, 2, 2.5 or 5.

    Raises:
        ValueError: ``low`` is not below ``high``, or either is not finite.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"nice_ticks needs finite low < high, got {low} and {high}")
    rough = high / about - low / about  # the difference of two huge numbers may overflow
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in TICK_STEPS if power * nice >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """The ticks written alike, with the digits that tell them apart; powers of ten if extreme."""
    if not ticks:
        return []
    largest = max(abs(tick) for tick in ticks)
    step = min((b - a for a, b in itertools.pairwise(ticks)), default=largest or 1.0)
    if largest >= 1e6 or 0 < largest < 1e-3:
        digits = 2 + max(0, math.ceil(math.log10(largest / step)))
        return [scientific(tick, digits) if tick else "0" for tick in ticks]
    decimals = next((d for d in range(MAX_DECIMALS) if _is_whole(step * 10**d)), MAX_DECIMALS)
    return [fixed(tick, decimals) for tick in ticks]


def _is_whole(value: float) -> bool:
    return value > 0.5 and abs(value - round(value)) < 1e-6 * value


def drawable(value: float | None) -> bool:
    """Whether a value can be a coordinate: there, finite, and not absurdly large."""
    return value is not None and abs(value) < DRAWABLE


def span(values: Iterable[float | None], *, margin: float = 0.06) -> Range:
    """A range that holds every drawable value with some air; (0, 1) without values.

    Where all values are equal the range is opened by a tenth of the value, or by one around zero.
    """
    finite = [value for value in values if value is not None and drawable(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    # Stretching what is only rounding over a whole chart would make a story of it.
    if high - low <= max(SAME * max(abs(low), abs(high)), 1 / DRAWABLE):
        air = 0.1 * abs(low) if abs(low) > 1 / DRAWABLE else 1.0
    else:
        air = margin * (high - low)
    return low - air, high + air


def y_margin(y_range: Range) -> float:
    """Room for the numbers of a chart's y axis."""
    return 16 + LETTER_WIDTH * max(map(len, tick_labels(nice_ticks(*y_range))), default=0)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The plotting area inside a chart, and the map from data to user units."""

    width: float = 440
    height: float = 264
    left: float = 54
    right: float = 14
    top: float = 12
    bottom: float = 44
    x_range: Range
    y_range: Range

    @property
    def x_end(self) -> float:
        return self.width - self.right

    @property
    def y_end(self) -> float:
        return self.height - self.bottom

    def x(self, value: float) -> float:
        """Data to user units, across."""
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * (self.x_end - self.left)

    def y(self, value: float) -> float:
        """Data to user units, downwards."""
        low, high = self.y_range
        return self.y_end - (value - low) / (high - low) * (self.y_end - self.top)


def text(content: str, x: float, y: float, *, anchor: str = "start", class_: str = "t") -> Markup:
    """Text at a point; ``anchor`` is start, middle or end."""
    return tag("text", content, x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def x_axis(frame: Frame, label: str) -> Markup:
    """Ticks, their numbers and the axis label below the frame."""
    ticks = nice_ticks(*frame.x_range)
    parts = [line(frame.left, frame.y_end, frame.x_end, frame.y_end, class_="axis")]
    for value, words in zip(ticks, tick_labels(ticks), strict=True):
        x = frame.x(value)
        parts.append(line(x, frame.y_end, x, frame.y_end + 4, class_="axis"))
        parts.append(text(words, x, frame.y_end + 17, anchor="middle", class_="t num"))
    middle = (frame.left + frame.x_end) / 2
    parts.append(text(label, middle, frame.y_end + 35, anchor="middle", class_="t label"))
    return tag("g", *parts)


def y_axis(frame: Frame, label: str = "") -> Markup:
    """Grid lines and their numbers, and a label, turned, left of the frame.

    Only a short label fits there; a chart's figure caption is the place for a long one.
    """
    ticks = nice_ticks(*frame.y_range, about=max(3, round((frame.y_end - frame.top) / 40)))
    parts = []
    for value, words in zip(ticks, tick_labels(ticks), strict=True):
        y = frame.y(value)
        parts.append(line(frame.left, y, frame.x_end, y, class_="grid"))
        parts.append(text(words, frame.left - 6, y + 4, anchor="end", class_="t num"))
    if not label:
        return tag("g", *parts)
    middle = (frame.top + frame.y_end) / 2
    turned = tag(
        "text",
        label,
        transform=f"translate(13 {middle:.1f}) rotate(-90)",
        text_anchor="middle",
        class_="t label",
    )
    return tag("g", *parts, turned)


def picture(
    width: float,
    height: float,
    *parts: str | None,
    title: str,
    description: str,
    wide: bool = False,
) -> Markup:
    """The svg element, with a title and a description for those who cannot see it.

    ``wide`` marks a picture that should scroll rather than shrink on a narrow screen.
    """
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *parts,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
        class_="wide" if wide else None,
    )
