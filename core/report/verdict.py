"""What a run showed, in words: pure functions from evaluations to sentences.

The rule for "climbed only the training reward": the training reward rose by more than the 95 %
interval of its change, and the held-out reward did not. Intervals are normal approximations over
the samples of one seed, so they say nothing about other seeds; ``compare`` does.

The best control is the one with the highest held-out mean. Picking it after looking favours the
control, so a claim to beat it errs on the safe side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from suite.core.report.folder import Evaluation
from suite.core.report.intervals import Estimate, difference
from suite.core.report.wording import quantity, with_unit, written


class Climb(StrEnum):
    """Which of the two rewards rose by more than the interval of its change."""

    BOTH = "both rewards rose"
    TRAINING_ONLY = "only the training reward rose"
    HELD_OUT_ONLY = "only the held-out reward rose"
    NEITHER = "neither reward rose"
    UNKNOWN = "cannot be said"


class Outcome(StrEnum):
    """Tuned against one control, on one reward."""

    BETTER = "tuned is better"
    WORSE = "tuned is worse"
    UNCLEAR = "no clear difference"
    UNKNOWN = "not measured"


CLIMB_SENTENCES = {
    Climb.BOTH: "",
    Climb.TRAINING_ONLY: (
        "This run climbed only the training reward: what it learned does not show in the held-out "
        "reward, which is what exploiting the training reward looks like."
    ),
    Climb.HELD_OUT_ONLY: "Only the held-out reward rose; the training reward did not.",
    Climb.NEITHER: "Neither reward rose by more than its interval.",
    Climb.UNKNOWN: (
        "Whether the run climbed only the training reward cannot be said: a reward or its interval "
        "was not measured before or after."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Tuned minus one control."""

    control: Evaluation
    reward: Estimate | None
    held_out: Estimate | None

    @property
    def outcome(self) -> Outcome:
        """The verdict on the held-out reward."""
        return outcome(self.held_out)


def outcome(improvement: Estimate | None) -> Outcome:
    """The words for a difference: clear only if its whole interval lies on one side of zero."""
    if improvement is None or improvement.half_width is None:
        return Outcome.UNKNOWN
    if not math.isfinite(improvement.half_width):
        return Outcome.UNKNOWN
    if improvement.is_above_zero:
        return Outcome.BETTER
    return Outcome.WORSE if improvement.is_below_zero else Outcome.UNCLEAR


def against(tuned: Evaluation, control: Evaluation) -> Contrast:
    """Tuned minus ``control`` on both rewards, with intervals."""
    return Contrast(
        control=control,
        reward=difference(tuned.reward, control.reward),
        held_out=difference(tuned.held_out, control.held_out),
    )


def climb(base: Evaluation, tuned: Evaluation) -> Climb:
    """Which rewards rose from ``base`` to ``tuned``; see the module's rule."""
    change = against(tuned, base)
    outcomes = (outcome(change.reward), outcome(change.held_out))
    if Outcome.UNKNOWN in outcomes:
        return Climb.UNKNOWN
    rose = (outcomes[0] is Outcome.BETTER, outcomes[1] is Outcome.BETTER)
    return {
        (True, True): Climb.BOTH,
        (True, False): Climb.TRAINING_ONLY,
        (False, True): Climb.HELD_OUT_ONLY,
        (False, False): Climb.NEITHER,
    }[rose]


def best_control(controls: Sequence[Evaluation]) -> Evaluation | None:
    """The control with the highest finite held-out mean; the first of equals."""
    measured = [
        (control.held_out.mean, control)
        for control in controls
        if control.held_out is not None and math.isfinite(control.held_out.mean)
    ]
    return max(measured, key=lambda pair: pair[0])[1] if measured else None


def headline(
    base: Evaluation | None,
    tuned: Evaluation | None,
    controls: Sequence[Evaluation],
    *,
    unit: str,
) -> str:
    """The report's first words: held-out before and after, the best control, and the climb rule.

    Args:
        base: the policy before.
        tuned: the policy after.
        controls: every control, the base among them.
        unit: of the held-out reward; "none" is not written.
    """
    if tuned is None or tuned.held_out is None:
        return "The held-out reward was not measured, so nothing can be said about this run yet."
    if base is None or base.held_out is None:
        now = with_unit(written(tuned.held_out), unit)
        return f"The held-out reward is {now}; it was not measured before tuning."
    first = f"The held-out reward {_change(base.held_out, tuned.held_out, unit)}"
    best = best_control(controls)
    middle = "" if best is None else f", and stands {_stand(tuned, best, unit)}"
    last = CLIMB_SENTENCES[climb(base, tuned)]
    return f"{first}{middle}." + (f" {last}" if last else "")


def _change(before: Estimate, after: Estimate, unit: str) -> str:
    """``rose from 1 to 2 kcal/mol``, with "did not clearly change" said where that is so."""
    span = f"from {written(before)} to {with_unit(written(after), unit)}"
    return {
        Outcome.BETTER: f"rose {span}",
        Outcome.WORSE: f"fell {span}",
        Outcome.UNCLEAR: f"did not clearly change: it went {span}",
        Outcome.UNKNOWN: f"went {span}",
    }[outcome(difference(after, before))]


def _stand(tuned: Evaluation, best: Evaluation, unit: str) -> str:
    gap = against(tuned, best).held_out
    if gap is None:
        return f"beside the best control, {best.label}, by an amount that is not finite"
    amount = with_unit(quantity(abs(gap.mean), gap.half_width), unit)
    side = "above" if gap.mean >= 0 else "below"
    clear = outcome(gap) in (Outcome.BETTER, Outcome.WORSE)
    doubt = "" if clear else " (no clear difference)"
    return f"{amount} {side} the best control, {best.label}{doubt}"
