"""Every claim that ships: it can be compared, fits its manifest, and is small enough to repeat."""

import pytest

from suite.core import registry
from suite.core.build import build
from suite.core.claim_arms import ARMS, arm_config, load_claim, sampler_of
from suite.core.papers import paper_of
from suite.core.verifier import VerifierReward

ENTRIES = [entry for entry in registry.entries("claim") if entry.built_in]
NAMES = [entry.name for entry in ENTRIES]
# Claims about a reward: the reward that their method learns from, by name and settings.
REWARDS: dict[str, tuple[str, dict[str, object]]] = {
    "reasoning-sql": ("sql/reasoning_sql", {}),
    "toolrl": ("tools/toolrl", {}),
    "reft-sft": ("maths/answer", {"order": ("number",), "readable": 0.1}),
    "acecoder-sft": ("code/acecoder", {}),
}


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
    holders = [registry.find(*kind)]
    if name in REWARDS:
        holders.append(registry.find("reward", REWARDS[name][0]))
    assert claim.paper in {paper_of(entry) for entry in holders}


@pytest.mark.parametrize("name", REWARDS)
def test_a_papers_reward_trains_the_method_alone_and_judges_neither_arm(name: str) -> None:
    claim = load_claim(name)
    method, baseline = (
        build(arm_config(claim, arm, getattr(claim, arm).grid[0], claim.seeds[0])) for arm in ARMS
    )
    reward, settings = REWARDS[name]
    assert told(method.run.reward) == told(registry.make_reward(reward, settings))
    task = method.config.task
    assert task.held_out_reward is not None
    judge = told(registry.make_reward(task.held_out_reward.name, task.held_out_reward.config))
    assert told(method.run.held_out_reward) == told(baseline.run.held_out_reward) == judge
    assert told(baseline.run.reward) == judge != told(method.run.reward)


def told(reward: object) -> dict[str, object]:
    """The settings of a verifier's reward, as its verifier keeps them."""
    assert isinstance(reward, VerifierReward)
    return {key: value for key, value in vars(reward.verifier).items() if key[0] != "_"}


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
