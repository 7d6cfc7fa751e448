"""A comparison as text for a terminal, as JSON for a program, and as a page for a reader."""

import dataclasses
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.report.compare import Comparison, Difference, Group, Spread, compare_runs
from suite.core.report.intervals import Estimate
from suite.core.report.markup import Markup, clip, figure, join, table, tag, visible
from suite.core.report.page import document, section, write_page
from suite.core.report.svg import Bar, interval_chart
from suite.core.report.verdict import Outcome, outcome
from suite.core.report.wording import (
    axis_label,
    count,
    duration,
    plain_ascii,
    quantity,
    with_unit,
    written,
)

GROUP_HEADERS = ("runs", "seeds", "training reward", "held-out reward", "KL", "diversity")
COST_HEADERS = ("reward calls", "time")
DIFFERENCE_HEADERS = (
    "difference",
    "seeds",
    "training reward",
    "held-out reward",
    "higher on",
    "verdict",
)
GROUP_CAPTION = "Mean over seeds \u00b1 standard deviation over seeds"
PAIRED_CAPTION = "paired by seed \u00b1 half a 95 % interval (Student's t)"


def write_comparison(folders: Iterable[Path], out: Path) -> Path:
    """Compare run folders and write the result; the suffix of ``out`` picks the form.

    Args:
        folders: run folders of one task.
        out: a file that ends in .html, .json or .txt.

    Raises:
        SuiteError: another suffix, a file that cannot be written, or as ``compare_runs``.
    """
    writers = {".html": as_page, ".json": as_json, ".txt": as_text}
    if out.suffix not in writers:
        raise SuiteError(
            f"cannot write a comparison as '{out}'.\nKnown: {', '.join(writers)}.\n"
            "Name a file with one of these endings."
        )
    return write_page(out, writers[out.suffix](compare_runs(folders)))


def as_json(comparison: Comparison) -> str:
    """Every number in full; values that are not finite become null, which JSON can hold."""
    plain = _finite(dataclasses.asdict(comparison))
    return json.dumps(plain, indent=2, allow_nan=False) + "\n"


def as_text(comparison: Comparison) -> str:
    """Aligned columns of plain ASCII, but for what names the user chose."""
    parts = [
        f"task {_one_line(comparison.task)}",
        _one_line(f"{GROUP_CAPTION}."),
        _columns(_headers(comparison), _group_rows(comparison)),
    ]
    for title, differences in _difference_tables(comparison):
        parts += ["", _one_line(f"{title}, {PAIRED_CAPTION}.")]
        parts.append(_columns(DIFFERENCE_HEADERS, map(_difference_row, differences)))
    parts += ["", *map(_one_line, comparison.notes)] if comparison.notes else []
    return "\n".join(parts) + "\n"


def as_page(comparison: Comparison) -> str:
    """One self-contained page."""
    title = f"{clip(comparison.task, 80)}: {_counted(len(comparison.groups), 'group')} of runs"
    header = [
        tag("p", "suite comparison", class_="eyebrow"),
        tag("h1", title),
        *(tag("p", one, class_="lede") for one in sentences(comparison)),
        *(tag("p", note, class_="note warn") for note in comparison.notes),
    ]
    runs = [
        table(_headers(comparison), _group_rows(comparison), caption=GROUP_CAPTION),
        figure(_chart(comparison), axis_label("Held-out reward", comparison.held_out_unit)),
    ]
    sections = [section("runs", "Runs", *runs)]
    for place, (name, differences) in enumerate(_difference_tables(comparison)):
        shown = table(
            DIFFERENCE_HEADERS, map(_difference_row, differences), caption=f"Means {PAIRED_CAPTION}"
        )
        sections.append(section(f"paired-{place}", name, shown))
    sections.append(section("folders", "Folders", _folders(comparison)))
    return document(title, header=join(header), body=join(sections))


def sentences(comparison: Comparison) -> list[str]:
    """Each group against the first one, in words; what one group alone shows if there is one."""
    if comparison.differences:
        return [_sentence(one, comparison.held_out_unit) for one in comparison.differences]
    group = comparison.groups[0]
    held_out = with_unit(_spread(group.held_out), comparison.held_out_unit)
    return [f"{group.label}: held-out reward {held_out} over {_counted(len(group.seeds), 'seed')}."]


