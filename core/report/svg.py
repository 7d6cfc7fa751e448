"""Charts as inline SVG: curves with bands, a frontier, and intervals side by side.

Colours come from the page's style sheet by role (``r-tuned``, ``r-base``), so that one chart
serves light, dark and paper. No chart relies on colour alone: lines also differ in their dashes,
marks in their shape, and lines carry their names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from suite.core.report.axes import (
    LETTER_WIDTH,
    Frame,
    Range,
    drawable,
    line,
    picture,
    span,
    text,
    x_axis,
    y_axis,
    y_margin,
)
from suite.core.report.intervals import Estimate
from suite.core.report.marks import (
    Point,
    Series,
    clip_label,
    curve,
    extent,
    is_drawn,
    mark,
    reach,
    remarks,
    role_class,
)
from suite.core.report.markup import Markup, tag
from suite.core.report.wording import number, quantity

LABEL_MARGIN = 92.0  # right of the frame, for names of lines
LABEL_GAP = 14.0
MAX_LABEL = 13  # letters that fit in LABEL_MARGIN
MAX_NAME = 25  # letters of a row's name
ROW_HEIGHT = 27.0


@dataclass(frozen=True, kw_only=True)
class Level:
    """A horizontal line at ``value`` across a chart: a control."""

    label: str
    role: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One row of an interval chart."""

    label: str
    role: str
    estimate: Estimate | None


def line_chart(
    *,
    title: str,
    x_label: str,
    series: Sequence[Series],
    levels: Sequence[Level] = (),
    x_range: Range | None = None,
) -> Markup:
    """Curves over a shared x, each with its band, and named horizontal lines.

    Args:
        title: what is drawn, for screen readers; the figure's caption says it to all.
        x_label: with its unit.
        series: drawn in order, the last on top.
        levels: horizontal lines, named in the right margin.
        x_range: to share x between charts; else what the points need.
    """
    points = [point for one in series for point in one.points]
    drawn = [level for level in levels if drawable(level.value)]
    y_range = span([*extent(points), *(level.value for level in drawn)])
    frame = Frame(
        left=y_margin(y_range),
        right=LABEL_MARGIN if drawn else 14,
        x_range=x_range or span((point.x for point in points), margin=0.02),
        y_range=y_range,
    )
    return _chart(
        frame,
        x_axis(frame, x_label),
        y_axis(frame),
        *(_level_line(frame, level) for level in drawn),
        *_level_names(frame, drawn),
        *(curve(frame, one) for one in series),
        remarks(frame, points),
        title=title,
        description=_describe(series, drawn),
    )


def frontier_chart(*, title: str, x_label: str, path: Series, marks: Sequence[Series]) -> Markup:
    """One run's path over reward and divergence, with other arms as marks and a legend.

    Args:
        title: what the chart shows.
        x_label: with its unit.
        path: the run, joined in order.
        marks: one series an arm, in the legend even if nothing of it can be drawn.
    """
    every = [path, *marks]
    points = [point for one in every for point in one.points]
    places, legend_height = _legend_places([one.label for one in every], width=440)
    y_range = span(extent(points))
    frame = Frame(
        height=264 + legend_height,
        left=y_margin(y_range),
        bottom=44 + legend_height,
        x_range=span((point.x for point in points), margin=0.04),
        y_range=y_range,
    )
    return _chart(
        frame,
        x_axis(frame, x_label),
        y_axis(frame),
        *(curve(frame, one) for one in every),
        *(
            _legend_entry(one, x, frame.y_end + 52 + y)
            for one, (x, y) in zip(every, places, strict=True)
        ),
        remarks(frame, points),
        title=title,
        description=_describe(every, ()),
    )


def interval_chart(
    *, title: str, x_label: str, bars: Sequence[Bar], zero_line: bool = False
) -> Markup:
    """Means as dots with their intervals, one row each, names on the left.

    Args:
        title: what the chart shows.
        x_label: with its unit.
        bars: from top to bottom; one without an estimate says "not measured".
        zero_line: include zero and mark it: for differences.
    """
    means = [(bar.estimate.mean, bar.estimate.half_width) for bar in bars if bar.estimate]
    points = [Point(x=0.0, y=mean, half_width=half) for mean, half in means]
    longest = max((len(bar.label) for bar in bars), default=0)
    frame = Frame(
        left=16 + min(MAX_NAME, longest) * LETTER_WIDTH,
        height=56 + ROW_HEIGHT * max(1, len(bars)),
        x_range=span([*extent(points), 0.0 if zero_line else None]),
        y_range=(0.0, 1.0),
    )
    zero = frame.x(0.0)
    return _chart(
        frame,
        x_axis(frame, x_label),
        line(zero, frame.top, zero, frame.y_end, class_="zero") if zero_line else None,
        *(_bar(frame, bar, frame.top + ROW_HEIGHT * (k + 0.5)) for k, bar in enumerate(bars)),
        remarks(frame, points),
        title=title,
        description="; ".join(f"{bar.label}: {_said(bar.estimate)}" for bar in bars),
    )


