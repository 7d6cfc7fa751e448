"""Conformance of an Algorithm, on a small run of its own. Shapes: I items, K rows an item."""

import copy
import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch
from suite.core.policy import CAPABILITIES
from suite.core.run import Run
from suite.testing.checks import Check, distance, leaves, require, run_checks

SPLIT_TOLERANCE = 1e-4  # between one minibatch and its halves: sums in another order


@dataclass(frozen=True, kw_only=True, eq=False)
class AlgorithmSubject:
    """An algorithm and a run that it may learn in; every check works on a copy of the run."""

    algorithm: Algorithm
    run: Run

    def fresh(self) -> Run:
        """The run as the trainer would start it: a frozen base, the algorithm's own modules."""
        policy = copy.deepcopy(self.run.policy)
        twin = replace(
            self.run,
            policy=policy,
            base=policy.reference_copy(),
            state={},
            modules={},
            journal=None,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(twin.seed)
            twin.modules = self.algorithm.modules(twin.policy)
        return twin

    def collected(self) -> tuple[Run, Experience]:
        """A fresh run after its first collect."""
        run = self.fresh()
        return run, self.algorithm.collect(run, 0)

    def loss(self, run: Run, experience: Experience, items: Tensor) -> tuple[Minibatch, Loss]:
        """The loss of some items [I], each with its own stream."""
        minibatch = Minibatch.take(experience, items)
        return minibatch, self.algorithm.loss(run, minibatch, run.streams(0, "loss/0", items))


def check_algorithm(algorithm: Algorithm, run: Run) -> None:
    """Hold an algorithm to its contract.

    Args:
        algorithm: what is checked.
        run: a run whose policy answers what the algorithm asks for, with a reward that does not
            give every sample the same score; small settings, for it collects several times.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(ALGORITHM_CHECKS, AlgorithmSubject(algorithm=algorithm, run=run))


def is_frozen_settings(subject: AlgorithmSubject) -> None:
    """An algorithm is settings that cannot be changed, and refuses those it does not know."""
    config = type(subject.algorithm).model_config
    require(
        config.get("frozen") and config.get("extra") == "forbid",
        "keep Algorithm's model_config: frozen=True, extra='forbid'",
    )
    try:
        type(subject.algorithm).model_validate({"no_such_setting": 1})
    except ValidationError:
        return
    raise AssertionError("an unknown setting is accepted; keep extra='forbid'")


def asks_for_known_capabilities(subject: AlgorithmSubject) -> None:
    """``requirements`` are capabilities, and this run's policy has them."""
    wanted = subject.algorithm.requirements()
    unknown = sorted(wanted - set(CAPABILITIES))
    require(not unknown, f"unknown capabilities {unknown}; known are {sorted(CAPABILITIES)}")
    missing = sorted(wanted - subject.run.policy.capabilities)
    require(not missing, f"the run's policy lacks {missing}; check on a policy that has them")


def names_the_parts_it_tunes(subject: AlgorithmSubject) -> None:
    """``param_groups`` names the policy or parts that ``modules`` returns."""
    run = subject.fresh()
    unknown = sorted(set(subject.algorithm.param_groups()) - {"policy", *run.modules})
    require(
        not unknown, f"param_groups names {unknown}, and modules() returns {sorted(run.modules)}"
    )


def collects_items_of_rows(subject: AlgorithmSubject) -> None:
    """``collect`` returns an Experience whose items [I, K] index rows of one length."""
    _, experience = subject.collected()
    items = experience.items
    require(
        items.ndim == 2 and items.dtype == torch.long and len(items) > 0,
        f"items is {items.dtype} {tuple(items.shape)}; return row numbers [I, K], long, I > 0",
    )
    sizes = {len(leaf) for leaf in leaves(dict(experience.rows))}
    require(len(sizes) == 1, f"leaves of rows have lengths {sorted(sizes)}; all lead with one R")
    size = sizes.pop()
    require(
        int(items.min()) >= 0 and int(items.max()) < size,
        f"items name rows {int(items.min())} to {int(items.max())} of {size}",
    )


def collects_without_learning(subject: AlgorithmSubject) -> None:
    """``collect`` changes no weight: only the trainer updates."""
    run = subject.fresh()
    before = copy.deepcopy(run.policy.state_dict())
    subject.algorithm.collect(run, 0)
    changed = [n for n, v in run.policy.state_dict().items() if not torch.equal(v, before[n])]
    require(not changed, f"collect changed the weights {changed[:3]}")


def collects_the_same_again(subject: AlgorithmSubject) -> None:
    """``collect`` is a function of the run's state and the step: a resumed run repeats it."""
    first, again = subject.collected()[1], subject.collected()[1]
    pairs = zip(leaves(dict(first.rows)), leaves(dict(again.rows)), strict=True)
    require(
        torch.equal(first.items, again.items) and all(_equal(a, b) for a, b in pairs),
        "two collects of one step differ; draw through run.sample and run.streams alone",
    )


def loses_in_finite_scalars(subject: AlgorithmSubject) -> None:
    """``loss`` returns a Loss with finite scalar terms; denominators are not negative."""
    run, experience = subject.collected()
    minibatch, loss = subject.loss(run, experience, torch.arange(len(experience.items)))
    require(loss.terms, "loss returns no terms; name at least one")
    for name, value in [*loss.terms.items(), *loss.metrics.items()]:
        require(value.ndim == 0, f"'{name}' is {tuple(value.shape)}; sum it over the items")
        number = float(value.detach())
        require(math.isfinite(number), f"'{name}' is {number}")
    for name, divisor in subject.algorithm.denominators(minibatch).items():
        require(divisor >= 0 and math.isfinite(divisor), f"the denominator '{name}' is {divisor}")


def teaches_the_policy(subject: AlgorithmSubject) -> None:
    """Gradients of the loss are finite, reach the policy, and do not reach the reference."""
    run, experience = subject.collected()
    _, loss = subject.loss(run, experience, torch.arange(len(experience.items)))
    total = torch.stack(list(loss.terms.values())).sum()
    require(total.requires_grad, "no term carries a gradient")
    total.backward()
    gradients = [p.grad for p in run.policy.parameters() if p.grad is not None]
    require(
        all(bool(torch.isfinite(gradient).all()) for gradient in gradients),
        "a gradient of the policy is not finite",
    )
    require(
        any(bool((gradient != 0).any()) for gradient in gradients),
        "the policy gets no gradient; check on a reward whose scores differ, and detach less",
    )
    leaked = [name for name, p in run.base.named_parameters() if p.grad is not None]
    require(not leaked, f"the frozen reference gets gradients at {leaked[:3]}")


def sums_over_items(subject: AlgorithmSubject) -> None:
    """Terms are sums over items, so that micro-batches and processes may split a minibatch."""
    run, experience = subject.collected()
    everything = torch.arange(len(experience.items))
    if len(everything) < 2:
        return
    whole = _numbers(subject.loss(run, experience, everything)[1])
    halves = [
        _numbers(subject.loss(run, experience, part)[1]) for part in everything.tensor_split(2)
    ]
    for name, value in whole.items():
        joined = sum(half.get(name, torch.zeros(())) for half in halves)
        assert isinstance(joined, Tensor)
        gap = distance(joined, value)
        require(
            gap <= SPLIT_TOLERANCE,
            f"'{name}' of a minibatch is {gap:.2g} from the sum over its halves; return sums, and "
            "let denominators() say what they are divided by",
        )


ALGORITHM_CHECKS: tuple[Check[AlgorithmSubject], ...] = (
    is_frozen_settings,
    asks_for_known_capabilities,
    names_the_parts_it_tunes,
    collects_items_of_rows,
    collects_without_learning,
    collects_the_same_again,
    loses_in_finite_scalars,
    teaches_the_policy,
    sums_over_items,
)


def _numbers(loss: Loss) -> dict[str, Tensor]:
    metrics = {f"metric {name}": value.detach() for name, value in loss.metrics.items()}
    return {**{name: value.detach() for name, value in loss.terms.items()}, **metrics}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return torch.equal(one, other)
    return bool(one == other)
