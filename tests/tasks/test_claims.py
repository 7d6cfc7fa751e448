"""Every claim that ships: it can be compared, fits its manifest, and is small enough to repeat."""

import pytest

from suite.core import registry
from suite.core.claim_arms import ARMS, arm_config, load_claim, sampler_of
from suite.core.papers import paper_of

ENTRIES = [entry for entry in registry.entries("claim") if entry.built_in]
NAMES = [entry.name for entry in ENTRIES]


def test_there_are_claims() -> None:
    assert {"drakes-no-kl", "drakes-best-of-n", "raft-sft"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_is_fair_and_agrees_with_its_manifest(name: str) -> None:
    claim = load_claim(name)  # refuses arms that try unequally many configurations
    assert claim.name == name
    assert claim.paper == registry.find("claim", name).paper
    assert claim.minutes <= 5.0
    assert claim.departures
    assert claim.statement.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_the_method_of_a_claim_is_the_one_of_its_paper(name: str) -> None:
    claim = load_claim(name)
    sampler = sampler_of(claim.method)
    kind = ("algorithm", claim.method.algo) if sampler is None else ("sampler", sampler)
    assert paper_of(registry.find(*kind)) == claim.paper


@pytest.mark.parametrize("name", NAMES)
def test_both_arms_are_runs_of_one_task_that_no_wall_time_stops(name: str) -> None:
    claim = load_claim(name)
    configs = [
        arm_config(claim, arm, overrides, claim.seeds[0])
        for arm in ARMS
        for overrides in getattr(claim, arm).grid
    ]
    assert {config.task.name for config in configs} == {claim.task}
    assert {config.train.max_seconds for config in configs} == {None}
    steps = {config.train.num_steps for config in configs}
    sizes = {(c.train.num_contexts, c.train.group_size) for c in configs}
    assert len(steps) == len(sizes) == 1
    if claim.match is not None:
        assert all(config.train.eval_every > 0 for config in configs)
