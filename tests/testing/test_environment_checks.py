"""Each check of an environment passes on a sound one, and finds the fault it is named after."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.contexts import Unconditioned
from suite.core.environment import Transition
from suite.testing import check_environment, played_by
from suite.testing import environment as checks
from suite.testing.checks import run_check

Break = Callable[[type[Any]], type[Any]]


def act(observation: Tensor) -> Tensor:
    """Push against the first number; a sum over columns would not depend on the row's slot."""
    return -observation[:, :1]


def no_steps(kind: type[Any]) -> type[Any]:
    return type("NoSteps", (kind,), {"max_steps": 0})


def one_observation(kind: type[Any]) -> type[Any]:
    def reset(self: Any, seeds: Sequence[int]) -> Tensor:
        return kind.reset(self, seeds)[:1]

    return type("OneObservation", (kind,), {"reset": reset})


def seeded_by_slot(kind: type[Any]) -> type[Any]:
    def reset(self: Any, seeds: Sequence[int]) -> Tensor:
        return kind.reset(self, range(len(seeds)))

    return type("SeededBySlot", (kind,), {"reset": reset})


def whole_flags(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, failed=torch.zeros(len(self.steps), dtype=torch.bool))

    return type("WholeFlags", (kind,), {"step": step})


def infinite_reward(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, reward=answer.reward / 0.0)

    return type("InfiniteReward", (kind,), {"step": step})


def global_noise(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, reward=answer.reward + torch.rand(len(rows)))

    return type("GlobalNoise", (kind,), {"step": step})


def shared_mood(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, reward=answer.reward + self.state.sum())

    return type("SharedMood", (kind,), {"step": step})


def endless(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, truncated=torch.zeros_like(answer.truncated))

    return type("Endless", (kind,), {"step": step})


def failing(kind: type[Any]) -> type[Any]:
    def step(self: Any, rows: Tensor, actions: Tensor) -> Transition:
        answer = kind.step(self, rows, actions)
        return replace(answer, failed=torch.ones_like(answer.failed))

    return type("Failing", (kind,), {"step": step})


FAULTS: list[tuple[Break, Callable[[Any], None], str]] = [
    (no_steps, checks.starts_one_episode_a_seed, "max_steps must be at least 1"),
    (one_observation, checks.starts_one_episode_a_seed, "lead with N = 4"),
    (seeded_by_slot, checks.starts_from_its_seed_alone, "seed each episode by its own"),
    (whole_flags, checks.answers_every_row_it_is_asked_for, "failed is torch.bool (4,)"),
    (infinite_reward, checks.answers_every_row_it_is_asked_for, "reward must be finite"),
    (global_noise, checks.plays_the_same_again, "at step 0; take everything random"),
    (shared_mood, checks.keeps_episodes_apart, "when it is played alone"),
    (endless, checks.ends_in_time, "4 episodes go on after max_steps = 6 steps"),
    (failing, checks.ends_in_time, "every episode failed"),
]


def test_a_sound_environment_passes_every_check(walk: Any) -> None:
    check_environment(walk, act)


def test_a_policy_may_be_what_plays_it(walk: Any) -> None:
    settings = {"observation": 2, "actions": 2, "num_steps": 6}
    policy = registry.make_policy("micro/actor", settings)

    check_environment(walk, played_by(policy, Unconditioned()))


@pytest.mark.parametrize(("broken", "check", "message"), FAULTS)
def test_a_fault_is_found_by_the_check_named_after_it(
    walk_class: type[Any], broken: Break, check: Callable[[Any], None], message: str
) -> None:
    environment = broken(walk_class)()

    with pytest.raises(AssertionError) as caught:
        run_check(check, checks.EnvironmentSubject(environment=environment, act=act))
    assert message in str(caught.value)
    with pytest.raises(AssertionError):
        check_environment(environment, act)


def test_every_check_finds_some_fault() -> None:
    assert {check for _, check, _ in FAULTS} == set(checks.ENVIRONMENT_CHECKS)


def test_equal_seeds_tell_nothing(walk: Any) -> None:
    with pytest.raises(AssertionError, match="at least two seeds, all different"):
        check_environment(walk, act, seeds=(1, 1))
