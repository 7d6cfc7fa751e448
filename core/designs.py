"""Samples as files and tables: FASTA, CSV, a diverse batch.

Rows are the mappings that ``suite.core.api.sample`` returns: text, reward, held_out, parts (of the
reward), metrics (numbers of each sample). What a row does not have, or is nan, is left out.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from suite.core.errors import SuiteError

Row = Mapping[str, Any]


def select_rows(rows: Sequence[Row], count: int) -> list[Row]:
    """A diverse batch of ``count``, chosen greedily.

    Each next row maximises reward rank / n + distance / length, with the distance to the nearest
    row that is already chosen.

    Raises:
        SuiteError: fewer distinct samples than were asked for.
    """
    distinct = list({str(row["text"]): row for row in rows}.values())
    if len(distinct) < count:
        raise SuiteError(
            f"{count} designs were asked for, and {len(distinct)} distinct samples were drawn.\n"
            "Draw more with --num-samples, or select fewer."
        )
    ranked = sorted(distinct, key=lambda row: float(row["reward"]))
    merit = {str(row["text"]): i / max(1, len(ranked) - 1) for i, row in enumerate(ranked)}
    chosen, left = [ranked[-1]], ranked[:-1]
    nearest = {str(row["text"]): _distance(row, ranked[-1]) for row in left}
    while len(chosen) < count:
        best = max(left, key=lambda row: merit[str(row["text"])] + nearest[str(row["text"])])
        chosen.append(best)
        left.remove(best)
        for row in left:
            text = str(row["text"])
            nearest[text] = min(nearest[text], _distance(row, best))
    return chosen


def _distance(one: Row, other: Row) -> float:
    """Share of positions that differ; texts of unequal length differ in all the surplus."""
    a, b = str(one["text"]), str(other["text"])
    differing = sum(x != y for x, y in zip(a, b, strict=False)) + abs(len(a) - len(b))
    return differing / max(len(a), len(b), 1)


def write_fasta(rows: Sequence[Row], path: Path) -> None:
    """One record a sample, numbered in order, with all its numbers in the header."""
    lines = []
    for i, row in enumerate(rows, start=1):
        known = {name: value for name, value in _numbers(row).items() if not math.isnan(value)}
        scores = " ".join(f"{name}={value:.4g}" for name, value in known.items())
        lines.append(f">design{i} {scores}\n{row['text']}\n")
    with _writable(path) as file:
        file.write("".join(lines))


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """One line a sample: text, scores, score parts, metrics."""
    names = list(dict.fromkeys(name for row in rows for name in _numbers(row)))
    with _writable(path) as file:
        writer = csv.writer(file)
        writer.writerow(["sample", *names])
        for row in rows:
            numbers = _numbers(row)
            values = [numbers.get(name, math.nan) for name in names]
            writer.writerow([row["text"], *("" if math.isnan(v) else v for v in values)])


def _numbers(row: Row) -> dict[str, float]:
    """Every number of a row in one order: scores, then parts, then metrics."""
    scores = {name: row[name] for name in ("reward", "held_out") if name in row}
    found = {**scores, **row.get("parts", {}), **row.get("metrics", {})}
    return {name: float(value) for name, value in found.items()}


def _writable(path: Path) -> TextIO:
    """The opened file.

    Raises:
        SuiteError: it cannot be written.
    """
    try:
        return path.open("w", newline="")
    except OSError as error:
        raise SuiteError(
            f"'{path}' cannot be written: {error.strerror}.\nName a file in a folder that exists."
        ) from error


def sample_table(rows: Sequence[Row], *, width: int = 80) -> str:
    """Samples with their scores, best first."""
    ordered = sorted(rows, key=lambda row: -float(row["reward"]))
    lines = [f"{'reward':>9}  {'held-out':>9}  sample"]
    for row in ordered:
        held_out = f"{row['held_out']:9.3f}" if "held_out" in row else "        -"
        text = "".join(c if c.isprintable() else "?" for c in str(row["text"]))
        short = text if len(text) <= width else text[: width - 1] + "…"
        lines.append(f"{row['reward']:9.3f}  {held_out}  {short}")
    return "\n".join(lines)
