"""Scores that fail inside a loss (pathwise): the means of a minibatch are over the other items."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.core.run import Run
from suite.core.trainer import Trainer

ROWS = 8


class Failing(Reward):
    """Half the norm of a point, but 0, or nan with the gradient nan, on the rows of ``failed``."""

    views = frozenset({"tensor", "relaxed"})
    differentiable = True
    invalid_value = -9.0

    def __init__(self, failed: set[int], *, breaks: bool = False) -> None:
        self.failed, self.breaks = failed, breaks

    def __call__(self, samples: Samples, context: Context) -> Scores:
        assert samples.values is not None
        # Rows are told apart by their context, which the test numbers.
        valid = torch.tensor([int(i) not in self.failed for i in context.index])
        value = -samples.values.square().sum(dim=-1) / 2.0
        total = samples.values[~valid].sum(dim=-1)
        broken = (total - total) / 0.0 if self.breaks else 0.0 * total
        value = value.masked_scatter(~valid, broken)
        reason = tuple(None if ok else "the scorer is down" for ok in valid.tolist())
        return Scores(value=value, valid=valid, reason=reason)


@dataclass
class Steps:
    """Keeps the gradient and the metrics of the only update."""

    metrics: list[dict[str, float]] = field(default_factory=list)

    def on_scored(self, *args: Any) -> None: ...

    def on_collect(self, run: Run, step: int, experience: Any) -> None:
        experience.rows["context"].index.copy_(torch.arange(ROWS))

    def on_update(self, *args: Any) -> None: ...

    def on_step(self, run: Run, step: int, metrics: dict[str, float]) -> None:
        self.metrics.append(metrics)

    def on_evaluate(self, *args: Any) -> None: ...

    def on_checkpoint(self, *args: Any) -> None: ...

    def position(self) -> dict[str, Any]:
        return {}

    def restore(self, position: dict[str, Any]) -> None: ...


def update(reward: Reward, **settings: Any) -> tuple[Tensor, dict[str, float]]:
    """The gradient and the metrics of one update of DRAKES on the Gaussian policy."""
    named = {"train.num_steps": 1, "train.num_contexts": 1, "train.group_size": ROWS}
    named |= {"train.clip_norm": float("inf"), "train.max_failed_share": 0.5}
    named |= {f"train.{key}": value for key, value in settings.items()}
    request = Request(task="micro/gaussian", algo="drakes", settings=named)
    built = build(resolve_request(request))
    freeze_base(built)
    with torch.no_grad():  # away from the reference: the KL's gradient is not 0
        for weight in built.run.policy.parameters():
            weight.add_(0.1)
    built.run.reward = reward
    heard = Steps()
    Trainer(built.run, built.algorithm, listener=heard).train()
    return gradient_of(built.run.policy), heard.metrics[0]


def gradient_of(policy: nn.Module) -> Tensor:
    found = [p.grad.flatten() for p in policy.parameters() if p.grad is not None]
    return torch.cat(found)


def test_the_mean_is_over_the_rows_that_were_scored() -> None:
    """G(all) = (3/8) G(first three) + (5/8) G(last five), where each is a mean over its rows."""
    whole, metrics = update(Failing(set()))
    few, of_few = update(Failing({3, 4, 5, 6, 7}), max_failed_share=0.7)
    rest, of_rest = update(Failing({0, 1, 2}))
    assert float(whole.abs().max()) > 1e-3
    torch.testing.assert_close(whole, 3 / 8 * few + 5 / 8 * rest, rtol=1e-4, atol=1e-6)
    for name in ("reward", "kl", "loss", "loss/kl", "loss/reward"):
        assert metrics[name] == pytest.approx(3 / 8 * of_few[name] + 5 / 8 * of_rest[name])


@pytest.mark.parametrize("size", [1, 3])
def test_the_micro_batch_size_changes_it_by_rounding_alone(size: int) -> None:
    whole, metrics = update(Failing({0, 5}))
    parts, also = update(Failing({0, 5}), micro_batch_size=size)
    # Terms of a sum cancel, so rounding is judged beside the largest entry, not each by its own.
    scale = whole.abs().max()
    torch.testing.assert_close(parts / scale, whole / scale, rtol=1e-5, atol=1e-6)
    assert also == pytest.approx(metrics, rel=1e-4)


def test_what_a_failed_row_left_behind_changes_nothing() -> None:
    """Even where its value and its gradient are no numbers."""
    quiet, _ = update(Failing({0, 5}))
    loud, metrics = update(Failing({0, 5}, breaks=True))
    assert bool(torch.isfinite(loud).all())
    torch.testing.assert_close(loud, quiet, rtol=1e-5, atol=1e-7)
    assert "items whose score failed in the loss" not in metrics


def test_a_batch_in_which_every_score_failed_is_no_update() -> None:
    gradient, metrics = update(Failing(set(range(ROWS))), max_failed_share=1.0)
    assert not bool(gradient.any())
    assert metrics["loss"] == metrics["reward"] == 0.0


def test_too_many_failures_stop_the_run_with_the_reason() -> None:
    with pytest.raises(SuiteError) as caught:
        update(Failing({0, 5}), max_failed_share=0.2, micro_batch_size=1)
    assert str(caught.value).startswith("25% of the scores of one collect failed")
    assert "First reason: the scorer is down." in str(caught.value)
    update(Failing({0}), max_failed_share=0.2, micro_batch_size=1)
