"""The controls that a skeptic would ask for, run beside every tuned policy.

base: the policy before. trained_on: the base trained on its own data for the same time.
best_of_n: the base's best of n with as many reward calls as the tuned policy used in training.
best_quarter: SFT on the best quarter of base samples drawn with as many reward calls.
All are measured like the tuned policy: same held-out contexts, same streams.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from suite.core import registry
from suite.core.algorithm import Algorithm
from suite.core.base import ROLE, base_run
from suite.core.build import Built, trainable_copy, under_fix, without_fix
from suite.core.errors import unknown_name
from suite.core.panel import Evaluation, evaluate
from suite.core.policy import Policy
from suite.core.presets import resolve
from suite.core.progress import Progress
from suite.core.run import Collected, Run
from suite.core.sampler import Sampler
from suite.core.trainer import Trainer

CALIBRATION_STEPS = 3
BASE = "base"  # always measured: the verdict compares with it


def run_controls(
    built: Built,
    *,
    seconds: float,
    reward_calls: int,
    progress: Progress,
    only: Sequence[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """Every control that the task allows, by name; a missing one says why.

    Args:
        built: the tuned run; ``built.run.base`` is where controls start.
        seconds: wall time of the tuned policy's training.
        reward_calls: training calls that the tuned policy used.
        progress: who hears of it.
        only: names of the controls beside the base that are wanted; None is all.

    Raises:
        SuiteError: ``only`` names a control that there is not.
    """
    arms: Mapping[str, Callable[..., dict[str, Any]]] = {
        BASE: _base,
        "trained_on": _trained_on,
        "best_of_n": _best_of_n,
        "best_quarter": _best_quarter,
    }
    arms = {name: arms[name] for name in _wanted(only, arms)}
    found = {}
    progress.phase("controls", len(arms))
    for done, (name, arm) in enumerate(arms.items(), start=1):
        started = time.monotonic()
        row = arm(built, seconds=seconds, reward_calls=reward_calls)
        found[name] = {**row, "seconds": round(time.monotonic() - started, 2)}
        progress.advance(done)
    return found


def _wanted(only: Sequence[str] | None, known: Iterable[str]) -> list[str]:
    names = list(known)
    for name in only or ():
        if name not in names:
            raise unknown_name("control", name, names, next_step="Correct controls.only.")
    return [name for name in names if only is None or name == BASE or name in only]


def _measured(built: Built, policy: Policy, draw: Collected | None = None) -> Evaluation:
    return evaluate(built.run, policy, metrics=built.metrics, codec=built.codec, draw=draw)


def _base(built: Built, *, seconds: float, reward_calls: int) -> dict[str, Any]:
    numbers = _measured(built, built.run.base).numbers
    return {**numbers, "label": "base policy", "reward_calls": 0}


def _train(run: Run, algorithm: Algorithm, seconds: float) -> int:
    """Train for about ``seconds``: a few steps are timed, then a fixed number is run.

    The learning rate falls linearly to 0 over those steps, as a careful person would have it.
    """
    timed = replace(run, settings=run.settings.model_copy(update={"num_steps": CALIBRATION_STEPS}))
    twin = trainable_copy(run.policy)
    started = time.monotonic()
    Trainer(replace(timed, policy=twin, modules={}), algorithm).train()  # a pool stays in state
    one = (time.monotonic() - started) / CALIBRATION_STEPS
    num_steps = max(1, round(seconds / max(one, 1e-4)))
    settings = run.settings.model_copy(update={"num_steps": num_steps, "schedule": "linear"})
    run.settings, run.modules = settings, {}
    Trainer(run, algorithm).train()
    return num_steps


def _trained_on(built: Built, *, seconds: float, reward_calls: int) -> dict[str, Any]:
    label = "base, trained on for the same time"
    if built.run.contexts.num_demonstrations == 0 or built.config.task.base is None:
        return {"label": label, "skipped": "the task has no demonstrations to train on"}
    settings = {**built.config.task.base, **built.config.section("base")}
    run, algorithm = base_run(built, settings)
    run = replace(run, policy=without_fix(built), seed=built.config.seed)
    num_steps = _train(run, algorithm, seconds)
    numbers = _measured(built, under_fix(built, run.policy)).numbers
    return {**numbers, "label": label, "reward_calls": 0, "steps": num_steps, "role": ROLE}


def _best_of_n(built: Built, *, seconds: float, reward_calls: int) -> dict[str, Any]:
    samples = built.run.settings.eval_samples
    n = max(1, math.ceil(reward_calls / samples))
    entry = registry.by_role("sampler", "best_of_n")
    assert entry is not None
    numbers = _drawn(built, registry.make_sampler(entry.name, {"n": n}), "best_of_n").numbers
    return {**numbers, "label": f"best of {n} of the base", "reward_calls": n * samples, "n": n}


def sampled(built: Built) -> dict[str, Any]:
    """The base's draws on held-out contexts through the run's own sampler, measured."""
    sampler = built.run.sampler
    assert sampler is not None
    numbers = _drawn(built, sampler, "sampled").numbers
    calls = sampler.calls_a_sample() * built.run.settings.eval_samples
    return {**numbers, "label": f"base through {built.config.sampler}", "reward_calls": calls}


def _drawn(built: Built, sampler: Sampler, purpose: str) -> Evaluation:
    """What ``sampler`` draws of the base for as many samples as an evaluation has."""
    count = built.run.settings.eval_samples
    run = _HeldOut(built.run)
    draw = sampler.sample(run, 0, num_contexts=count, group_size=1, purpose=purpose)
    return _measured(built, built.run.base, draw)


class _HeldOut(Run):
    """The run as a sampler sees it in evaluation: held-out contexts, the base policy, no budget."""

    def __init__(self, run: Run) -> None:
        settings = run.settings.model_copy(update={"max_reward_calls": None})
        super().__init__(**{**vars(run), "policy": run.base, "settings": settings, "sampler": None})

    def ask(self, step: int, *, num_contexts: int | None = None, purpose: str = "train") -> Any:
        """The evaluation's own contexts, in its order."""
        import torch

        total = self.contexts.num_held_out or self.contexts.num_train
        return self.contexts.held_out(torch.arange(num_contexts or 1) % total)


def _best_quarter(built: Built, *, seconds: float, reward_calls: int) -> dict[str, Any]:
    entry = registry.by_role("algorithm", "best_quarter")
    assert entry is not None
    recipe = resolve(entry.name)
    own = {k.partition(".")[2]: v for k, v in recipe.settings.items() if k.startswith("algo.")}
    algorithm = registry.make_algorithm(
        recipe.algorithm, {**own, "pool_size": max(8, reward_calls)}
    )
    label = "SFT on the best quarter of base samples"
    base_settings = built.config.task.base or {}
    rate = base_settings.get("learning_rate", built.run.settings.learning_rate)
    settings = built.run.settings.model_copy(
        update={
            "learning_rate": rate,
            "max_reward_calls": None,
            "max_seconds": None,
            "num_epochs": 1,
            "num_minibatches": 1,
        }
    )
    run = replace(
        built.run,
        policy=trainable_copy(built.run.base),
        settings=settings,
        modules={},
        state={},
        reward_calls=0,
        sampler=None,
    )
    num_steps = _train(run, algorithm, seconds)
    numbers = _measured(built, run.policy).numbers
    return {**numbers, "label": label, "reward_calls": reward_calls, "steps": num_steps}
