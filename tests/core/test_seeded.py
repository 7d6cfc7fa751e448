"""Contexts made from numbers: parts apart, the same each time, made once."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.seeded import SeededContexts


class Numbers(SeededContexts):
    """Prompts that are numbers below 50, answered by themselves."""

    made = 0

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        self.made += 1
        return {"prompt": str(random.Random(f"{self.seed}/{number}").randrange(50))}

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        return f"{row['prompt']} by {number}"


def numbers(**settings: int) -> Numbers:
    sizes = {"num_train": 6, "num_held_out": 4, "num_demonstrations": 20, "seed": 0}
    return Numbers(num_held_out_demonstrations=5, **{**sizes, **settings})


def prompts(context: Any) -> list[str]:
    return [row["prompt"] for row in context.native]


def test_no_prompt_is_in_two_parts_and_rows_are_made_once() -> None:
    contexts = numbers(num_train=200, num_held_out=200)
    train = prompts(contexts.train(torch.arange(200)))
    held_out = prompts(contexts.held_out(torch.arange(200)))
    assert not set(train) & set(held_out)
    before = contexts.made
    assert prompts(contexts.train(torch.arange(200))) == train
    assert contexts.made == before


def test_demonstrations_are_of_their_own_numbers() -> None:
    contexts = numbers()
    context, samples = contexts.demonstrations(torch.tensor([0, 3]))
    assert samples.native == tuple(
        f"{row['prompt']} by {n}" for row, n in zip(context.native or (), (6, 9), strict=True)
    )
    _, held_out = contexts.held_out_demonstrations(torch.tensor([1]))
    assert str((held_out.native or ("",))[0]).endswith(" by 5")


@pytest.mark.parametrize("name", ["num_train", "num_held_out"])
def test_empty_parts_are_refused(name: str) -> None:
    with pytest.raises(SuiteError, match=name):
        numbers(**{name: 0})


def test_a_part_without_rows_is_told_and_not_waited_for() -> None:
    class One(Numbers):
        def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
            return {"prompt": "the same"}

    contexts = One(
        num_train=1, num_held_out=1, num_demonstrations=0, num_held_out_demonstrations=0, seed=0
    )
    held_out = contexts.belongs({"prompt": "the same"}, held_out=True)
    contexts.row(0, held_out=held_out)
    with pytest.raises(AssertionError, match="no row"):
        contexts.row(0, held_out=not held_out)
