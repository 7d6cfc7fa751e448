"""Everything that a distribution provides, checked: what ``suite plugins check`` prints.

A thing is checked in a task that uses it, the distribution's own tasks first: a task says with
which settings it is built, on which contexts, and with which reward. What no task uses is reported
as not checked.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import torch

from suite.core import registry
from suite.core.build import Built, build
from suite.core.catalog import fact_names
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError, unknown_name
from suite.core.presets import resolve
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.registry import Entry
from suite.core.relaxed import relaxed_rollout
from suite.core.rollout import rollout
from suite.core.task import Task
from suite.testing.algorithm import ALGORITHM_CHECKS, AlgorithmSubject
from suite.testing.checks import Check, Subject, name_of, run_check
from suite.testing.claim import CLAIM_CHECKS, ClaimSubject
from suite.testing.dialogue import environment_checks
from suite.testing.outside import (
    LAUNCHER_CHECKS,
    TRACKER_CHECKS,
    LauncherSubject,
    TrackerSubject,
)
from suite.testing.policy import POLICY_CHECKS, PolicySubject
from suite.testing.reward import RELAXED_CHECKS, REWARD_CHECKS, RewardSubject
from suite.testing.sampler import SAMPLER_CHECKS, SamplerSubject
from suite.testing.values import (
    CONTEXTS_CHECKS,
    TASK_CHECKS,
    TaskSubject,
    check_codec,
    check_demonstrations,
    check_domain,
    check_metric,
)

ROWS = 6  # samples that a reward, a policy or a metric is checked on
SMALL = {"train.num_contexts": 2, "train.group_size": 4}  # the collects of an algorithm


@dataclass(frozen=True, kw_only=True)
class Result:
    """One row of the table; ``ok`` is None where a check could not be made."""

    kind: str
    name: str
    check: str
    ok: bool | None
    message: str = ""


def check_distribution(distribution: str) -> list[Result]:
    """Run every check that applies to what a distribution provides.

    Raises:
        SuiteError: no installed distribution of that name provides anything.
    """
    found = [e for e in registry.entries() if _same(e.distribution, distribution)]
    unusable = [
        Result(
            kind="plugin", name=plugin.module, check="is usable", ok=False, message=plugin.traceback
        )
        for plugin in registry.broken()
        if any(_same(name, distribution) for name in plugin.distribution.split(", "))
    ]
    if not found and not unusable:
        known = {entry.distribution for entry in registry.entries()}
        raise unknown_name(
            "plugin distribution", distribution, known, next_step="Run `suite plugins list`."
        )
    _built.cache_clear()
    return [*unusable, *(result for entry in found for result in _check_entry(entry))]


class _NoDataError(Exception):
    """A task's data is not on this machine: no fault of the plugin."""


class _NoDefaultsError(Exception):
    """A thing that cannot be built without settings, and that no task builds."""


def _check_entry(entry: Entry) -> Iterator[Result]:
    try:
        yield from _BY_KIND[entry.kind](entry)
    except (_NoDataError, _NoDefaultsError) as error:
        yield _unchecked(entry, str(error))
    except Exception as error:  # noqa: BLE001 - one thing that breaks must not hide the others
        yield _result(entry, "is built", error)


def _result(entry: Entry, check: str, error: Exception | None) -> Result:
    message = "" if error is None else _text(error)
    return Result(kind=entry.kind, name=entry.name, check=check, ok=error is None, message=message)


