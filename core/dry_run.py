"""``--dry-run``: the resolved config, what would run, and an estimate of time and memory.

The estimate is measured, not guessed: one collect and one update of the real run, thrown away.
"""

import resource
import time
from dataclasses import replace

from suite.core.build import Built, build, freeze_base, trainable_copy
from suite.core.config import Config
from suite.core.saved_policy import load_saved
from suite.core.trainer import Trainer


def describe(config: Config) -> str:
    """The text of a dry run; writes nothing and trains no base: weights are initial, or saved."""
    built = build(config)
    given = load_saved(built)
    freeze_base(built)
    run = built.run
    parameters = sum(p.numel() for p in run.policy.parameters())
    settings = run.settings
    updates = settings.num_steps * settings.num_epochs * settings.num_minibatches
    seconds = _one_step(built)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    training = seconds * settings.num_steps
    samples = settings.num_contexts * settings.group_size
    lines = [
        config.to_toml().rstrip(),
        "",
        f"# would run {' <- '.join(reversed(config.recipe.chain))} on {config.task.name}",
        f"# policy {built.policy_use.name}: {parameters:,} parameters"
        + (f", weights of {config.policy}" if given else ""),
        f"# a sample is {run.policy.num_steps} decisions at most",
        f"# {settings.num_steps} steps, {updates} updates, {samples} samples a step",
        f"# about {training:.0f} s of training ({seconds:.2f} s a step, measured)",
        "# and about as long again for the controls",
        f"# peak memory so far {peak:.0f} MiB",
    ]
    return "\n".join(lines)


def _one_step(built: Built) -> float:
    one = built.run.settings.model_copy(update={"num_steps": 1, "max_reward_calls": None})
    twin = replace(
        built.run, policy=trainable_copy(built.run.base), settings=one, modules={}, state={}
    )
    started = time.monotonic()
    Trainer(twin, built.algorithm).train()
    return time.monotonic() - started
