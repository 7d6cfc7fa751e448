"""The top of the page: the headline, the key figures, and the hacking panel.

The panel puts the tuned policy beside the controls that a skeptic would ask for, on everything that
a policy can trade for reward: held-out reward, naturalness, diversity, distance, and reward calls.
"""

from collections.abc import Sequence

from suite.core.report.curves import Pick, held_out_of, reward_of
from suite.core.report.folder import CONTROLS, LABELS, Evaluation, Run, short_name
from suite.core.report.markup import Markup, clip, figure, join, table, tag
from suite.core.report.svg import Bar, interval_chart
from suite.core.report.verdict import (
    Climb,
    Contrast,
    Outcome,
    against,
    climb,
    headline,
)
from suite.core.report.wording import (
    axis_label,
    count,
    duration,
    number,
    with_unit,
    written,
)

BADGES = {
    Outcome.BETTER: "good",
    Outcome.WORSE: "bad",
    Outcome.UNCLEAR: "unclear",
    Outcome.UNKNOWN: "unclear",
}
CLIMB_BADGES = {
    Climb.BOTH: "good",
    Climb.HELD_OUT_ONLY: "unclear",
    Climb.TRAINING_ONLY: "bad",
    Climb.NEITHER: "unclear",
    Climb.UNKNOWN: "unclear",
}
METHOD = (
    "\u00b1 is the half width of a 95 % interval: normal approximation over the samples of this "
    "one seed, arms taken as independent. It says nothing about other seeds; suite compare does. "
    "Reference nll is what the base policy thinks of the samples: lower is more natural."
)


def lede(run: Run) -> Markup:
    """The headline sentence, and the climb verdict as a badge."""
    words = headline(run.base, run.tuned, run.controls, unit=run.held_out_unit)
    words = words.replace(" \u00b1 ", "\u00a0\u00b1\u00a0")  # a line must not break inside a figure
    base, tuned = run.base, run.tuned
    verdict = climb(base, tuned) if base and tuned else Climb.UNKNOWN
    badge = tag("span", verdict.value, class_=f"badge {CLIMB_BADGES[verdict]}")
    return join([tag("p", words, class_="lede", id="headline"), tag("p", badge)])


def key_figures(run: Run) -> Markup:
    """Six figures at a glance."""
    base, tuned = run.base, run.tuned
    figures = [
        ("held-out reward", *_before_after(held_out_of, base, tuned, run.held_out_unit)),
        ("training reward", *_before_after(reward_of, base, tuned, run.reward_unit)),
        ("KL to the base", number(tuned.kl if tuned else None, digits=3), "nats"),
        ("diversity", *_plain_before_after(base, tuned)),
        ("reward calls", count(run.reward_calls), ""),
        ("training time", duration(run.train_seconds), ""),
    ]
    return tag("dl", *(_figure(*figure) for figure in figures), class_="figures")


def hacking_panel(run: Run) -> Markup:
    """The table, the held-out rewards as a chart, and a verdict in plain words."""
    tuned = run.tuned
    if tuned is None:
        return tag("p", "Nothing was evaluated yet.", class_="note")
    contrasts = [against(tuned, control) for control in run.controls if not control.skipped]
    chart = interval_chart(
        title="Held-out reward of the tuned policy and the controls",
        x_label="with 95 % intervals",
        bars=[
            Bar(label=short_name(one), role=one.key, estimate=one.held_out) for one in _arms(run)
        ],
    )
    words = tag("ul", *(tag("li", one) for one in plain_words(run, contrasts)), class_="verdicts")
    return join(
        [
            tag(
                "div",
                figure(chart, axis_label("Held-out reward", run.held_out_unit)),
                words,
                class_="charts",
            ),
            table(
                _headers(run),
                _rows(run, tuned, contrasts),
                caption="Tuned and controls",
                class_="panel",
            ),
            tag("p", METHOD, class_="note"),
        ]
    )


def plain_words(run: Run, contrasts: Sequence[Contrast]) -> list[str]:
    """What the table says, one sentence a question."""
    tuned, base = run.tuned, run.base
    sentences = [_beats(contrasts), *_skipped(run)]
    if tuned is not None and base is not None:
        sentences += [
            _trade("Naturalness", "reference nll", base.nll, tuned.nll, worse_if_higher=True),
            _trade("Diversity", "diversity", base.diversity, tuned.diversity),
            f"Distance: {number(tuned.kl, digits=3)} nats of KL to the base."
            if tuned.kl is not None
            else "Distance: the KL to the base was not measured.",
        ]
    return [*sentences, _budget(run)]


