"""The rules behind the words, each side of each boundary."""

import math

import pytest

from suite.core.report.folder import Evaluation
from suite.core.report.intervals import Estimate
from suite.core.report.verdict import (
    Climb,
    Outcome,
    against,
    best_control,
    climb,
    headline,
    outcome,
)


def arm(
    reward: float | None,
    held_out: float | None,
    *,
    key: str = "base",
    half_width: float | None = 0.3,
) -> Evaluation:
    """An evaluation whose two intervals have one half width."""

    def estimate(mean: float | None) -> Estimate | None:
        return None if mean is None else Estimate(mean=mean, half_width=half_width)

    return Evaluation(
        key=key, label=key, reward=estimate(reward), held_out=estimate(held_out), metrics={}
    )


# Half widths of 0.3 and 0.4 make 0.5: a change is clear beyond 0.5.
BASE = arm(0.0, 0.0)


@pytest.mark.parametrize(
    ("reward", "held_out", "verdict"),
    [
        (0.51, 0.51, Climb.BOTH),
        (0.51, 0.50, Climb.TRAINING_ONLY),
        (0.51, 0.0, Climb.TRAINING_ONLY),
        (0.51, -2.0, Climb.TRAINING_ONLY),
        (0.50, 0.51, Climb.HELD_OUT_ONLY),
        (0.50, 0.50, Climb.NEITHER),
        (-3.0, -3.0, Climb.NEITHER),
        (None, 0.51, Climb.UNKNOWN),
        (0.51, None, Climb.UNKNOWN),
        (math.nan, 1.0, Climb.UNKNOWN),
    ],
)
def test_a_reward_rose_if_it_rose_by_more_than_the_interval_of_its_change(
    reward: float | None, held_out: float | None, verdict: Climb
) -> None:
    assert climb(BASE, arm(reward, held_out, half_width=0.4)) is verdict


def test_without_intervals_nothing_is_said_to_rise() -> None:
    assert climb(BASE, arm(9.0, 9.0, half_width=None)) is Climb.UNKNOWN
    assert climb(BASE, arm(9.0, 9.0, half_width=math.nan)) is Climb.UNKNOWN


@pytest.mark.parametrize(
    ("mean", "words"),
    [(0.6, Outcome.BETTER), (0.5, Outcome.UNCLEAR), (-0.5, Outcome.UNCLEAR), (-0.6, Outcome.WORSE)],
)
def test_an_outcome_is_clear_only_off_the_interval(mean: float, words: Outcome) -> None:
    assert outcome(Estimate(mean=mean, half_width=0.5)) is words


def test_tuned_is_compared_with_a_control_on_both_rewards() -> None:
    made = against(arm(2.0, 1.0, half_width=0.4), arm(1.5, 1.2))
    assert made.reward == Estimate(mean=0.5, half_width=0.5)
    assert made.held_out is not None
    assert made.held_out.mean == pytest.approx(-0.2)
    assert made.outcome is Outcome.UNCLEAR


def test_the_best_control_has_the_highest_finite_held_out_mean() -> None:
    low, high = arm(9.0, 1.0, key="low"), arm(0.0, 2.0, key="high")
    odd = [arm(0.0, math.nan, key="nan"), arm(0.0, None, key="none")]
    assert best_control([*odd, low, high]) is high
    assert best_control(odd) is None
    assert best_control([]) is None


def test_the_headline_of_a_run_that_worked() -> None:
    tuned = arm(3.0, 2.0, half_width=0.4)
    words = headline(BASE, tuned, [BASE, arm(1.0, 1.0, key="best of 64")], unit="kcal/mol")
    assert words == (
        "The held-out reward rose from 0.00 \u00b1 0.30 to 2.00 \u00b1 0.40 kcal/mol, and stands "
        "1.00 \u00b1 0.50 kcal/mol above the best control, best of 64."
    )


def test_the_headline_of_a_run_that_climbed_only_the_training_reward_says_so() -> None:
    words = headline(BASE, arm(3.0, -0.2, half_width=0.4), [BASE], unit="none")
    assert words == (
        "The held-out reward did not clearly change: it went from 0.00 \u00b1 0.30 to "
        "\u22120.20 \u00b1 0.40, and stands 0.20 \u00b1 0.50 below the best control, base "
        "(no clear difference). This run climbed only the training reward: what it learned does "
        "not show in the held-out reward, which is what exploiting the training reward looks like."
    )


def test_a_fall_is_called_a_fall() -> None:
    words = headline(BASE, arm(3.0, -2.0, half_width=0.4), [], unit="none")
    assert words.startswith(
        "The held-out reward fell from 0.00 \u00b1 0.30 to \u22122.00 \u00b1 0.40."
    )


def test_the_headline_claims_nothing_that_was_not_measured() -> None:
    assert "not measured" in headline(BASE, arm(1.0, None), [BASE], unit="none")
    assert "not measured" in headline(BASE, None, [BASE], unit="none")
    assert headline(None, arm(1.0, 1.0), [], unit="nats") == (
        "The held-out reward is 1.00 \u00b1 0.30 nats; it was not measured before tuning."
    )
    unknown = headline(BASE, arm(None, 1.0), [], unit="none")
    assert "Whether the run climbed only the training reward cannot be said" in unknown


def test_a_control_that_is_not_finite_gives_no_number() -> None:
    words = headline(BASE, arm(1.0, math.inf), [BASE], unit="none")
    assert "by an amount that is not finite" in words
