"""Rows whose score failed count nowhere, whatever number their reward gave them."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward

ALGORITHMS = (
    "reinforce",
    "rloo",
    "grpo",
    "ppo",
    "rebel",
    "dpo",
    "ipo",
    "raft",
    "rwr",
    "tb",
    "relative-tb",
    "vargrad",
)


class Unsteady(Reward):
    """A table's number, but the scoring of ``rows`` breaks down and leaves ``answer`` behind."""

    views = frozenset({"tensor"})
    invalid_value = -4.0

    def __init__(self, inner: Any, rows: list[int], answer: float) -> None:
        self.inner, self.rows, self.answer = inner, rows, answer

    def __call__(self, samples: Samples, context: Context) -> Scores:
        assert samples.tokens is not None
        value = self.inner.table[tuple(samples.tokens.unbind(dim=1))].clone()
        valid = torch.ones(len(value), dtype=torch.bool)
        value[self.rows], valid[self.rows] = self.answer, False
        return Scores(value=value, valid=valid)


def gradient(make_side: Callable[..., Any], algo: str, rows: list[int], answer: float) -> Tensor:
    """d loss / d weights when those rows of eight fail."""
    side = make_side(algo, **{"train.max_failed_share": 0.5})
    side.run.reward = Unsteady(side.run.reward, rows, answer)
    experience = side.collect()
    assert all(value == value for value in experience.metrics.values()), experience.metrics
    side.move()
    _, terms = side.parts(experience)
    total = torch.stack(list(terms.values())).sum()
    assert bool(torch.isfinite(total))
    found: Tensor = side.gradients(total)
    return found


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_what_a_failed_row_scored_changes_nothing(make_side: Callable[..., Any], algo: str) -> None:
    found = [gradient(make_side, algo, [0, 5], answer) for answer in (0.0, 1e4, float("nan"))]
    assert float(found[0].abs().max()) > 0
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("algo", ["rloo", "grpo"])
def test_a_row_that_failures_left_alone_in_its_group_is_left_out(
    make_side: Callable[..., Any], algo: str
) -> None:
    """Row 3 has no other to be compared with; the run goes on with the second group."""
    side = make_side(algo, **{"train.max_failed_share": 0.5})
    side.run.reward = Unsteady(side.run.reward, [0, 1, 2], 0.0)
    experience = side.collect()
    valid = experience.rows["trajectory"].valid_rows
    assert valid.tolist() == [False] * 4 + [True] * 4
    assert not bool(experience.rows["advantage"][:4].any())
    assert float(experience.rows["advantage"][4:].abs().min()) > 0


@pytest.mark.parametrize(("algo", "advantage"), [("rloo", "leave_one_out"), ("grpo", "group_std")])
def test_one_sample_a_context_is_a_mistake_that_is_named(
    make_side: Callable[..., Any], algo: str, advantage: str
) -> None:
    side = make_side(algo, **{"train.group_size": 1})
    with pytest.raises(SuiteError) as caught:
        side.collect()
    assert str(caught.value) == (
        f"algo.advantage = '{advantage}' compares the samples of a context, and "
        "train.group_size is 1.\nRaise train.group_size to 2 or more, or set "
        "algo.advantage = 'reward'."
    )


def test_what_a_failed_row_scored_is_in_no_kl_that_is_logged(
    make_side: Callable[..., Any],
) -> None:
    """REBEL logs the mean log-ratio of the rows that its pairs are made of."""
    side = make_side("rebel", **{"train.max_failed_share": 0.5})
    whole = side.collect().rows["trajectory"]
    with torch.no_grad():
        ratio = (
            side.run.score(whole).log_prob
            - side.run.score(whole, policy=side.run.reference).log_prob
        )
    side.run.reward = Unsteady(side.run.reward, [0, 5], float("nan"))
    kept = [row for row in range(8) if row not in (0, 5)]
    logged = side.collect().metrics["kl"]
    assert logged == pytest.approx(float(ratio.sum(dim=1)[kept].mean()), rel=1e-9)
    assert logged != pytest.approx(float(ratio.sum(dim=1).mean()), rel=1e-3)