def _sentence(difference: Difference, unit: str) -> str:
    first, second = difference.first, difference.second
    if difference.held_out is None:
        return (
            f"{first} and {second} share no seed with a held-out reward: there is nothing to pair."
        )
    gap = with_unit(written(difference.held_out, signed=True), unit)
    seeds = _counted(len(difference.seeds), "seed")
    if difference.held_out.half_width is None:
        return f"{first} minus {second}, held-out: {gap} on {seeds}; one seed has no interval."
    verb = {
        Outcome.BETTER: "is above",
        Outcome.WORSE: "is below",
    }.get(outcome(difference.held_out), "is not clearly different from")
    return f"{first} {verb} {second} on the held-out reward: {gap} over {seeds}."


def _counted(number_of: int, noun: str) -> str:
    return f"1 {noun}" if number_of == 1 else f"{number_of} {noun}s"


def _difference_tables(comparison: Comparison) -> list[tuple[str, Sequence[Difference]]]:
    tables = [
        (f"Against {comparison.groups[0].label}", comparison.differences),
        ("Tuned against its own controls", comparison.controls),
    ]
    return [(name, differences) for name, differences in tables if differences]


def _headers(comparison: Comparison) -> list[str]:
    units = {
        "training reward": comparison.reward_unit,
        "held-out reward": comparison.held_out_unit,
        "KL": "nats",
    }
    names = (*GROUP_HEADERS, *COST_HEADERS)
    return [axis_label(name, units.get(name, "none")) for name in names]


def _group_rows(comparison: Comparison) -> list[list[str]]:
    return [_group_row(group) for group in comparison.groups]


def _group_row(group: Group) -> list[str]:
    return [
        group.label,
        ", ".join(group.seeds),
        _spread(group.reward),
        _spread(group.held_out),
        _spread(group.kl),
        _spread(group.diversity),
        count(group.reward_calls.mean),
        duration(group.seconds.mean),
    ]


def _difference_row(difference: Difference) -> list[str]:
    return [
        f"{difference.first} minus {difference.second}",
        ", ".join(difference.seeds) or "none shared",
        written(difference.reward, signed=True),
        written(difference.held_out, signed=True),
        f"{difference.num_better} of {len(difference.seeds)}",
        _verdict(difference),
    ]


def _verdict(difference: Difference) -> str:
    if difference.held_out is not None and difference.held_out.half_width is None:
        return "one seed: no interval"
    return {
        Outcome.BETTER: "clearly higher",
        Outcome.WORSE: "clearly lower",
        Outcome.UNCLEAR: "no clear difference",
        Outcome.UNKNOWN: "not measured on every seed",
    }[outcome(difference.held_out)]


def _spread(spread: Spread) -> str:
    return quantity(spread.mean, spread.std)


def _chart(comparison: Comparison) -> Markup:
    roles = ("tuned", "trained_on", "best_of_n", "best_quarter", "base")
    bars = [
        Bar(label=group.label, role=roles[place % len(roles)], estimate=_bar(group.held_out))
        for place, group in enumerate(comparison.groups)
    ]
    return interval_chart(
        title="Held-out reward of each group",
        x_label="mean and standard deviation over seeds",
        bars=bars,
    )


def _bar(spread: Spread) -> Estimate | None:
    return None if spread.mean is None else Estimate(mean=spread.mean, half_width=spread.std)


def _folders(comparison: Comparison) -> Markup:
    rows = [
        [group.label, seed, folder]
        for group in comparison.groups
        for seed, folder in zip(group.seeds, group.folders, strict=True)
    ]
    return table(["runs", "seed", "folder"], rows, caption="Where these runs lie", class_="wrap")


def _columns(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table: columns as wide as their widest cell, two spaces apart."""
    lines = [[_one_line(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _one_line(text: str) -> str:
    """For a terminal: no escape sequence and no new line comes through, whatever a name holds."""
    return plain_ascii(" ".join(visible(text).split()))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
