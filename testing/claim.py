"""Conformance of a Claim: its arms can be run, its metric exists, its price is bounded."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from suite.core import registry
from suite.core.build import build, check_before_loading, freeze_base, make_algorithm
from suite.core.claim_arms import ARMS, arm_config, load_claim
from suite.core.config import Config
from suite.core.panel import evaluate
from suite.core.task import Claim
from suite.testing.checks import Check, require, run_checks

MOST_MINUTES = 5.0  # of all arms and seeds on two cores
FEW = 4  # samples that tell which numbers an evaluation gives


@dataclass(frozen=True, kw_only=True)
class ClaimSubject:
    """A registered claim, by name."""

    name: str

    @property
    def claim(self) -> Claim:
        """The value."""
        return registry.make_claim(self.name)

    def configs(self) -> Iterator[tuple[str, Config]]:
        """Every configuration that is tried, with its arm's label."""
        for arm in ARMS:
            side = getattr(self.claim, arm)
            for overrides in side.grid:
                yield side.label, arm_config(self.claim, arm, overrides, self.claim.tuning_seed)


def check_claim(name: str) -> None:
    """Hold a registered claim to its contract; nothing is measured.

    Raises:
        AssertionError: it breaks the contract; the message says what to do.
    """
    run_checks(CLAIM_CHECKS, ClaimSubject(name=name))


def is_named_and_stated(subject: ClaimSubject) -> None:
    """A claim is called what its manifest says, states one sentence, and names its paper."""
    claim = subject.claim
    require(claim.name == subject.name, f"the claim '{subject.name}' calls itself '{claim.name}'")
    require(claim.statement.strip() and "\n" not in claim.statement, "state it on one line")
    require(claim.paper >= 1, f"paper is {claim.paper}; name its row in docs/papers.md")
    labels = claim.method.label, claim.baseline.label
    require(labels[0] != labels[1], f"both arms are called '{labels[0]}'")
    require(
        claim.direction in ("higher", "lower"),
        f"direction is '{claim.direction}'; say 'higher' or 'lower'",
    )


def compares_arms_that_had_equal_chances(subject: ClaimSubject) -> None:
    """Grids of equal size, paired seeds, a tuning seed of its own, an effect above 0."""
    load_claim(subject.name)


def has_arms_that_run(subject: ClaimSubject) -> None:
    """Task, algorithms and every setting of both grids exist, and the task's policy serves them."""
    for _, config in subject.configs():
        check_before_loading(config, make_algorithm(config))


def names_a_metric_that_is_measured(subject: ClaimSubject) -> None:
    """``metric``, and ``match`` where there is one, are numbers of the task's evaluation."""
    claim = subject.claim
    _, config = next(subject.configs())
    built = build(replace(config, sections={**config.sections, "train": _few(config)}))
    freeze_base(built)
    found = evaluate(built.run, built.run.policy, metrics=built.metrics, codec=built.codec)
    known = sorted(key for key, value in found.numbers.items() if value is not None)
    for name in filter(None, (claim.metric, claim.match)):
        require(name in known, f"no number of the evaluation is called '{name}'; known: {known}")


def _few(config: Config) -> dict[str, object]:
    return {**config.section("train"), "eval_samples": FEW}


def is_cheap_enough_to_repeat(subject: ClaimSubject) -> None:
    """All arms and seeds take at most five minutes on two cores."""
    minutes = subject.claim.minutes
    require(
        0.0 < minutes <= MOST_MINUTES,
        f"minutes is {minutes:g}; make it smaller, {MOST_MINUTES:g} is the most",
    )


CLAIM_CHECKS: tuple[Check[ClaimSubject], ...] = (
    is_named_and_stated,
    compares_arms_that_had_equal_chances,
    has_arms_that_run,
    names_a_metric_that_is_measured,
    is_cheap_enough_to_repeat,
)
