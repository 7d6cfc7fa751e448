"""The one loop: what an update depends on, and what stops it.

Shapes: B samples, T decisions.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Minibatch
from suite.core.build import build, freeze_base
from suite.core.checkpoint import load_checkpoint, newest_good
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.run import Run
from suite.core.trainer import Trainer

SMALL = {
    "train.num_steps": 2,
    "train.num_contexts": 2,
    "train.group_size": 8,
    "train.learning_rate": 0.01,
    "train.checkpoint_every": 0,
}
FAMILIES = (
    ("micro/token", "ppo"),
    ("micro/gaussian", "ppo"),
    ("micro/unmasking", "ppo"),
    ("micro/gflownet", "ppo"),
    ("micro/cartpole", "ppo"),
)


@dataclass
class Heard:
    """A listener that keeps what it hears."""

    metrics: list[dict[str, float]] = field(default_factory=list)
    evaluated: list[tuple[int, dict[str, Tensor]]] = field(default_factory=list)

    def on_scored(self, *args: Any) -> None: ...

    def on_collect(self, run: Run, step: int, experience: Experience) -> None: ...

    def on_update(self, run: Run, step: int) -> None: ...

    def on_step(self, run: Run, step: int, metrics: dict[str, float]) -> None:
        self.metrics.append(metrics)

    def on_evaluate(self, run: Run, step: int) -> None:
        self.evaluated.append((step, weights(run)))

    def on_checkpoint(self, run: Run, step: int, path: Path) -> None: ...

    def position(self) -> dict[str, Any]:
        return {}

    def restore(self, position: dict[str, Any]) -> None: ...


def weights(run: Run) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in run.policy.state_dict().items()}


def prepared(task: str, algo: str, **settings: Any) -> tuple[Run, Algorithm]:
    named = {key.replace("__", "."): value for key, value in settings.items()}
    built = build(resolve_request(Request(task=task, algo=algo, settings={**SMALL, **named})))
    freeze_base(built)
    return built.run, built.algorithm


def trained(task: str, algo: str, folder: Path | None = None, **settings: Any) -> tuple[Run, Heard]:
    run, algorithm = prepared(task, algo, **settings)
    heard = Heard()
    Trainer(run, algorithm, folder=folder, listener=heard).train()
    return run, heard


# --- one update -----------------------------------------------------------------------------------

SPLIT = (
    ("micro/token", "rloo"), ("micro/token", "grpo"), ("micro/token", "ppo"),
    ("micro/token", "dpo"), ("micro/token", "vargrad"), ("micro/gflownet", "tb"),
    ("micro/unmasking", "rebel"), ("micro/unmasking", "raft"), ("micro/unmasking", "drakes"),
    ("micro/gaussian", "drakes"),
)  # fmt: skip


@pytest.mark.parametrize(("task", "algo"), SPLIT)
def test_the_micro_batch_size_changes_weights_by_rounding_alone(task: str, algo: str) -> None:
    whole, heard = trained(task, algo)
    for size in (1, 3):
        parts, also_heard = trained(task, algo, train__micro_batch_size=size)
        for key, value in weights(whole).items():
            torch.testing.assert_close(weights(parts)[key], value, atol=1e-5, rtol=1e-5)
        for ours, theirs in zip(also_heard.metrics, heard.metrics, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-5, rel=1e-4)
    start = whole.base.state_dict()
    assert any(not torch.allclose(v, start[k], atol=1e-3) for k, v in weights(whole).items())


@pytest.mark.parametrize(("task", "algo"), FAMILIES)
def test_the_ratio_is_exactly_one_before_the_first_update(task: str, algo: str) -> None:
    """Old log-probs of the collect against those of the loss, through the algorithm itself."""
    run, algorithm = prepared(task, algo, train__num_epochs=2, train__num_minibatches=2)
    trainer = Trainer(run, algorithm)
    experience = algorithm.collect(run, 0)
    assert "old_log_prob" in experience.rows
    for items in torch.arange(len(experience.items)).split(5):
        minibatch = Minibatch.take(experience, items)
        loss = algorithm.loss(run, minibatch, run.streams(0, "loss", items))
        assert float(loss.metrics["update_kl"]) == 0.0
        assert float(loss.metrics["clip_share"]) == 0.0
    assert trainer.progress.update == 0


def test_every_item_is_used_once_a_pass_in_another_order_each_pass() -> None:
    run, algorithm = prepared("micro/token", "rloo", train__num_epochs=2, train__num_minibatches=3)
    trainer = Trainer(run, algorithm)
    trainer.progress.experience = algorithm.collect(run, 0)
    orders = []
    for epoch in range(2):
        parts = []
        for part in range(3):
            trainer.progress.minibatch = 3 * epoch + part
            parts.append(trainer._items())
        orders.append(torch.cat(parts).tolist())
        assert sorted(orders[-1]) == list(range(16))
    assert orders[0] != orders[1]


def test_more_minibatches_than_items_is_the_users_to_mend() -> None:
    run, algorithm = prepared("micro/token", "rloo", train__num_minibatches=17)
    with pytest.raises(SuiteError, match="num_minibatches is 17, but one collect brings 16 items"):
        Trainer(run, algorithm).train()


def test_modules_start_from_the_runs_seed_whatever_was_drawn_before() -> None:
    first = prepared("micro/token", "ppo")
    torch.manual_seed(123)
    second = prepared("micro/token", "ppo")
    for run, algorithm in (first, second):
        Trainer(run, algorithm)
    one, two = (run.modules["critic"].state_dict() for run, _ in (first, second))
    assert all(torch.equal(one[key], two[key]) for key in one)


# --- what ends a run ------------------------------------------------------------------------------


def test_a_budget_of_reward_calls_is_never_passed() -> None:
    run, algorithm = prepared(
        "micro/token", "rloo", train__num_steps=50, train__max_reward_calls=16 * 3 + 5
    )
    progress = Trainer(run, algorithm).train()
    assert (progress.stopped, progress.step, run.reward_calls) == ("max_reward_calls", 3, 48)


def test_pathwise_methods_pay_for_their_rewards_too() -> None:
    run, algorithm = prepared(
        "micro/gaussian", "drakes", train__num_steps=50, train__max_reward_calls=40
    )
    progress = Trainer(run, algorithm).train()
    assert (progress.stopped, progress.step, run.reward_calls) == ("max_reward_calls", 2, 32)


def test_the_clock_stops_a_run_between_steps() -> None:
    run, algorithm = prepared(
        "micro/token", "rloo", train__num_steps=10_000, train__max_seconds=0.05
    )
    progress = Trainer(run, algorithm).train()
    assert progress.stopped == "max_seconds"
    assert 0 < progress.step < 10_000
    assert progress.experience is None


# --- averaged weights -----------------------------------------------------------------------------


def test_averaged_weights_are_evaluated_kept_and_do_not_disturb_training(tmp_path: Path) -> None:
    """Against the same run without averaging: same updates; what is seen and kept is the mean."""
    settings = {"train__num_steps": 4, "train__eval_every": 1}
    plain, plain_heard = trained("micro/token", "rloo", **settings)
    averaged, heard = trained(
        "micro/token", "rloo", tmp_path, train__ema_decay=0.5, train__checkpoint_every=1, **settings
    )
    assert heard.metrics == plain_heard.metrics
    mean = plain_heard.evaluated[0][1]["trunk.table"]
    for (step, seen), (_, raw) in zip(
        heard.evaluated[1:5], plain_heard.evaluated[1:5], strict=True
    ):
        mean = 0.5 * mean + 0.5 * raw["trunk.table"]
        torch.testing.assert_close(seen["trunk.table"], mean, msg=f"step {step}")
    torch.testing.assert_close(weights(averaged)["trunk.table"], mean)
    newest, _ = newest_good(tmp_path / "checkpoints")
    assert newest is not None
    kept = load_file(newest / "policy.safetensors")
    torch.testing.assert_close(kept["trunk.table"], mean)
    trained_weights = load_checkpoint(newest)[1]["trained"]
    assert torch.equal(trained_weights["trunk.table"], weights(plain)["trunk.table"])


def test_a_run_with_averaged_weights_resumes_as_if_unbroken(tmp_path: Path) -> None:
    options = {"train__ema_decay": 0.9, "train__num_minibatches": 2, "train__num_steps": 4}
    whole, heard = trained("micro/token", "ppo", **options)
    run, algorithm = prepared("micro/token", "ppo", **options)
    first = Trainer(run, algorithm, folder=tmp_path)
    for _ in range(2):
        assert first._collect()
        first._update_all()
        first._end_step()
    assert first._collect()
    first._update()
    first.progress.minibatch, first.progress.update = 1, 5
    first.save()  # inside of a collected batch
    again, algorithm = prepared("micro/token", "ppo", **options)
    also_heard = Heard()
    second = Trainer(again, algorithm, folder=tmp_path, listener=also_heard)
    assert second.resume(lambda line: None)
    second.train()
    assert also_heard.metrics == heard.metrics[2:]
    for key, value in weights(whole).items():
        assert torch.equal(weights(again)[key], value)
