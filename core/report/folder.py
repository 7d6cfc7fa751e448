"""A run as values: what a run folder holds, read-only; ``reading`` makes them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.report.intervals import Estimate, mean_of

BASE, TUNED = "base", "tuned"
CONTROLS = ("base", "trained_on", "best_of_n", "best_quarter")  # the order of every table
LABELS = {
    "tuned": "tuned",
    "base": "base policy",
    "trained_on": "base, trained on",
    "best_of_n": "best of n",
    "best_quarter": "best quarter",
}

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One evaluation of one policy: an arm of the hacking panel, or a point of a curve."""

    key: str
    label: str
    step: float | None = None
    reward: Estimate | None = None
    held_out: Estimate | None = None
    kl: float | None = None  # nats, to the base
    nll: float | None = None  # nats, of the samples under the base: lower is more natural
    diversity: float | None = None
    reward_calls: float | None = None
    seconds: float | None = None
    skipped: str = ""  # why a control was not run
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One finished sample as text, with what it scored; ``picture`` is a data URI or None."""

    text: str
    reward: float | None
    held_out: float | None
    parts: Mapping[str, float]
    prompt: str = ""
    picture: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run folder of schema 1."""

    folder: Path
    info: Row
    config_text: str
    config: Mapping[str, Any]
    train: Sequence[Row]
    curve: Sequence[Evaluation]
    arms: Mapping[str, Evaluation]
    before: Sequence[Sample]
    after: Sequence[Sample]
    timings: Sequence[Row]
    notes: Sequence[str]

    @property
    def task(self) -> str:
        return text_of(self.info, "task")

    @property
    def algo(self) -> str:
        return text_of(self.info, "algo")

    @property
    def seed(self) -> str:
        return text_of(self.info, "seed")

    @property
    def status(self) -> str:
        return text_of(self.info, "status")

    @property
    def reward_unit(self) -> str:
        return text_of(self.info, "reward_unit", "none")

    @property
    def held_out_unit(self) -> str:
        return text_of(self.info, "held_out_unit", "none")

    @property
    def reward_calls(self) -> float | None:
        """What the whole run spent, else what its last evaluation had spent."""
        spent = number_of(self.info, "reward_calls")
        return spent if spent is not None or self.tuned is None else self.tuned.reward_calls

    @property
    def train_seconds(self) -> float | None:
        """Wall-clock seconds of training alone, without base and controls."""
        seconds = self.info.get("seconds")
        return number_of(seconds, "train") if isinstance(seconds, Mapping) else None

    @property
    def tuned(self) -> Evaluation | None:
        """The tuned policy: its own arm, else the last point of the curve (notes say which)."""
        return self.arms.get(TUNED) or (self.curve[-1] if self.curve else None)

    @property
    def base(self) -> Evaluation | None:
        """The base policy: its own arm, else the curve's point at step 0."""
        start = self.curve[0] if self.curve and self.curve[0].step == 0 else None
        return self.arms.get(BASE) or start

    @property
    def controls(self) -> Sequence[Evaluation]:
        """Every arm but the tuned one, the four usual ones first."""
        order = {key: place for place, key in enumerate(CONTROLS)}
        keys = sorted(self.arms, key=lambda key: (order.get(key, len(order)), key))
        return [self.arms[key] for key in keys if key != TUNED]


def number_of(row: Row, key: str) -> float | None:
    """The number under ``key``, which may be NaN; None if absent, null or not a number."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:  # JSON integers have no largest value
        return math.inf if value > 0 else -math.inf


def short_name(evaluation: Evaluation) -> str:
    """A name that fits beside a line; the label of an arm says more."""
    return {**LABELS, "base": "base", "trained_on": "trained on"}.get(
        evaluation.key, evaluation.label
    )


def text_of(row: Row, key: str, default: str = "unknown") -> str:
    """The value under ``key`` as text; ``default`` if absent or null."""
    value = row.get(key)
    return default if value is None else str(value)


def part_means(samples: Sequence[Sample]) -> dict[str, Estimate]:
    """Mean of each score part over the samples that have it, with normal intervals."""
    names = dict.fromkeys(name for sample in samples for name in sample.parts)
    means = {}
    for name in names:
        values = [sample.parts[name] for sample in samples if name in sample.parts]
        estimate = mean_of([value for value in values if math.isfinite(value)])
        if estimate is not None:
            means[name] = estimate
    return means
