"""Conformance of the smaller nouns: contexts, codecs, metrics, domains and tasks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from suite.core import registry
from suite.core.audit import score_known
from suite.core.build import check_before_loading, make_algorithm
from suite.core.config import Request, resolve_request
from suite.core.contexts import Contexts
from suite.core.metric import Codec, Metric
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.task import Task, Use
from suite.testing.checks import Check, distance, require, run_checks

NUM_LEARNT = 64  # demonstrations that a policy is asked about
SCORE_TOLERANCE = 1e-3  # of a known reward, relative above 1: tasks state four decimals

# --- contexts, codec, metric --------------------------------------------------------------------


def check_contexts(contexts: Contexts) -> None:
    """Train, held-out and demonstrations lead with the rows asked for, and never mix.

    Raises:
        AssertionError: they break the contract; the message says what to do.
    """
    run_checks(CONTEXTS_CHECKS, contexts)


def gives_the_contexts_asked_for(contexts: Contexts) -> None:
    """``train`` and ``held_out`` return as many rows as indices, the same ones every time."""
    require(contexts.num_train >= 1, "num_train must be at least 1")
    splits = [("train", contexts.train, contexts.num_train)]
    if contexts.num_held_out:
        splits.append(("held_out", contexts.held_out, contexts.num_held_out))
    for name, ask, total in splits:
        index = torch.tensor([0, total - 1, 0])
        found = ask(index)
        require(len(found) == 3, f"{name} of 3 indices returns {len(found)} contexts")
        for key, values in found.data.items():
            require(values.shape[0] == 3, f"{name}: data['{key}'] must lead with 3")
            require(torch.equal(values[0], values[2]), f"{name}: asked again, context 0 differs")


def keeps_held_out_contexts_apart(contexts: Contexts) -> None:
    """No held-out context is a training context."""
    train, held_out = contexts.fingerprints()
    shared = len(train & held_out)
    require(not shared, f"{shared} held-out contexts are also training contexts")


def demonstrates_in_its_own_contexts(contexts: Contexts) -> None:
    """``demonstrations`` returns samples and contexts of one length."""
    if contexts.num_demonstrations == 0:
        return
    index = torch.arange(min(3, contexts.num_demonstrations))
    context, samples = contexts.demonstrations(index)
    require(
        len(context) == len(samples) == len(index),
        f"{len(index)} demonstrations come as {len(samples)} samples with {len(context)} contexts",
    )


CONTEXTS_CHECKS: tuple[Check[Contexts], ...] = (
    gives_the_contexts_asked_for,
    keeps_held_out_contexts_apart,
    demonstrates_in_its_own_contexts,
)


def check_demonstrations(contexts: Contexts, policy: Policy) -> None:
    """The first demonstrations have a finite likelihood under the policy that learns from them.

    Raises:
        AssertionError: one has none.
        SuiteError: the policy says itself what is wrong.
    """
    rows = min(NUM_LEARNT, contexts.num_demonstrations)
    context, samples = contexts.demonstrations(torch.arange(rows))
    streams = Streams(0, 0, "conformance", range(rows))
    with torch.no_grad():
        nll = policy.unfixed().nll(samples, context, streams)
    wrong = torch.nonzero(~nll.isfinite()).flatten().tolist()
    require(
        not wrong,
        f"the policy gives demonstrations {wrong} no chance; correct them or the policy's settings",
    )


def check_codec(codec: Codec, natives: Sequence[object]) -> None:
    """Native objects survive encode and decode, in order, and can be written as text.

    Raises:
        AssertionError: they do not; the message names the first that changed.
    """
    samples = codec.encode(tuple(natives))
    require(len(samples) == len(natives), f"{len(natives)} objects become {len(samples)} samples")
    for before, after in zip(natives, codec.decode(samples), strict=True):
        one, other = codec.text(before), codec.text(after)
        require(one == other, f"{one!r} comes back as {other!r} from encode and decode")


def check_metric(metric: Metric, samples: Samples, context: Context) -> None:
    """A metric gives at least one named finite number, and the same ones again.

    Raises:
        AssertionError: it does not; the message says what to do.
    """
    first, again = metric(samples, context), metric(samples, context)
    require(first, "the metric returns no numbers")
    for name, value in first.items():
        require(math.isfinite(value), f"'{name}' is {value}")
        require(again.get(name) == value, f"'{name}' differs when it is measured again")


# --- domain and task ----------------------------------------------------------------------------


def check_domain(name: str) -> None:
    """A registered domain is called what its manifest says, and its default task exists.

    Raises:
        AssertionError: it is not, or does not.
    """
    domain, entry = registry.make_domain(name), registry.find("domain", name)
    require(domain.name == name, f"the domain '{name}' calls itself '{domain.name}'")
    aliases = entry.facts.get("aliases", ())
    require(
        set(domain.aliases) == set(aliases if isinstance(aliases, tuple) else (aliases,)),
        f"aliases are {sorted(domain.aliases)} in code and {aliases} in the manifest's facts; make "
        "them the same",
    )
    registry.find("task", domain.default_task)


@dataclass(frozen=True, kw_only=True)
class TaskSubject:
    """A registered task, by name, and its data file."""

    name: str
    data: str | None = None

    @property
    def task(self) -> Task:
        """The value."""
        return registry.make_task(self.name)


def check_task(name: str, *, data: str | None = None) -> None:
    """Hold a registered task to its contract.

    Args:
        name: as registered.
        data: what ``--data`` would name.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(TASK_CHECKS, TaskSubject(name=name, data=data))