def _beats(contrasts: Sequence[Contrast]) -> str:
    if not contrasts:
        return "Controls: none were run, so nothing here shows that tuning was needed."
    better = [one for one in contrasts if one.outcome is Outcome.BETTER]
    words = f"Controls: tuned is clearly above {len(better)} of {len(contrasts)}"
    others = [
        f"{one.control.label} ({one.outcome})"
        for one in contrasts
        if one.outcome is not Outcome.BETTER
    ]
    return f"{words}; not above {', '.join(others)}." if others else f"{words}."


def _skipped(run: Run) -> list[str]:
    return [
        f"Not run: {one.label} ({clip(one.skipped, 200)})." for one in run.controls if one.skipped
    ]


def _trade(
    name: str,
    quantity_name: str,
    before: float | None,
    after: float | None,
    *,
    worse_if_higher: bool = False,
) -> str:
    """One figure before and after; it has no interval, so the words claim no significance."""
    if before is None or after is None:
        return f"{name}: not measured before and after."
    span = f"{quantity_name} {number(before, digits=3)} to {number(after, digits=3)}"
    if before == after:
        return f"{name}: unchanged ({span})."
    gained = (after < before) is worse_if_higher
    share = f", {_percent(after / before - 1)}" if before > 0 else ""
    return f"{name}: {'higher' if gained else 'lower'} ({span}{share})."


def _percent(share: float) -> str:
    return f"{'+' if share > 0 else ''}{number(100 * share, digits=2)} %"


def _budget(run: Run) -> str:
    best = run.arms.get("best_of_n")
    calls = run.reward_calls
    if best is None or best.reward_calls is None or calls is None:
        return f"Budget: {count(calls)} reward calls."
    return f"Budget: {count(calls)} reward calls; {best.label} had {count(best.reward_calls)}."


def _arms(run: Run) -> list[Evaluation]:
    """Tuned first, then the controls; a usual control that was not run keeps its row."""
    missing = [
        Evaluation(key=key, label=LABELS[key], metrics={})
        for key in CONTROLS
        if key not in run.arms
    ]
    return [*([run.tuned] if run.tuned else []), *run.controls, *missing]


def _headers(run: Run) -> list[str]:
    return [
        "policy",
        axis_label("held-out reward", run.held_out_unit),
        "tuned minus this",
        "verdict",
        axis_label("training reward", run.reward_unit),
        "reference nll (nats)",
        "diversity",
        "KL (nats)",
        "reward calls",
        "time",
    ]


def _rows(run: Run, tuned: Evaluation, contrasts: Sequence[Contrast]) -> list[list[str]]:
    by_key = {one.control.key: one for one in contrasts}
    return [_row(one, by_key.get(one.key), is_tuned=one is tuned) for one in _arms(run)]


def _row(arm: Evaluation, contrast: Contrast | None, *, is_tuned: bool) -> list[str]:
    gap = contrast.held_out if contrast else None
    verdict = contrast.outcome if contrast else Outcome.UNKNOWN
    badge = tag("span", "not run" if arm.skipped else verdict, class_=f"badge {BADGES[verdict]}")
    key = tag("span", class_=f"swatch r-{arm.key if arm.key in LABELS else 'other'}")
    return [
        join([key, arm.label]),
        written(arm.held_out),
        "" if is_tuned else written(gap, signed=True),
        "" if is_tuned else badge,
        written(arm.reward),
        number(arm.nll),
        number(arm.diversity, digits=3),
        number(arm.kl, digits=3),
        count(arm.reward_calls),
        duration(arm.seconds),
    ]


def _figure(name: str, value: str, detail: str) -> Markup:
    small = tag("dd", detail, class_="detail") if detail else None
    return tag("div", tag("dt", name), tag("dd", value), small)


def _before_after(
    pick: Pick, base: Evaluation | None, tuned: Evaluation | None, unit: str
) -> tuple[str, str]:
    """The value after; and in small print its unit and the value before."""
    before = f"base {written(pick(base))}" if base else ""
    detail = ", ".join(part for part in (with_unit("", unit).strip(), before) if part)
    return written(pick(tuned) if tuned else None), detail


def _plain_before_after(base: Evaluation | None, tuned: Evaluation | None) -> tuple[str, str]:
    before = base.diversity if base else None
    after = number(tuned.diversity if tuned else None, digits=3)
    return after, "" if before is None else f"base {number(before, digits=3)}"
