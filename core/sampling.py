"""Fresh samples of a trained policy, alone or through a Sampler, as rows for a person."""

from collections.abc import Mapping
from typing import Any

from suite.core import registry
from suite.core.build import Built
from suite.core.panel import evaluate


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
