"""The last line of a run, by the rule of the report."""

import pytest

from suite.core.outcome import last_line
from suite.core.report.reading import evaluation_of
from suite.core.report.verdict import climb

Row = dict[str, object]


def row(reward: float, held_out: float | None = None, label: str = "base policy") -> Row:
    """Half widths of 0.3 and 0.4 make 0.5: a change is clear beyond 0.5."""
    half = 0.4 if label == "tuned" else 0.3
    measured: Row = {"label": label, "reward": reward, "reward_ci": half}
    return measured if held_out is None else {**measured, "held_out": held_out, "held_out_ci": half}


def told(tuned: Row, **controls: Row) -> str:
    """The last line against a base at 0."""
    base = row(0.0, 0.0 if "held_out" in tuned else None)
    return last_line({"tuned": tuned, "base": base, **controls})


@pytest.mark.parametrize("held_out", [0.5, 0.2, 0.0, -2.0])
def test_only_the_training_reward_rose_where_the_held_out_did_not_rise_clearly(
    held_out: float,
) -> None:
    """Within its noise or below: which of the two, the numbers say; a motive, none of them."""
    line = told(row(1.0, held_out, "tuned"), best_of_n=row(1.0, 1.0, "best of 8"))
    assert line == (
        f"held-out reward 0 -> {held_out:.3g} ({held_out:+.3g} ± 0.5): "
        "only the training reward rose (+1 ± 0.5)"
    )


def test_the_line_never_says_hacking() -> None:
    lines = [told(row(r, h, "tuned")) for r in (-1.0, 0.0, 9.0) for h in (-9.0, 0.0, 9.0)]
    assert not [line for line in lines if "hack" in line]


@pytest.mark.parametrize("reward", [-1.0, 0.5, 0.51, 1.0])
@pytest.mark.parametrize("held_out", [-1.0, 0.5, 0.51, 1.0])
def test_the_line_and_the_report_follow_one_rule(reward: float, held_out: float) -> None:
    tuned, base = row(reward, held_out, "tuned"), row(0.0, 0.0)
    verdict = climb(evaluation_of("base", base), evaluation_of("tuned", tuned))
    said = "only the training reward rose" in told(tuned)
    assert said is (verdict.value == "only the training reward rose")


@pytest.mark.parametrize(
    ("held_out", "word"), [(2.51, "beats"), (2.4, "ties with"), (1.6, "ties with"), (1.4, "loses")]
)
def test_the_best_control_is_the_one_of_the_highest_held_out_reward(
    held_out: float, word: str
) -> None:
    skipped: Row = {"label": "base, trained on", "skipped": "no demonstrations"}
    line = told(
        row(3.0, held_out, "tuned"),
        best_of_n=row(9.0, 1.0, "best of 8"),
        best_quarter=row(0.0, 2.0, "best quarter"),
        trained_on=skipped,
    )
    assert f"; {word}" in line
    assert line.endswith("the best control, best quarter at 2")


def test_without_a_held_out_reward_the_reward_is_judged_and_nothing_is_called_training() -> None:
    line = told(row(1.0, label="tuned"), best_of_n=row(2.0, label="best of 8"))
    assert line == "reward 0 -> 1 (+1 ± 0.5); loses to the best control, best of 8 at 2"


def test_a_number_that_is_missing_is_not_compared() -> None:
    assert told({"label": "tuned", "reward": 1.0}) == "the run gave no comparable numbers"
