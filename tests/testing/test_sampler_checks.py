"""Checks of samplers: a sound one passes, each fault is found."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from pydantic import ConfigDict

from suite.core.build import build
from suite.core.config import Request, resolve_request
from suite.core.run import Collected, Run
from suite.core.sampler import Sampler
from suite.core.trees import take_rows
from suite.testing import check_sampler
from suite.testing import sampler as checks


class Plain(Sampler):
    """The policy's own draws, weighted alike."""

    def sample(
        self, run: Run, step: int, *, num_contexts: int, group_size: int, purpose: str
    ) -> Collected:
        drawn = run.sample(step, num_contexts=num_contexts, group_size=group_size, purpose=purpose)
        weight = torch.zeros(len(drawn.value))
        return replace(drawn, trajectory=replace(drawn.trajectory, log_weight=weight))


class Changeable(Plain):
    model_config = ConfigDict(frozen=False, extra="forbid")


class Permissive(Plain):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Demanding(Plain):
    requires = frozenset({"samples", "telepathy"})


class Lookahead(Plain):
    requires = frozenset({"acts"})


class OneShort(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        rows = torch.arange(len(drawn.value) - 1)
        return Collected(
            trajectory=take_rows(drawn.trajectory, rows), scores=take_rows(drawn.scores, rows)
        )


class Shuffled(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        trajectory = drawn.trajectory
        index = torch.arange(len(trajectory)) % 2
        context = replace(trajectory.context, index=index)
        return replace(drawn, trajectory=replace(trajectory, context=context))


class Unscored(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        nothing = torch.full_like(drawn.value, torch.nan)
        return replace(drawn, scores=replace(drawn.scores, value=nothing))


class Dice(Plain):
    """Reads torch's own generator."""

    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        run.seed = int(torch.randint(10_000, ()))
        return super().sample(run, step, **asked)


class SameSeed(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        run.seed = 0
        return super().sample(run, step, **asked)


class SameStep(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        return super().sample(run, 0, **asked)


class Weighted(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        weight = torch.full((len(drawn.value),), -torch.inf)
        return replace(drawn, trajectory=replace(drawn.trajectory, log_weight=weight))


class GroupWeighted(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        return replace(drawn, trajectory=replace(drawn.trajectory, log_weight=torch.zeros(2)))


class Sly(Plain):
    """Scores everything twice and is charged once."""

    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        drawn = super().sample(run, step, **asked)
        assert run.reward is not None
        run.reward(drawn.trajectory.sample, drawn.trajectory.context)
        return drawn


class Wasteful(Plain):
    """Pays for two draws, and says that one was enough."""

    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        super().sample(run, step + 1, **asked)
        return super().sample(run, step, **asked)


class Teacher(Plain):
    def sample(self, run: Run, step: int, **asked: Any) -> Collected:
        with torch.no_grad():
            next(run.policy.parameters()).add_(1.0)
        return super().sample(run, step, **asked)


@pytest.fixture(scope="module")
def run() -> Run:
    """A run of a micro task that has a reward."""
    return build(resolve_request(Request(task="micro/unmasking"))).run


def test_a_sound_sampler_passes(run: Run) -> None:
    check_sampler(Plain(), run)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Changeable, "keep Sampler's model_config"),
        (Permissive, "keep Sampler's model_config"),
        (Demanding, "unknown capabilities \\['telepathy'\\]"),
        (Lookahead, "the run's policy lacks \\['acts'\\]"),
        (OneShort, "2 contexts of 3 give 5 samples with 5 scores; return 6 of each"),
        (Shuffled, "samples of one context are not side by side"),
        (Unscored, "scores of valid rows are \\[nan"),
        (Dice, "two draws with one seed differ"),
        (SameSeed, "another seed gives the same samples"),
        (SameStep, "another step gives the same samples"),
        (Weighted, "log_weight is \\[-inf"),
        (GroupWeighted, "log_weight is \\(2,\\); give one number a sample, \\[6\\]"),
        (Sly, "12 samples were scored and 6 charged"),
        (Wasteful, "6 samples cost 12 calls, and calls_a_sample\\(\\) says 6"),
        (Teacher, "the weights .* changed"),
    ],
)
def test_a_fault_of_a_sampler_is_found(kind: type[Sampler], message: str, run: Run) -> None:
    with pytest.raises(AssertionError, match=message):
        check_sampler(kind(), run)


def test_every_check_of_a_sampler_has_a_fault_here() -> None:
    assert len(checks.SAMPLER_CHECKS) == 7
