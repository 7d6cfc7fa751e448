"""The part of each domain's page that is made from stored runs: a chart, a row, samples.

A block stands between the two MARKS of docs/domains/NAME.md. Below docs/images, its chart is
bench/NAME.svg; samples are a picture, samples/NAME.svg, or a table, samples/NAME.md, where
scripts/draw_samples.py has written one.
"""

from pathlib import Path
from statistics import fmean

from suite.core.bench import CONTROLS, HEADER, Line, table_row
from suite.core.claim_stats import half_width
from suite.core.claim_text import markdown_table
from suite.core.report.folder import LABELS
from suite.core.report.intervals import Estimate
from suite.core.report.style import DARK, DASHES, LIGHT, SERIES
from suite.core.report.svg import Bar, interval_chart

MARKS = ("<!-- bench: made by scripts/render_docs.py -->", "<!-- end of bench -->")
RULES = (
    "text{font-family:system-ui,sans-serif}.t{font-size:12px;fill:var(--ink)}"
    ".num,.label,.absent{fill:var(--muted)}.axis{stroke:var(--muted)}.grid{stroke:var(--rule)}"
    ".whisker{stroke:var(--c);stroke-width:2.2}.mark{fill:var(--c);stroke:var(--page)}"
)


def chart(line: Line) -> str:
    """The held-out reward of every arm with its t interval over seeds, as a file of its own."""
    arms = ("tuned", *CONTROLS)
    bars = [Bar(label=LABELS[arm], role=arm, estimate=_estimate(line, arm)) for arm in arms]
    drawn = str(
        interval_chart(
            title=f"{line.task}: {line.method} and its controls",
            x_label="held-out reward, 95 % intervals over three seeds",
            bars=bars,
        )
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" '
    opened, _, rest = drawn.replace("<svg ", head, 1).partition(">")
    return f"{opened}><style>{_style()}</style>{rest}\n"


def _estimate(line: Line, arm: str) -> Estimate | None:
    values = list(line.numbers[arm].values())
    if not values:
        return None
    return Estimate(mean=fmean(values), half_width=half_width(values) if len(values) > 1 else None)


def _style() -> str:
    roles = "".join(f".r-{role}{{--c:var(--{role})}}" for role in SERIES)
    dashes = "".join(f".whisker.r-{role}{{stroke-dasharray:{d}}}" for role, d in DASHES.items())
    light, dark = (_variables(scheme) for scheme in (LIGHT, DARK))
    schemes = f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"
    return f"{schemes}{RULES}{roles}{dashes}"


def _variables(scheme: dict[str, str]) -> str:
    wanted = ("page", "ink", "muted", "rule", *SERIES)
    return "".join(f"--{name}:{scheme[name]};" for name in wanted)


def block(line: Line, samples: Path) -> str:
    """Markdown of one domain: the chart, the row of docs/bench.md, and samples where there are.

    Args:
        line: of the quick table.
        samples: the folder of what scripts/draw_samples.py wrote.
    """
    name = line.domain
    shown = f"{line.task}: held-out reward of {line.method} and of its controls, three seeds"
    parts = [
        f"![{shown}](../images/bench/{name}.svg)",
        "\n".join(markdown_table(HEADER, [table_row(line)])),
        "What the columns say: [bench](../bench.md).",
    ]
    picture, table = samples / f"{name}.svg", samples / f"{name}.md"
    if picture.is_file():
        shown = "The first held-out samples of one run, before and after"
        parts.append(f"![{shown}](../images/samples/{name}.svg)")
    if table.is_file():
        parts.append(table.read_text(encoding="utf-8").strip())
    return "\n\n".join(parts)


def with_block(page: str, text: str) -> str:
    """``page`` with ``text`` between its marks.

    Raises:
        ValueError: the page has not both marks.
    """
    first, last = MARKS
    before, found, rest = page.partition(first)
    _, closed, after = rest.partition(last)
    if not found or not closed:
        raise ValueError(f"a page lacks the lines {first} and {last}")
    return f"{before}{first}\n\n{text}\n\n{last}{after}"
