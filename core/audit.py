"""``suite audit TASK|REWARD``: does the reward say what is claimed, always and soon enough?

A task's known rewards are scored, twice, in two batch orders; the table says what failed. A
reward that judges texts, and a task that has no known rewards but a file of rows for one, is
audited by core/verifier_audit.py.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from suite.core import registry
from suite.core.config import Config, Request, resolve_request
from suite.core.errors import SuiteError, unknown_name
from suite.core.records import Context, Samples
from suite.core.reward import Reward
from suite.core.task import Use
from suite.core.trees import take_rows
from suite.core.verifier import VerifierReward

REPEATS = 20
TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row of the audit's table."""

    check: str
    ok: bool
    detail: str


def audit(
    name: str, *, data: str | None = None, settings: Mapping[str, Any] | None = None
) -> list[Finding]:
    """Every check of a task's rewards, or of a reward that judges texts.

    Args:
        name: of a task or a reward.
        data: the file that it reads, or None for its own.
        settings: of the reward, where one was named.

    Raises:
        SuiteError: there is no such task or reward, or the task names no reward of its own.
    """
    rewards = [entry.name for entry in registry.entries("reward")]
    if name in rewards:
        from suite.core.verifier_audit import audit_reward

        return audit_reward(name, data=data, settings=settings)
    if settings:
        raise SuiteError(
            f"--set was given for '{name}', which is no reward: a task fixes its reward's settings."
            "\nAudit the reward itself: `suite list rewards`."
        )
    tasks = [entry.name for entry in registry.entries("task")]
    if name not in tasks:
        step = "Run `suite list tasks` or `suite list rewards`."
        raise unknown_name("task or reward", name, [*tasks, *rewards], next_step=step)
    return _audit_task(name, data)


def _audit_task(task_name: str, data: str | None) -> list[Finding]:
    config = resolve_request(Request(task=task_name, data=data))
    task = config.task
    if task.reward is None:
        raise SuiteError(
            f"the task '{task_name}' is scored by its environment; there is no reward to audit.\n"
            "Name a task with a reward: `suite list tasks`."
        )
    if not task.known_rewards and config.data is not None and _judges(task.reward):
        from suite.core.verifier_audit import audit_reward

        return audit_reward(task.reward.name, data=config.data, settings=task.reward.config)
    reward, samples, context = _subject(config)
    values = reward(samples, context).value
    rows = [
        Finding(
            check=f"known reward of {native!r}",
            ok=abs(float(value) - wanted) <= TOLERANCE * max(1.0, abs(wanted)),
            detail=f"scores {float(value):.5g}, the task says {wanted:g}",
        )
        for (native, wanted), value in zip(task.known_rewards, values, strict=True)
    ]
    return [
        *rows,
        *_determinism(reward, samples, context, values),
        _latency(reward, samples, context),
    ]


def _judges(use: Use) -> bool:
    """Whether a task's reward is a verifier: the rows of its data then bring golds and hacks."""
    return isinstance(registry.make_reward(use.name, dict(use.config)), VerifierReward)


def score_known(task_name: str, *, data: str | None = None) -> list[tuple[Any, float, float]]:
    """(native, score, score that the task promises) of each known reward of a task."""
    config = resolve_request(Request(task=task_name, data=data))
    reward, samples, context = _subject(config)
    values = reward(samples, context).value.tolist()
    return [
        (native, value, wanted)
        for (native, wanted), value in zip(config.task.known_rewards, values, strict=True)
    ]


def _subject(config: Config) -> tuple[Reward, Samples, Context]:
    """The task's reward, its known samples, and training contexts for them."""
    from suite.core.build import build

    built = build(config)
    natives = tuple(native for native, _ in config.task.known_rewards)
    if built.codec is not None:
        samples = built.codec.encode(natives)
    else:
        samples = Samples(values=torch.tensor(natives, dtype=torch.float32))
    index = torch.arange(len(natives)) % built.run.contexts.num_train
    if config.task.known_context is not None:
        index = torch.full_like(index, config.task.known_context)
    context = built.run.contexts.train(index)
    assert built.run.reward is not None
    return built.run.reward, samples, context


def _determinism(
    reward: Reward, samples: Samples, context: Context, values: torch.Tensor
) -> list[Finding]:
    again = reward(samples, context).value
    order = torch.arange(len(values)).flip(0)
    turned = reward(take_rows(samples, order), take_rows(context, order)).value.flip(0)
    lowest, highest = reward.bounds
    inside = bool(((values >= lowest - 1e-6) & (values <= highest + 1e-6)).all())
    return [
        Finding(
            check="two runs agree",
            ok=torch.equal(values, again) or not reward.deterministic,
            detail="bitwise" if torch.equal(values, again) else "they differ",
        ),
        Finding(
            check="batch order does not matter",
            ok=bool(torch.allclose(values, turned, atol=1e-5)),
            detail=f"largest difference {float((values - turned).abs().max()):.2g}",
        ),
        Finding(check="within bounds", ok=inside, detail=f"bounds {lowest:g} to {highest:g}"),
    ]


def _latency(reward: Reward, samples: Samples, context: Context) -> Finding:
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        reward(samples, context)
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    detail = (
        f"p50 {1e3 * median:.2f} ms, p99 {1e3 * max(seconds):.2f} ms for {len(samples)} samples "
        f"({len(samples) / median:.0f} a second)"
    )
    return Finding(check="latency", ok=True, detail=detail)


def tasks_with_known_rewards() -> list[str]:
    """Every task that names known rewards (for the test that scores them all)."""
    found = []
    for entry in registry.entries("task"):
        if registry.make_task(entry.name).known_rewards:
            found.append(entry.name)
    return found
