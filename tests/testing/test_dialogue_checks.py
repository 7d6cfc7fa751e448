"""Each check of an environment of texts passes on a sound one, and finds its own fault."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.environment import TextEnvironment, Transition
from suite.core.records import Context
from suite.testing import check_dialogue
from suite.testing import dialogue as checks
from suite.testing.checks import run_check

Step = Callable[[Any, Tensor, Sequence[str]], Transition]


def errands() -> Context:
    context: Context = registry.make_contexts("tools/errands", {}).train(torch.arange(4))
    return context


def office() -> TextEnvironment:
    made = registry.make_environment("tools/office", {})
    assert isinstance(made, TextEnvironment)
    return made


def raises(self: Any, rows: Tensor, texts: Sequence[str]) -> Transition:
    answer = type(office()).step(self, rows, texts)
    return replace(answer, failed=torch.ones_like(answer.failed))


def talks_in_numbers(self: Any, rows: Tensor, texts: Sequence[str]) -> Transition:
    answer = type(office()).step(self, rows, texts)
    return replace(answer, observation=torch.zeros(len(rows)))


def is_moody(self: Any, rows: Tensor, texts: Sequence[str]) -> Transition:
    answer = type(office()).step(self, rows, texts)
    return replace(answer, reward=answer.reward + torch.rand(len(rows)))


def never_ends(self: Any, rows: Tensor, texts: Sequence[str]) -> Transition:
    answer = type(office()).step(self, rows, texts)
    return replace(answer, truncated=torch.zeros_like(answer.truncated))


FAULTS: list[tuple[Step, Callable[[Any], None], str]] = [
    (raises, checks.answers_whatever_is_said, "answer it"),
    (talks_in_numbers, checks.answers_whatever_is_said, "must be texts"),
    (is_moody, checks.says_the_same_again, "answered otherwise"),
    (never_ends, checks.is_over_in_time, "4 episodes go on after max_steps = 6 turns"),
]


def test_the_office_passes_every_check() -> None:
    check_dialogue(office(), errands())


@pytest.mark.parametrize(("step", "check", "why"), FAULTS)
def test_a_fault_is_found_by_its_check(step: Step, check: Callable[[Any], None], why: str) -> None:
    broken = type("Broken", (type(office()),), {"step": step})(max_steps=6)
    subject = checks.DialogueSubject(environment=broken, context=errands())
    with pytest.raises(AssertionError, match=why):
        run_check(check, subject)
