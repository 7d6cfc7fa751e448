"""The charts of a run: both rewards over time, reward against KL, and the trainer's diagnostics."""

import math
from collections.abc import Callable, Sequence

from suite.core.report.axes import drawable, span
from suite.core.report.folder import TUNED, Evaluation, Row, Run, number_of, short_name
from suite.core.report.intervals import Estimate
from suite.core.report.marks import Point, Series
from suite.core.report.markup import Markup, clip, figure, join, tag
from suite.core.report.svg import Level, frontier_chart, line_chart
from suite.core.report.wording import axis_label, count, number, quantity

MAX_POINTS = 200  # a chart is some 300 pixels wide; longer histories are averaged in bins
HIDDEN = frozenset({"kind", "step", "reward", "reward_calls"})  # shown elsewhere, or no news

Pick = Callable[[Evaluation], Estimate | None]


def reward_of(evaluation: Evaluation) -> Estimate | None:
    """The training reward."""
    return evaluation.reward


def held_out_of(evaluation: Evaluation) -> Estimate | None:
    """The held-out reward."""
    return evaluation.held_out


def learning_curves(run: Run) -> Markup:
    """Training reward and held-out reward over the same steps, the controls as lines."""
    steps = [number_of(row, "step") for row in run.train]
    x_range = span([*steps, *(one.step for one in run.curve)], margin=0.02)
    reward = line_chart(
        title="Training reward over the run",
        x_label="update",
        series=[
            Series(label="each update", role=TUNED, points=_train(run), dots=False, faint=True),
            _evaluations(run, reward_of),
        ],
        levels=_levels(run, reward_of),
        x_range=x_range,
    )
    held_out = line_chart(
        title="Held-out reward over the run",
        x_label="update",
        series=[_evaluations(run, held_out_of)],
        levels=_levels(run, held_out_of),
        x_range=x_range,
    )
    words = (
        "Solid: evaluations with 95 % intervals. Thin: the batches that training saw"
        f"{_binned(len(run.train))}. Dashed: the controls, measured once, after the run."
    )
    figures = [
        figure(reward, axis_label("Training reward", run.reward_unit)),
        figure(held_out, axis_label("Held-out reward", run.held_out_unit)),
    ]
    return join([tag("div", *figures, class_="charts"), tag("p", words, class_="note")])


def frontier(run: Run) -> Markup:
    """Both rewards against the distance from the base."""
    missing = [one.label for one in run.controls if not drawable(one.kl)]
    words = "Further right is further from the base; a good method climbs before it moves."
    if missing:
        words += f" Without a KL, so not drawn: {', '.join(missing)}."
    charts = [
        _frontier(run, reward_of, "Training reward", run.reward_unit),
        _frontier(run, held_out_of, "Held-out reward", run.held_out_unit),
    ]
    return join([tag("div", *charts, class_="charts"), tag("p", words, class_="note")])


def diagnostics(run: Run) -> Markup:
    """Every other number of the history: losses, norms, and what evaluations measured."""
    charts = [
        figure(
            line_chart(
                title=f"{name} over the run",
                x_label="update",
                series=[Series(label=name, role=TUNED, points=points, dots=len(points) <= 40)],
            ),
            clip(name, 100),
        )
        for name, points in [*_train_histories(run), *_evaluation_histories(run)]
    ]
    if not charts:
        return tag("p", "metrics.jsonl holds no other numbers.", class_="note")
    return tag("div", *charts, class_="charts small")


def bins(points: Sequence[Point], *, limit: int = MAX_POINTS) -> list[Point]:
    """At most ``limit`` points: means of x and y over equal runs of neighbours.

    A bin that holds a y which cannot be drawn becomes one that cannot either, so that averaging
    never hides a NaN.
    """
    if len(points) <= limit:
        return list(points)
    width = math.ceil(len(points) / limit)
    return [_bin(points[start : start + width]) for start in range(0, len(points), width)]


def _bin(points: Sequence[Point]) -> Point:
    means = [
        math.fsum(values) / len(values) if len(values) == len(points) else math.nan
        for values in (
            [point.x for point in points if point.x is not None and drawable(point.x)],
            [point.y for point in points if point.y is not None and drawable(point.y)],
        )
    ]
    return Point(x=means[0], y=means[1])


def _binned(num_updates: int) -> str:
    if num_updates <= MAX_POINTS:
        return ""
    return f", {count(math.ceil(num_updates / MAX_POINTS))} updates averaged at a time"


def _train(run: Run) -> list[Point]:
    return _history(run.train, "reward")


def _history(rows: Sequence[Row], name: str) -> list[Point]:
    return bins([Point(x=number_of(row, "step"), y=number_of(row, name)) for row in rows])


def _evaluations(run: Run, pick: Pick) -> Series:
    points = [_point(one, one.step, pick) for one in run.curve]
    return Series(label="tuned", role=TUNED, points=points)


def _point(evaluation: Evaluation, x: float | None, pick: Pick) -> Point:
    estimate = pick(evaluation)
    if estimate is None:
        return Point(x=x, y=None)
    said = quantity(estimate.mean, estimate.half_width)
    step = "" if evaluation.step is None else f"update {count(evaluation.step)}: "
    kl = "" if evaluation.kl is None else f", KL {number(evaluation.kl, digits=3)} nats"
    return Point(x=x, y=estimate.mean, half_width=estimate.half_width, label=f"{step}{said}{kl}")


def _levels(run: Run, pick: Pick) -> list[Level]:
    levels = []
    for one in run.controls:
        estimate = pick(one)
        if estimate is not None:
            levels.append(Level(label=short_name(one), role=one.key, value=estimate.mean))
    return levels


def _frontier(run: Run, pick: Pick, name: str, unit: str) -> Markup:
    path = Series(
        label="the run",
        role=TUNED,
        points=[_point(one, one.kl, pick) for one in run.curve],
        band=False,
    )
    marks = [
        Series(label=short_name(one), role=one.key, points=[_point(one, one.kl, pick)])
        for one in run.controls
    ]
    chart = frontier_chart(
        title=f"{name} against KL to the base",
        x_label="KL to the base (nats)",
        path=path,
        marks=marks,
    )
    return figure(chart, axis_label(name, unit))


def _train_histories(run: Run) -> list[tuple[str, list[Point]]]:
    """Every number that training logged but the reward, which has its own chart."""
    names = dict.fromkeys(name for row in run.train for name in row)
    shown = [name for name in names if name not in HIDDEN]
    histories = [(name, _history(run.train, name)) for name in shown]
    return [(name, points) for name, points in histories if any(p.y is not None for p in points)]


def _evaluation_histories(run: Run) -> list[tuple[str, list[Point]]]:
    """KL, naturalness, diversity and the task's own metrics, as evaluations measured them."""
    fields: dict[str, Callable[[Evaluation], float | None]] = {
        "KL to the base (nats)": lambda one: one.kl,
        "naturalness: nll under the base (nats)": lambda one: one.nll,
        "diversity": lambda one: one.diversity,
    }
    for name in dict.fromkeys(name for one in run.curve for name in one.metrics):
        fields[name] = _metric(name)
    histories = [
        (name, [Point(x=one.step, y=pick(one)) for one in run.curve])
        for name, pick in fields.items()
    ]
    return [(name, points) for name, points in histories if any(p.y is not None for p in points)]


def _metric(name: str) -> Callable[[Evaluation], float | None]:
    return lambda one: one.metrics.get(name)
