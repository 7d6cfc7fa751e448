"""Fresh samples of a trained policy, alone or through a Sampler, as rows for a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from suite.core import registry
from suite.core.build import Built
from suite.core.errors import SuiteError
from suite.core.panel import evaluate
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
    return found.sample_rows()[:num_samples]