def _text(error: Exception) -> str:
    if isinstance(error, AssertionError | SuiteError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _unchecked(entry: Entry, why: str) -> Result:
    return Result(kind=entry.kind, name=entry.name, check="is checked", ok=None, message=why)


def _run_all(entry: Entry, checks: Sequence[Check[Subject]], subject: Subject) -> Iterator[Result]:
    for check in checks:
        try:
            run_check(check, subject)
        except AssertionError as error:
            yield _result(entry, name_of(check), error)
        else:
            yield _result(entry, name_of(check), None)


def _run_one(entry: Entry, check: str, call: Callable[[], None]) -> Iterator[Result]:
    def alone(_: None) -> None:
        call()

    alone.__name__ = check.replace(" ", "_")
    yield from _run_all(entry, (alone,), None)


# --- a task to check in -------------------------------------------------------------------------


@cache
def _built(task: str, algo: str | None) -> Built | str:
    """A task's parts with untrained weights, or why it cannot be built; kept for the next check."""
    try:
        request = Request(task=task, algo=algo, settings=SMALL, controls=False)
        built = build(resolve_request(request))
    except SuiteError as error:
        return str(error)
    built.run.base = built.run.policy.reference_copy()
    return built


def _stage(entry: Entry, uses: Callable[[Task], bool], *, algo: str | None = None) -> Built | None:
    """The first task that uses an entry and can be built; see ``_rank`` for the order.

    Raises:
        SuiteError: tasks use it, and none can be built; the first one's reason.
        _NoDataError: the same, where that task's data is not on this machine.
    """
    reasons: list[Exception] = []
    for found in sorted(registry.entries("task"), key=lambda found: _rank(found, entry)):
        task = registry.make_task(found.name)
        if not uses(task):
            continue
        built = _built(task.name, algo)
        if isinstance(built, Built):
            return built
        kind = _NoDataError if _lacks_data(task) else SuiteError
        reasons.append(kind(f"task '{task.name}' cannot be built: {built}"))
    if reasons:
        raise reasons[0]
    return None


def _lacks_data(task: Task) -> bool:
    return task.data is not None and not os.environ.get("SUITE_DATA")


def _rank(task: Entry, entry: Entry) -> tuple[bool, bool, str]:
    """The distribution's own tasks first; then those whose policy draws the relaxed view too."""
    policy = registry.find("policy", registry.make_task(task.name).policy.name)
    capabilities = policy.facts.get("capabilities", ())
    relaxed = isinstance(capabilities, tuple) and "pathwise" in capabilities
    return task.distribution != entry.distribution, not relaxed, task.name


def _drawn(built: Built) -> tuple[Samples, Context]:
    """Samples of the task's policy in every view that it and the codec give."""
    run = built.run
    index = torch.arange(ROWS) % run.contexts.num_train
    context = run.contexts.train(index)
    streams = Streams(0, 0, "conformance", range(ROWS))
    if "pathwise" in run.policy.capabilities:
        with torch.no_grad():
            drawn = relaxed_rollout(
                run.policy, context, streams, last=run.policy.num_steps, temperature=1.0
            )
        samples = drawn.sample
    else:
        samples = rollout(run.policy, context, streams, environment=run.environment).sample
    if samples.native is None and built.codec is not None:
        samples = replace(samples, native=built.codec.decode(samples))
    return samples, context


def _no_task(entry: Entry) -> Result:
    return _unchecked(
        entry,
        f"no task uses it; add a task that does, or call suite.testing.check_{entry.kind} in tests",
    )


# --- by kind ------------------------------------------------------------------------------------


def _check_policy(entry: Entry) -> Iterator[Result]:
    built = _stage(entry, lambda task: task.policy.name == entry.name)
    if built is None:
        yield _no_task(entry)
        return
    run = built.run
    context = run.contexts.train(torch.arange(ROWS) % run.contexts.num_train)
    subject = PolicySubject(run.policy, context, run.environment)
    yield from _run_all(entry, POLICY_CHECKS, subject)


def _check_reward(entry: Entry) -> Iterator[Result]:
    def uses(task: Task) -> bool:
        return entry.name in {use.name for use in (task.reward, task.held_out_reward) if use}

    built = _stage(entry, uses)
    if built is None:
        yield _no_task(entry)
        return
    own = built.config.task.reward
    trained = own is not None and own.name == entry.name
    reward = built.run.reward if trained else built.run.held_out_reward
    assert reward is not None
    samples, context = _drawn(built)
    subject = RewardSubject(reward=reward, samples=samples, context=context)
    checks = [check for check in REWARD_CHECKS if check not in RELAXED_CHECKS]
    if samples.tokens is None or samples.relaxed is not None or "relaxed" not in reward.views:
        checks = list(REWARD_CHECKS)
    else:
        why = (
            "no task with a pathwise policy uses it; call suite.testing.check_reward with letters="
        )
        yield _unchecked(entry, f"the relaxed view: {why}")
    yield from _run_all(entry, checks, subject)


def _check_environment(entry: Entry) -> Iterator[Result]:
    built = _stage(
        entry, lambda task: task.environment is not None and task.environment.name == entry.name
    )
    if built is None or built.run.environment is None:
        yield _no_task(entry)
        return

    checks, subject = environment_checks(built.run, ROWS)
    yield from _run_all(entry, checks, subject)


def _check_algorithm(entry: Entry) -> Iterator[Result]:
    recipe = resolve(entry.name)
    demonstrated = bool(entry.facts.get("needs_demonstrations", False))

    def fits(task: Task) -> bool:
        return task.base is not None if demonstrated else True

    built = _stage(entry, fits, algo=recipe.name)
    if built is None:
        yield _no_task(entry)
        return
    subject = AlgorithmSubject(algorithm=built.algorithm, run=built.run)
    yield from _run_all(entry, ALGORITHM_CHECKS, subject)


def _check_contexts(entry: Entry) -> Iterator[Result]:
    built = _stage(entry, lambda task: task.contexts.name == entry.name)
    if built is None:
        yield _no_task(entry)
        return
    yield from _run_all(entry, CONTEXTS_CHECKS, built.run.contexts)
    if built.config.task.base is not None:
        check = partial(check_demonstrations, built.run.contexts, built.run.policy)
        yield from _run_one(entry, "teaches the policy", check)


def _check_codec(entry: Entry) -> Iterator[Result]:
    built = _stage(entry, lambda task: task.codec is not None and task.codec.name == entry.name)
    if built is None or built.codec is None:
        yield _no_task(entry)
        return
    codec = built.codec
    known = tuple(native for native, _ in built.config.task.known_rewards)
    natives = known or codec.decode(_drawn(built)[0])
    yield from _run_one(entry, "survives a round trip", lambda: check_codec(codec, natives))


def _check_metric(entry: Entry) -> Iterator[Result]:
    built = _stage(entry, lambda task: entry.name in {use.name for use in task.metrics})
    if built is None:
        yield _no_task(entry)
        return
    metric = built.metrics[entry.name]
    yield from _run_one(entry, "measures", lambda: check_metric(metric, *_drawn(built)))


def _check_domain(entry: Entry) -> Iterator[Result]:
    yield from _run_one(entry, "has its default task", lambda: check_domain(entry.name))


def _check_task(entry: Entry) -> Iterator[Result]:
    built = _built(entry.name, None)
    if isinstance(built, str) and _lacks_data(registry.make_task(entry.name)):
        raise _NoDataError(built)
    yield from _run_all(entry, TASK_CHECKS, TaskSubject(name=entry.name))


def _built_alone(entry: Entry) -> Any:
    """A thing without settings, which no task names.

    Raises:
        _NoDefaultsError: it needs one.
    """
    try:
        return getattr(registry, f"make_{entry.kind}")(entry.name, {})
    except SuiteError as error:
        if "needs a value for the setting" in str(error):
            raise _NoDefaultsError(str(error)) from None
        raise


def _check_sampler(entry: Entry) -> Iterator[Result]:
    sampler = _built_alone(entry)

    def serves(task: Task) -> bool:
        policy = registry.find("policy", task.policy.name)
        scores = task.reward is not None and task.environment is None
        return scores and sampler.requires <= fact_names(policy, "capabilities", ())

    built = _stage(entry, serves)
    if built is None:
        yield _no_task(entry)
        return
    yield from _run_all(entry, SAMPLER_CHECKS, SamplerSubject(sampler=sampler, run=built.run))


def _check_claim(entry: Entry) -> Iterator[Result]:
    if _lacks_data(registry.make_task(registry.make_claim(entry.name).task)):
        raise _NoDataError("the data of its task is not on this machine")
    yield from _run_all(entry, CLAIM_CHECKS, ClaimSubject(name=entry.name))


def _check_launcher(entry: Entry) -> Iterator[Result]:
    subject = LauncherSubject(launcher=_built_alone(entry), task=_small_task())
    yield from _run_all(entry, LAUNCHER_CHECKS, subject)


def _check_tracker(entry: Entry) -> Iterator[Result]:
    _built_alone(entry)
    subject = TrackerSubject(make=lambda: registry.make_tracker(entry.name, {}))
    yield from _run_all(entry, TRACKER_CHECKS, subject)


def _small_task() -> str:
    """The first of the suite's own tasks that needs no data and trains no base."""
    for entry in registry.entries("task"):
        if entry.built_in:
            task = registry.make_task(entry.name)
            if task.base is None and task.data is None and task.environment is None:
                return task.name
    raise SuiteError("the suite has no task without data and base.\nReinstall it.")


_BY_KIND: dict[str, Callable[[Entry], Iterator[Result]]] = {
    "policy": _check_policy,
    "reward": _check_reward,
    "environment": _check_environment,
    "algorithm": _check_algorithm,
    "contexts": _check_contexts,
    "codec": _check_codec,
    "metric": _check_metric,
    "domain": _check_domain,
    "task": _check_task,
    "sampler": _check_sampler,
    "claim": _check_claim,
    "launcher": _check_launcher,
    "tracker": _check_tracker,
}


def _same(one: str, other: str) -> bool:
    """Whether two distribution names are one, as pip sees it (PEP 503)."""
    names = [re.sub(r"[-_.]+", "-", name).lower() for name in (one, other)]
    return names[0] == names[1]
