"""Charts stay well-formed and honest whatever the series hold."""

import math
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.core.report.intervals import Estimate
from suite.core.report.marks import ROLES, Point, Series, mark
from suite.core.report.svg import (
    Bar,
    Level,
    frontier_chart,
    interval_chart,
    line_chart,
    spread,
)

NUMBERS = st.one_of(st.none(), st.floats())
POINTS = st.lists(st.builds(Point, x=NUMBERS, y=NUMBERS, half_width=NUMBERS), max_size=6)


def chart(points: list[Point], levels: list[Level] | None = None) -> ElementTree.Element:
    series = [Series(label="tuned", role="tuned", points=points)]
    made = line_chart(title="t", x_label="update", series=series, levels=levels or [])
    return ElementTree.fromstring(made)


def paths(svg: ElementTree.Element, class_: str) -> list[str]:
    return [path.get("d", "") for path in svg.iter("path") if class_ in path.get("class", "")]


def words(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def test_a_curve_goes_through_every_point_and_its_band_goes_round() -> None:
    svg = chart([Point(x=k, y=k * k, half_width=0.5) for k in range(4)])
    (curve,) = paths(svg, "curve")
    (band,) = paths(svg, "band")
    assert curve.count("L") == 3
    assert band.count("L") == 7
    assert band.endswith("Z")


def test_a_higher_value_is_drawn_higher_by_the_scale_of_the_axis() -> None:
    svg = chart([Point(x=0.0, y=0.0), Point(x=1.0, y=1.0), Point(x=2.0, y=0.5)])
    heights = [float(place.split(" ")[1]) for place in paths(svg, "curve")[0][1:].split("L")]
    assert heights[1] < heights[2] < heights[0]
    assert heights[2] == pytest.approx((heights[0] + heights[1]) / 2, abs=0.02)


@pytest.mark.parametrize("gap", [None, math.nan, math.inf, 1e300])
def test_a_value_that_cannot_be_drawn_breaks_the_curve(gap: float | None) -> None:
    values = [0.0, 1.0, gap, 2.0, 3.0]
    svg = chart([Point(x=float(k), y=value) for k, value in enumerate(values)])
    assert len(paths(svg, "curve")) == 2
    said = "1 not finite or too large to draw" in words(svg)
    assert said is (gap is not None)


def test_a_path_that_turns_back_has_whiskers_and_no_band() -> None:
    points = [Point(x=x, y=1.0, half_width=0.3) for x in (0.0, 2.0, 1.0)]
    path = Series(label="run", role="tuned", points=points, band=False)
    svg = ElementTree.fromstring(frontier_chart(title="t", x_label="KL", path=path, marks=[]))
    assert paths(svg, "band") == []
    assert len([one for one in svg.iter("line") if "whisker" in one.get("class", "")]) == 3


def test_no_points_say_so() -> None:
    assert "no data" in words(chart([]))
    assert "nothing to draw (1 not finite or too large to draw)" in words(
        chart([Point(x=0.0, y=math.nan)])
    )


def test_one_point_is_a_mark_with_a_whisker() -> None:
    svg = chart([Point(x=3.0, y=1.0, half_width=0.2)])
    assert len(list(svg.iter("circle"))) == 1
    assert [one for one in svg.iter("line") if "whisker" in one.get("class", "")]
    assert "no data" not in words(svg)


@given(POINTS, POINTS, st.floats())
def test_any_series_gives_well_formed_charts_with_finite_coordinates(
    first: list[Point], second: list[Point], level: float
) -> None:
    path = Series(label="run", role="tuned", points=first)
    other = Series(label="base", role="base", points=second)
    bars = [
        Bar(label="a", role="base", estimate=Estimate(mean=level, half_width=level)),
        Bar(label="b", role="tuned", estimate=None),
    ]
    named = {"x_label": "x", "title": "t"}
    levels = [Level(label="base", role="base", value=level)]
    for made in (
        line_chart(series=[path, other], levels=levels, **named),
        frontier_chart(path=path, marks=[other], **named),
        interval_chart(title="t", x_label="x", bars=bars, zero_line=True),
    ):
        svg = ElementTree.fromstring(made)
        assert svg.find("title") is not None
        assert svg.find("desc") is not None
        numbers = [value for one in svg.iter() for value in one.attrib.values()]
        assert not [value for value in numbers if "nan" in value or "inf" in value]


def test_the_description_says_where_a_curve_starts_and_ends() -> None:
    svg = chart(
        [Point(x=0.0, y=-1.0), Point(x=9.0, y=2.0, half_width=0.25)],
        [Level(label="base", role="base", value=0.5)],
    )
    described = svg.findtext("desc")
    assert described == "tuned: from \u22121 at 0 to 2.00 \u00b1 0.25 at 9; base: 0.5"


def test_a_level_that_is_not_finite_is_not_drawn() -> None:
    svg = chart([Point(x=0.0, y=0.0)], [Level(label="base", role="base", value=math.nan)])
    assert "base" not in words(svg)


def test_names_of_close_lines_are_moved_apart_in_order() -> None:
    moved = spread([100.0, 101.0, 50.0, 102.0], gap=14.0, low=0.0, high=110.0)
    assert moved == [82.0, 96.0, 50.0, 110.0]


@given(st.lists(st.floats(0, 200), max_size=8))
def test_spread_names_never_overlap_and_keep_their_order(places: list[float]) -> None:
    moved = spread(places, gap=14.0, low=0.0, high=200.0)
    ranked = [moved[k] for k in sorted(range(len(places)), key=lambda k: places[k])]
    assert all(b - a >= 14.0 - 1e-6 for a, b in pairwise(ranked))
    assert all(value >= -1e-6 for value in moved)


def test_every_role_has_a_shape_of_its_own() -> None:
    shapes = {mark(role, 0.0, 0.0).replace(f"r-{role}", "") for role in ROLES}
    assert len(shapes) == len(ROLES)


def test_hostile_labels_stay_text_in_a_chart() -> None:
    made = interval_chart(
        title="<script>",
        x_label='"><script>',
        bars=[Bar(label="</text><script>", role="<x>", estimate=Estimate(mean=0.0))],
    )
    svg = ElementTree.fromstring(made)
    assert not list(svg.iter("script"))
    assert svg.findtext("title") == "<script>"