def is_named_after_its_domain(subject: TaskSubject) -> None:
    """A task is called "<domain>/<task>", as its manifest says, after a domain that exists."""
    task = subject.task
    require(task.name == subject.name, f"the task '{subject.name}' calls itself '{task.name}'")
    require("/" in task.name, f"call the task '<domain>/{task.name}'")
    registry.find("domain", task.domain)
    require(task.summary and "\n" not in task.summary, "summary must be one sentence on one line")


def uses_only_what_exists(subject: TaskSubject) -> None:
    """Every plugin that a task uses is registered."""
    task = subject.task
    uses: list[tuple[str, Use | None]] = [
        ("contexts", task.contexts),
        ("policy", task.policy),
        ("reward", task.reward),
        ("reward", task.held_out_reward),
        ("environment", task.environment),
        ("codec", task.codec),
        *(("metric", use) for use in task.metrics),
    ]
    for kind, use in uses:
        if use is not None:
            registry.find(kind, use.name)
    for name in task.algo_settings:
        registry.find("algorithm", name)


def can_be_run_by_its_default_algorithm(subject: TaskSubject) -> None:
    """``default_algo`` is named, and asks for nothing that the task's policy cannot answer."""
    require(subject.task.default_algo, "name a default_algo, which `suite run --task` runs")
    config = resolve_request(Request(task=subject.name, data=subject.data))
    check_before_loading(config, make_algorithm(config))


def scores_its_known_rewards(subject: TaskSubject) -> None:
    """Hand-checked samples, at least two of them of different score, get their known rewards."""
    task = subject.task
    if task.reward is None:
        require(task.environment is not None, "a task needs a reward or an environment")
        return
    known = {score for _, score in task.known_rewards}
    require(
        len(known) >= 2,
        "state at least two known_rewards that differ, so that a constant reward is found out",
    )
    for native, score, promised in score_known(subject.name, data=subject.data):
        gap = distance(torch.tensor(score), torch.tensor(promised))
        require(
            gap <= SCORE_TOLERANCE,
            f"{native!r} scores {score:.6g}, the task says {promised:g}; correct one of them",
        )


TASK_CHECKS: tuple[Check[TaskSubject], ...] = (
    is_named_after_its_domain,
    uses_only_what_exists,
    can_be_run_by_its_default_algorithm,
    scores_its_known_rewards,
)
