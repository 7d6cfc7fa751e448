"""Fresh samples of a trained policy, alone or through a Sampler, as rows for a person."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from suite.core import registry
from suite.core.build import Built
from suite.core.errors import SuiteError
from suite.core.metric import Metric, References
from suite.core.panel import evaluate
from suite.core.records import Trajectory
from suite.core.toml import parse_assignment


def sampler_settings(assignments: Iterable[str], sampler: str | None) -> dict[str, Any]:
    """``sampler.KEY=VALUE`` of the command line by key.

    Raises:
        SuiteError: one is of another section, or there is no sampler.
    """
    given = dict(map(parse_assignment, assignments))
    foreign = [key for key in given if sampler is None or not key.startswith("sampler.")]
    if foreign:
        raise SuiteError(
            f"--set {foreign[0]} would not be read: `suite sample` takes the settings of its "
            "--sampler alone.\nExample: --sampler NAME --set sampler.n=8."
        )
    return {key.removeprefix("sampler."): value for key, value in given.items()}


def draw(
    built: Built, *, num_samples: int, seed: int, sampler: str | None, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """``num_samples`` scored samples on held-out contexts; see ``suite.core.api.sample``."""
    run = built.run
    run.seed = seed
    update = {"eval_samples": max(2, num_samples), "max_reward_calls": None}
    run.settings = run.settings.model_copy(update=update)
    collected = None
    if sampler is not None:
        made = registry.make_sampler(sampler, settings)
        collected = made.sample(run, 0, num_contexts=num_samples, group_size=1, purpose="sampling")
    found = evaluate(run, run.policy, metrics={}, codec=built.codec, draw=collected)
    numbers = _numbers_of_each(built, found.collected.trajectory)
    rows = found.sample_rows()
    for i, row in enumerate(rows):
        row["metrics"] = {name: float(values[i]) for name, values in numbers.items()}
    return rows[:num_samples]


def _numbers_of_each(built: Built, trajectory: Trajectory) -> dict[str, Tensor]:
    """What the task's metrics say of single samples, by name, each [B]."""
    asked = [m for m in built.metrics.values() if type(m).each is not Metric.each]
    numbers: dict[str, Tensor] = {}
    if asked:
        references = _references(built)
        for metric in asked:
            numbers.update(metric.each(trajectory.sample, trajectory.context, references))
    return numbers


def _references(built: Built) -> References:
    contexts, template = built.run.contexts, built.config.task.template
    known = encoded = None
    if contexts.num_demonstrations:
        _, known = contexts.demonstrations(torch.arange(contexts.num_demonstrations))
    if template is not None and built.codec is not None:
        encoded = built.codec.encode((template,))
    return References(known=known, template=encoded)
