"""What a person sees in the terminal: progress bars with the phase and the time left, tables."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from suite.core.outcome import Outcome, evaluations
from suite.core.report.intervals import difference

SECONDS_A_LINE = 5.0
CONTROLS = ("base", "trained_on", "best_of_n", "best_quarter")


class Console:
    """Progress with rich: one bar, renamed a phase; lines above it."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            transient=False,
        )
        self._task: Any = None

    def __enter__(self) -> "Console":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def phase(self, name: str, total: float) -> None:
        """A new bar of its own."""
        self._task = self._bar.add_task(name, total=total)

    def advance(self, done: float) -> None:
        """Move the current bar."""
        if self._task is not None:
            self._bar.update(self._task, completed=done)

    def say(self, text: str) -> None:
        """A line above the bars."""
        self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Lines:
    """The same for a pipe or a log file: plain lines, a few a phase, no control characters."""

    def __init__(self) -> None:
        self._name, self._total = "", 0.0
        self._began = self._last = 0.0

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def phase(self, name: str, total: float) -> None:
        """A phase begins; it is named at its first line."""
        self._name, self._total = name, total
        self._began = self._last = time.monotonic()

    def advance(self, done: float) -> None:
        """A line at the end and every few seconds, with the time left at the pace so far."""
        now = time.monotonic()
        if done < self._total and now - self._last < SECONDS_A_LINE:
            return
        self._last, spent = now, now - self._began
        left = "" if done >= self._total else f", {spent * (self._total / done - 1):.0f} s left"
        self.say(f"{self._name}: {done:g} of {self._total:g}, {spent:.0f} s{left}")

    def say(self, text: str) -> None:
        """A line."""
        print(text, flush=True)  # noqa: T201 - the terminal side of the command line


def progress_for_output() -> Console | Lines:
    """Bars on a terminal, lines elsewhere."""
    return Console() if sys.stdout.isatty() else Lines()


def print_outcome(outcome: Outcome, echo: Callable[[str], object]) -> None:
    """The tuned policy beside its controls, the verdict, and where the rest is."""
    from suite.core.matrix import aligned

    rows = [["", "held-out", "reward", "KL", "diversity", "reward calls"]]
    for name in ("tuned", *CONTROLS):
        row = outcome.controls.get(name)
        if row is not None and "skipped" not in row:
            rows.append(_control_row(row))
    echo(aligned(rows))
    found = evaluations(outcome.controls)
    for name in CONTROLS:
        row = outcome.controls.get(name)
        if row is None:
            continue
        if "skipped" in row:
            echo(f"{row['label']}: skipped, {row['skipped']}")
            continue
        margin = difference(found["tuned"].held_out, found[name].held_out)
        if margin is not None and margin.half_width is not None:
            sign = "above" if margin.is_above_zero else "not above"
            echo(f"tuned - {row['label']}: {margin.mean:+.3g} ± {margin.half_width:.2g} ({sign})")
    echo(outcome.last_line)
    stopped = outcome.info.get("stopped")
    if stopped:
        echo(f"stopped early: train.{stopped} was reached")
    echo(f"report: {outcome.report}")


def _control_row(row: Mapping[str, Any]) -> list[str]:
    return [
        str(row["label"]),
        _with_interval(row, "held_out"),
        _with_interval(row, "reward"),
        _number(row.get("kl")),
        _number(row.get("diversity")),
        str(row.get("reward_calls", "")),
    ]


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.3g}"


def _with_interval(row: Mapping[str, Any], key: str) -> str:
    if row.get(key) is None:
        return "-"
    return f"{row[key]:.3g} ± {row.get(f'{key}_ci') or 0.0:.2g}"


def numbers_table(numbers: Mapping[str, Any]) -> str:
    """One line a number."""
    width = max(len(name) for name in numbers)
    return "\n".join(f"{name.ljust(width)}  {_number(value)}" for name, value in numbers.items())
