"""What charts draw: points, the curves through them, and the marks that stand for arms.

Values that are None or not finite leave a gap in a curve; ``remarks`` writes on the chart how many
could not be drawn, so that a gap is never mistaken for a rest.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from suite.core.report.axes import Frame, drawable, line, text
from suite.core.report.markup import Markup, coordinate, tag
from suite.core.report.wording import number, quantity

ROLES = frozenset({"tuned", "base", "trained_on", "best_of_n", "best_quarter"})


@dataclass(frozen=True, kw_only=True)
class Point:
    """One mark: y with the half width of its interval, at x; ``label`` is shown on hover."""

    x: float | None
    y: float | None
    half_width: float | None = None
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Series:
    """Points joined in order.

    Attributes:
        label: its name, shown on hover and in legends.
        role: its colour and the shape of its marks.
        points: in the order in which they are joined.
        dots: mark each point, not only one that stands alone.
        faint: a thin line, for what training saw.
        band: intervals as a band along the line; else as whiskers, for a path that turns back.
    """

    label: str
    role: str
    points: Sequence[Point]
    dots: bool = True
    faint: bool = False
    band: bool = True


def role_class(role: str) -> str:
    """The style class of a role; one that we do not know gets the neutral one."""
    return f"r-{role}" if role in ROLES else "r-other"


def clip_label(label: str, limit: int) -> str:
    """A label short enough for its place; the full one stands in the table."""
    return label if len(label) <= limit else f"{label[: limit - 1]}\u2026"


def mark(role: str, x: float, y: float, label: str = "", *, radius: float = 4.5) -> Markup:
    """A mark whose shape tells its role: a circle is the run itself."""
    shapes = {
        "base": (4, math.pi / 4),  # square
        "trained_on": (4, 0.0),  # diamond
        "best_of_n": (3, -math.pi / 2),  # triangle
        "best_quarter": (3, math.pi / 2),  # triangle, point down
    }
    hover = tag("title", label) if label else None
    class_ = f"mark {role_class(role)}"
    if role not in shapes:
        return tag("circle", hover, cx=x, cy=y, r=radius, class_=class_)
    corners, turn = shapes[role]
    angles = [turn + 2 * math.pi * k / corners for k in range(corners)]
    tip = 1.3 * radius
    places = " ".join(
        f"{coordinate(x + tip * math.cos(a))},{coordinate(y + tip * math.sin(a))}" for a in angles
    )
    return tag("polygon", hover, points=places, class_=class_)


def extent(points: Iterable[Point]) -> list[float]:
    """Every y that must fit, intervals included."""
    values = []
    for point in points:
        if point.y is not None and drawable(point.y):
            values += [point.y - reach(point), point.y + reach(point)]
    return values


def reach(point: Point) -> float:
    """The half width that is drawn: 0 where none is known."""
    return point.half_width if point.half_width and drawable(point.half_width) else 0.0


def is_drawn(point: Point) -> bool:
    """Whether both coordinates can be drawn."""
    return drawable(point.x) and drawable(point.y)


def _segments(points: Sequence[Point]) -> list[list[Point]]:
    """Unbroken stretches of points that can be drawn."""
    stretches: list[list[Point]] = [[]]
    for point in points:
        if is_drawn(point):
            stretches[-1].append(point)
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _place(frame: Frame, point: Point, shift: float = 0.0) -> tuple[float, float]:
    assert point.x is not None  # _segments left out the others
    assert point.y is not None
    return frame.x(point.x), frame.y(point.y + shift)


def _path(places: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in places)


def curve(frame: Frame, series: Series) -> Markup:
    """A series: bands, lines between neighbours, and marks."""
    role = role_class(series.role)
    width = "faint" if series.faint else "curve"
    parts: list[Markup] = []
    for stretch in _segments(series.points):
        if len(stretch) > 1:
            if series.band:
                parts += _band(frame, stretch, role)
            path = _path(_place(frame, point) for point in stretch)
            parts.append(tag("path", d=path, class_=f"{width} {role}"))
        if series.dots or len(stretch) == 1:
            parts += [_dot(frame, series, point, alone=len(stretch) == 1) for point in stretch]
    return tag("g", *parts)


def _band(frame: Frame, stretch: Sequence[Point], role: str) -> list[Markup]:
    if not any(reach(point) for point in stretch):
        return []
    upper = [_place(frame, point, reach(point)) for point in stretch]
    lower = [_place(frame, point, -reach(point)) for point in reversed(stretch)]
    return [tag("path", d=_path(upper + lower) + "Z", class_=f"band {role}")]


def _dot(frame: Frame, series: Series, point: Point, *, alone: bool) -> Markup:
    """The mark of a point, with a whisker where no band shows its interval."""
    x, y = _place(frame, point)
    said = point.label or f"{number(point.x)}, {quantity(point.y, point.half_width)}"
    whisker = None
    if reach(point) and (alone or not series.band):
        ends = [_place(frame, point, sign * reach(point))[1] for sign in (1, -1)]
        whisker = line(x, ends[0], x, ends[1], class_=f"whisker {role_class(series.role)}")
    radius = 4.5 if alone else 2.6 if series.band else 3.6
    return tag("g", whisker, mark(series.role, x, y, f"{series.label}: {said}", radius=radius))


def remarks(frame: Frame, points: Sequence[Point]) -> Markup | None:
    """What the reader would otherwise miss: an empty chart, or values that cannot be drawn."""
    values = [value for point in points for value in (point.x, point.y) if value is not None]
    odd = sum(not drawable(value) for value in values)
    words = f"{odd} not finite or too large to draw" if odd else ""
    if not any(map(is_drawn, points)):
        words = f"nothing to draw ({words})" if odd else "no data"
    if not words:
        return None
    middle = (frame.left + frame.x_end) / 2
    return text(words, middle, frame.top + 12, anchor="middle", class_="t absent")
