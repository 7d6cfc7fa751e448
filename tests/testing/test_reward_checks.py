"""Each check of a reward passes on a sound one, and finds the fault that it is named after."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.testing import check_reward
from suite.testing import reward as checks
from suite.testing.checks import run_check

LETTERS = 3
TOKENS = torch.tensor([[0, 1, 2, 2], [1, 1, 1, 1], [2, 0, 2, 0], [0, 0, 0, 1], [2, 2, 2, 2]])


def samples() -> Samples:
    return Samples(tokens=TOKENS.clone(), native=tuple("abcde"))


def context() -> Context:
    return Context(index=torch.zeros(len(TOKENS), dtype=torch.long))


class Sound(Reward):
    """The sum of letter numbers; relaxed: its expectation."""

    bounds = (0.0, 8.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.relaxed is not None:
            value = (samples.relaxed * torch.arange(LETTERS)).sum(dim=(1, 2))
        else:
            assert samples.tokens is not None
            value = samples.tokens.float().sum(dim=1)
        return self.answer(value, samples)

    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value)


class OddViews(Sound):
    views: ClassVar[frozenset[str]] = frozenset({"tensors"})


class OneColumn(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value.unsqueeze(1))


class WholeNumbers(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value.long())


class ShortReasons(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return replace(Scores.all_valid(value), reason=(None,))


class NoPrice(Sound):
    bounds = (-float("inf"), 8.0)


class GenerousPrice(Sound):
    bounds = (-float("inf"), 8.0)
    invalid_value = 5.0


class NarrowBounds(Sound):
    bounds = (0.0, 4.0)


class NotANumber(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value / (value != 4.0))


class Noisy(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value * torch.rand(()))


class Centred(Sound):
    bounds = (-8.0, 8.0)

    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value - value.mean())


class Editing(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        if samples.tokens is not None:
            samples.tokens[:, 0] = 0
        return Scores.all_valid(value)


class FullBatchesOnly(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        value.max()  # raises where there is none
        return Scores.all_valid(value)


class OtherRelaxed(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value * (0.5 if samples.relaxed is not None else 1.0))


class Detached(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value.detach())


class Flat(Sound):
    def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
        return Scores.all_valid(value * (0.0 if samples.relaxed is not None else 1.0))


FAULTS: list[tuple[type[Reward], Callable[[Any], None], str]] = [
    (OddViews, checks.names_the_views_it_reads, "views is ['tensors']; name at least one of"),
    (OneColumn, checks.gives_one_score_a_sample, "value is torch.float32 (5, 1); return one float"),
    (WholeNumbers, checks.gives_one_score_a_sample, "value is torch.int64 (5,)"),
    (ShortReasons, checks.gives_one_score_a_sample, "a tuple of 5"),
    (NoPrice, checks.prices_an_invalid_sample, "NoPrice is unbounded below; set invalid_value"),
    (GenerousPrice, checks.prices_an_invalid_sample, "an invalid sample gets 5 and a valid one 1"),
    (NarrowBounds, checks.stays_within_its_bounds, "scores 5, outside bounds (0, 4)"),
    (NotANumber, checks.stays_within_its_bounds, "scores inf; a sample that cannot be scored"),
    (Noisy, checks.scores_the_same_twice, "two calls on the same samples differ"),
    (Centred, checks.does_not_depend_on_batch_order, "samples are scored one at a time"),
    (Editing, checks.leaves_its_input_alone, "the reward edits its samples; work on a copy"),
    (FullBatchesOnly, checks.scores_an_empty_batch, "No samples get no scores"),
    (OtherRelaxed, checks.agrees_with_itself_at_the_corners, "both views must agree there"),
    (Detached, checks.carries_gradients_where_it_says_so, "the scores carry no gradient"),
    (Flat, checks.carries_gradients_where_it_says_so, "gradients are 0 for every sample given"),
]


def test_a_sound_reward_passes_every_check() -> None:
    check_reward(Sound(), samples(), context(), letters=LETTERS)


@pytest.mark.parametrize(
    ("kind", "check", "message"), FAULTS, ids=lambda x: getattr(x, "__name__", "")
)
def test_a_fault_is_found_by_the_check_named_after_it(
    kind: type[Reward], check: Callable[[Any], None], message: str
) -> None:
    subject = checks.RewardSubject(
        reward=kind(), samples=samples(), context=context(), letters=LETTERS
    )
    with pytest.raises(AssertionError) as caught:
        run_check(check, subject)
    assert message in str(caught.value)
    with pytest.raises(AssertionError):
        check_reward(kind(), samples(), context(), letters=LETTERS)


def test_every_check_finds_some_fault() -> None:
    assert {check for _, check, _ in FAULTS} == set(checks.REWARD_CHECKS)


def test_a_random_reward_may_say_so() -> None:
    class Honest(Noisy):
        deterministic = False

    subject = checks.RewardSubject(
        reward=Honest(), samples=samples(), context=context(), letters=LETTERS
    )
    checks.scores_the_same_twice(subject)
    checks.does_not_depend_on_batch_order(subject)


def test_the_alphabet_is_asked_for_where_it_cannot_be_known() -> None:
    with pytest.raises(AssertionError, match="pass letters=V, the size of the alphabet"):
        check_reward(Sound(), samples(), context())


def test_the_price_of_an_invalid_sample_may_lie_outside_the_bounds() -> None:
    class Priced(Sound):
        bounds = (1.0, 8.0)
        invalid_value = -1.0

        def answer(self, value: torch.Tensor, samples: Samples) -> Scores:
            return Scores.all_valid(torch.where(value < 2.0, -1.0, value))

    subject = checks.RewardSubject(
        reward=Priced(), samples=samples(), context=context(), letters=LETTERS
    )
    checks.stays_within_its_bounds(subject)