def _chart(frame: Frame, *parts: str | None, title: str, description: str) -> Markup:
    return picture(frame.width, frame.height, *parts, title=title, description=description)


def _level_line(frame: Frame, level: Level) -> Markup:
    y = frame.y(level.value)
    return line(frame.left, y, frame.x_end, y, class_=f"level {role_class(level.role)}")


def spread(places: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """``places`` moved apart to at least ``gap``, in order, as far as [low, high] allows.

    Used for names of lines that lie close together. If they cannot all fit, ``high`` gives way
    last: the names stay ``gap`` apart and start at ``low``.
    """
    order = sorted(range(len(places)), key=lambda k: places[k])
    result = list(places)
    floor = low
    for k in order:
        result[k] = max(places[k], floor)
        floor = result[k] + gap
    ceiling = max(high, low + gap * (len(places) - 1))
    for k in reversed(order):
        result[k] = min(result[k], ceiling)
        ceiling = result[k] - gap
    return result


def _level_names(frame: Frame, levels: Sequence[Level]) -> list[Markup]:
    at = [frame.y(level.value) for level in levels]
    rows = spread(at, gap=LABEL_GAP, low=frame.top, high=frame.y_end)
    parts = []
    for level, y, row in zip(levels, at, rows, strict=True):
        role = role_class(level.role)
        parts.append(line(frame.x_end, y, frame.x_end + 9, row, class_=f"leader {role}"))
        parts.append(text(clip_label(level.label, MAX_LABEL), frame.x_end + 12, row + 4))
    return parts


def _legend_places(
    labels: Sequence[str], *, width: float
) -> tuple[list[tuple[float, float]], float]:
    """Where each legend entry goes, left to right and then down; and the height of all."""
    x, y, places = 0.0, 0.0, []
    for label in labels:
        needed = 24 + LETTER_WIDTH * len(clip_label(label, 26))
        if x and x + needed > width:
            x, y = 0.0, y + 18
        places.append((x, y))
        x += needed
    return places, y + 18


def _legend_entry(series: Series, x: float, y: float) -> Markup:
    key = mark(series.role, x + 8, y, radius=4)
    drawn = any(map(is_drawn, series.points))
    words = text(clip_label(series.label, 26), x + 17, y + 4, class_="t" if drawn else "t absent")
    return tag("g", key, words)


def _bar(frame: Frame, bar: Bar, y: float) -> Markup:
    name = text(clip_label(bar.label, MAX_NAME), frame.left - 8, y + 4, anchor="end")
    estimate = bar.estimate
    if estimate is None or not drawable(estimate.mean):
        return tag("g", name, text(_said(estimate), frame.left + 6, y + 4, class_="t absent"))
    point = Point(x=0.0, y=estimate.mean, half_width=estimate.half_width)
    low, high = (frame.x(estimate.mean + sign * reach(point)) for sign in (-1, 1))
    whisker = line(low, y, high, y, class_=f"whisker {role_class(bar.role)}")
    said = f"{bar.label}: {_said(estimate)}"
    return tag("g", name, whisker, mark(bar.role, frame.x(estimate.mean), y, said))


def _said(estimate: Estimate | None) -> str:
    return "not measured" if estimate is None else quantity(estimate.mean, estimate.half_width)


def _describe(series: Sequence[Series], levels: Sequence[Level]) -> str:
    """The chart in words: where each curve starts and ends, and where the lines lie."""
    parts = []
    for one in series:
        drawn = [point for point in one.points if is_drawn(point)]
        if not drawn:
            parts.append(f"{one.label}: no data")
        elif len(drawn) == 1:
            parts.append(f"{one.label}: {_spoken(drawn[0])}")
        else:
            parts.append(f"{one.label}: from {_spoken(drawn[0])} to {_spoken(drawn[-1])}")
    parts += [f"{level.label}: {number(level.value)}" for level in levels]
    return "; ".join(parts)


def _spoken(point: Point) -> str:
    return f"{quantity(point.y, point.half_width)} at {number(point.x)}"
