"""Each check of an algorithm passes on a sound one, and finds the fault that it is named after."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
import torch
from pydantic import ConfigDict

from suite.core import registry
from suite.core.algorithm import Algorithm, Experience, Loss, Minibatch, PartSettings
from suite.core.build import build
from suite.core.config import Request, resolve_request
from suite.core.randomness import Streams
from suite.core.run import Run
from suite.testing import algorithm as checks
from suite.testing import check_algorithm
from suite.testing.checks import run_check

SMALL = {"train.num_contexts": 1, "train.group_size": 6}


class Sound(Algorithm):
    """Reward times log-probability, the reward's mean taken off."""

    requires: ClassVar[frozenset[str]] = frozenset({"samples", "scores"})
    scale: float = 1.0

    def collect(self, run: Run, step: int) -> Experience:
        collected = run.sample(step)
        rows = {"trajectory": collected.trajectory, "reward": collected.value}
        return Experience.of_rows(rows, {})

    def loss(self, run: Run, minibatch: Minibatch, streams: Streams) -> Loss:
        log_prob = run.score(minibatch["trajectory"]).log_prob.sum(dim=1)
        return Loss(terms={"policy": -(self.scale * minibatch["reward"] * log_prob).sum()})


class Open(Sound):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Greedy(Sound):
    requires: ClassVar[frozenset[str]] = frozenset({"samples", "foresight"})


class UnknownPart(Sound):
    def param_groups(self) -> dict[str, PartSettings]:
        return {"critic": PartSettings(learning_rate=1.0)}


class BeyondItsRows(Sound):
    def collect(self, run: Run, step: int) -> Experience:
        experience = super().collect(run, step)
        return Experience(rows=experience.rows, items=experience.items + 1)


class Impatient(Sound):
    def collect(self, run: Run, step: int) -> Experience:
        with torch.no_grad():
            next(run.policy.parameters()).add_(1.0)
        return super().collect(run, step)


class Random(Sound):
    def collect(self, run: Run, step: int) -> Experience:
        experience = super().collect(run, step)
        noise = torch.rand(len(experience.items))
        return Experience.of_rows({**experience.rows, "noise": noise}, {})


class PerRow(Sound):
    def loss(self, run: Run, minibatch: Minibatch, streams: Streams) -> Loss:
        log_prob = run.score(minibatch["trajectory"]).log_prob.sum(dim=1)
        return Loss(terms={"policy": -minibatch["reward"] * log_prob})


class Infinite(Sound):
    def loss(self, run: Run, minibatch: Minibatch, streams: Streams) -> Loss:
        return Loss(terms={"policy": super().loss(run, minibatch, streams).terms["policy"] / 0.0})


class Detached(Sound):
    def loss(self, run: Run, minibatch: Minibatch, streams: Streams) -> Loss:
        return Loss(
            terms={"policy": super().loss(run, minibatch, streams).terms["policy"].detach()}
        )


class Indifferent(Sound):
    scale: float = 0.0


class Averaging(Sound):
    def loss(self, run: Run, minibatch: Minibatch, streams: Streams) -> Loss:
        terms = super().loss(run, minibatch, streams).terms
        return Loss(terms={"policy": terms["policy"] / len(minibatch)})


FAULTS: list[tuple[type[Algorithm], Callable[[Any], None], str]] = [
    (Open, checks.is_frozen_settings, "keep Algorithm's model_config"),
    (Greedy, checks.asks_for_known_capabilities, "unknown capabilities ['foresight']"),
    (UnknownPart, checks.names_the_parts_it_tunes, "param_groups names ['critic']"),
    (BeyondItsRows, checks.collects_items_of_rows, "items name rows 1 to 6 of 6"),
    (Impatient, checks.collects_without_learning, "collect changed the weights"),
    (Random, checks.collects_the_same_again, "two collects of one step differ"),
    (PerRow, checks.loses_in_finite_scalars, "'policy' is (6,); sum it over the items"),
    (Infinite, checks.loses_in_finite_scalars, "'policy' is "),
    (Detached, checks.teaches_the_policy, "no term carries a gradient"),
    (Indifferent, checks.teaches_the_policy, "the policy gets no gradient"),
    (Averaging, checks.sums_over_items, "return sums, and let denominators()"),
]


@pytest.fixture
def run() -> Run:
    request = Request(task="micro/token", settings={**SMALL, "policy.network": "mlp"})
    return build(resolve_request(request)).run


def test_a_sound_algorithm_passes_every_check(run: Run) -> None:
    check_algorithm(Sound(), run)


def test_a_check_leaves_the_run_as_it_is(run: Run) -> None:
    before = {name: value.clone() for name, value in run.policy.state_dict().items()}

    check_algorithm(registry.make_algorithm("policy_gradient", {"advantage": "critic"}), run)

    assert all(torch.equal(v, before[k]) for k, v in run.policy.state_dict().items())
    assert run.modules == {}
    assert run.state == {}


@pytest.mark.parametrize(
    ("kind", "check", "message"), FAULTS, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_fault_is_found_by_the_check_named_after_it(
    run: Run, kind: type[Algorithm], check: Callable[[Any], None], message: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        run_check(check, checks.AlgorithmSubject(algorithm=kind(), run=run))
    assert message in str(caught.value)
    with pytest.raises(AssertionError):
        check_algorithm(kind(), run)


def test_every_check_finds_some_fault() -> None:
    assert {check for _, check, _ in FAULTS} == set(checks.ALGORITHM_CHECKS)


def test_a_policy_that_cannot_serve_is_named(run: Run) -> None:
    pathwise = registry.make_algorithm("pathwise", {})

    with pytest.raises(AssertionError, match=r"the run's policy lacks \['pathwise'\]"):
        run_check(
            checks.asks_for_known_capabilities,
            checks.AlgorithmSubject(algorithm=pathwise, run=run),
        )
