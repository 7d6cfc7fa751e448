"""Claims as text: a table of all, and a page of one in Markdown; for the shell and the docs."""

from collections.abc import Iterable, Sequence

from suite.core.claim_arms import ARMS
from suite.core.claim_result import Result
from suite.core.claim_stats import RULE
from suite.core.matrix import aligned
from suite.core.task import Arm


def results_table(results: Sequence[Result]) -> str:
    """One line a claim: name, paper, verdict, mean difference with its interval, cells."""
    rows = [["claim", "paper", "verdict", "difference", "cells"]]
    rows += [
        [result.claim.name, str(result.claim.paper), result.word, _interval(result), _count(result)]
        for result in results
    ]
    return aligned(rows)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table; a bar inside a cell is escaped."""
    body = [header, ["---"] * len(header), *rows]
    return ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in body]


def result_page(result: Result) -> str:
    """Statement, arms, numbers at each seed, verdict, tuning, departures, and what it ran on."""
    claim = result.claim
    better = f"{claim.direction} is better"
    where = f", where both arms reach the same {claim.match}" if claim.match else ""
    lines = [
        f"## {claim.name}",
        "",
        claim.statement,
        "",
        f"- Paper {claim.paper} of docs/papers.md, on the task `{claim.task}`.",
        f"- Method: {_arm(claim.method)}. Baseline: {_arm(claim.baseline)}.",
        f"- Measured: `{claim.metric}` ({better}){where}; minimum effect {claim.minimum_effect:g}.",
        *(f"- `{key}` is {value} for both arms." for key, value in claim.settings.items()),
        *(f"- Departure: {text}." for text in claim.departures),
        "",
        f"**{_sentence(result)}**",
        "",
    ]
    if result.pairs:
        lines += [*_pairs(result), ""]
    lines += [*_tuning(result), *_surroundings(result)]
    return "\n".join(lines).rstrip() + "\n"


def claims_page(results: Sequence[Result]) -> str:
    """The whole of docs/claims.md."""
    rows = [
        [f"[{r.claim.name}](#{r.claim.name})", str(r.claim.paper), r.word, _interval(r), _count(r)]
        for r in results
    ]
    head = [
        "# Claims",
        "",
        "Published claims, measured here against the baselines that their papers name. Every",
        "number stands in a file below docs/claims/, and `python scripts/render_docs.py` renders",
        "this page from those files. A cell is stale when its configuration, its base or the code",
        "of a plugin that it loads has changed since; `suite claim run NAME` measures what is",
        "stale. A change of core alone is told and makes none stale: CI repeats two cells of every",
        "commit.",
        "",
        f"The rule, on paired differences over seeds: {RULE}.",
        "",
        *markdown_table(["claim", "paper", "verdict", "difference", "cells"], rows),
        "",
    ]
    return "\n".join([*head, *(result_page(result) for result in results)])


def _arm(arm: Arm) -> str:
    settings = ", ".join(f"{key} = {value}" for key, value in arm.overrides.items())
    return f"{arm.label} (`{arm.algo}`{', ' + settings if settings else ''})"


def _count(result: Result) -> str:
    wanted = len(ARMS) * len(result.claim.seeds)
    return f"{len(result.cells)} of {wanted}" + (
        f", {len(result.stale)} stale" if result.stale else ""
    )


def _interval(result: Result) -> str:
    found = result.verdict
    if found is None:
        return "-"
    return f"{found.mean:+.4g} [{found.low:+.4g}, {found.high:+.4g}]"


def _sentence(result: Result) -> str:
    if result.problem:
        return f"Not measured: {result.problem}"
    if result.verdict is None:
        return f"{result.word.capitalize()}: {_count(result)} cells."
    seeds = f"{len(result.pairs)} seeds, {result.seconds:.0f} s in all"
    return f"{result.word.capitalize()}: mean difference {_interval(result)}, {seeds}."


def _pairs(result: Result) -> list[str]:
    claim = result.claim
    level = [f"{claim.match} of both"] if claim.match else []
    rows = [
        [
            str(pair.seed),
            *([f"{pair.level:.4g}"] if pair.level is not None else []),
            f"{pair.method:.4g}",
            f"{pair.baseline:.4g}",
            f"{pair.difference:+.4g}",
        ]
        for pair in result.pairs
    ]
    return markdown_table(
        ["seed", *level, claim.method.label, claim.baseline.label, "in favour"], rows
    )


def _tuning(result: Result) -> list[str]:
    """What was tried; the first cell of each arm records it for all of its seeds."""
    lines = []
    for arm in ARMS:
        cells = [cell for (side, _), cell in result.cells.items() if side == arm]
        label = getattr(result.claim, arm).label
        if cells and len(cells[0].tuning) == 1:
            lines.append(f"- {label}: one configuration, not tuned.")
        elif cells:
            tried = "; ".join(
                f"{_settings(one.overrides)}: {one.score:.4g}" for one in cells[0].tuning
            )
            chosen = _settings(cells[0].overrides)
            seed = result.claim.tuning_seed
            lines.append(f"- {label}, tried on seed {seed}: {tried}. Chosen: {chosen}.")
    return lines


def _settings(overrides: object) -> str:
    assert isinstance(overrides, dict)
    return ", ".join(f"{key} = {value}" for key, value in overrides.items()) or "defaults"


def _surroundings(result: Result) -> list[str]:
    machines = {
        f"{c.machine['cpu']}, torch {c.machine['torch']}, {c.machine['threads']} thread"
        for c in result.cells.values()
    }
    lines = [f"- Measured on {one}." for one in sorted(machines)]
    reasons = sorted({reason for why in result.stale.values() for reason in why})
    if reasons:
        lines.append(f"- Stale, because these have changed since: {', '.join(reasons)}.")
    if result.drifted:
        lines.append(
            "- Core has changed since, which makes no cell stale; CI repeats two cells of every "
            "commit."
        )
    return lines
