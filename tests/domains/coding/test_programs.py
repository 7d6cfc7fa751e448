"""Problems of coding: right programs, hidden tests, families apart."""

import random
from itertools import product

import pytest
import torch

from suite.core import registry
from suite.core.build import build
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.domains.coding.contexts import ProgramContexts
from suite.domains.coding.programs import (
    FAMILIES,
    Spec,
    described,
    draw_spec,
    inputs,
    misread,
    result,
    source,
)

ROWS = 60


def test_every_reference_passes_and_a_misread_one_rarely_does() -> None:
    right = ProgramContexts(num_train=8, num_held_out=8)
    wrong = ProgramContexts(num_train=8, num_held_out=8, slips=1.0)
    index = torch.arange(ROWS)
    reward = registry.make_reward("code/tests", {})
    context, samples = right.demonstrations(index)
    assert reward(samples, context).value.tolist() == [1.0] * ROWS
    assert reward(wrong.demonstrations(index)[1], context).value.mean() < 0.15


def test_results_are_those_of_the_program() -> None:
    """Our own programs alone are run here, never a model's."""
    draw = random.Random(0)
    for _ in range(400):
        spec = draw_spec(draw)
        space: dict[str, object] = {}
        exec(source(spec), space)
        function = space["f"]
        assert callable(function)
        for one in inputs(draw, 4):
            assert function(list(one)) == result(spec, one), described(spec)


def test_there_are_more_families_and_problems_than_asked_and_families_are_apart() -> None:
    assert len(FAMILIES) == 450
    contexts = ProgramContexts(num_train=2048, num_held_out=512)
    train = contexts.train(torch.arange(2048)).native
    held_out = contexts.held_out(torch.arange(512)).native
    assert train is not None
    assert held_out is not None
    families = [{contexts.family(row) for row in rows} for rows in (train, held_out)]
    assert not families[0] & families[1]
    assert len(families[0]) > 300
    assert len(families[1]) > 60
    loops = [row["reference"] for row in train]
    assert all("for x in" in one for one in loops)
    assert sum(" if " in one for one in loops) > 0.7 * len(loops)


@pytest.mark.parametrize(
    ("largest", "descriptions", "programs"), [(5, 2340, 1924), (9, 5720, 4664)]
)
def test_over_2000_problems_have_loops_and_branches(
    largest: int, descriptions: int, programs: int
) -> None:
    """By what is asked, and by what a right program says; "count of squares" is "count"."""
    constants = range(1, largest + 1)
    every = [
        Spec(scope=scope, keep=keep, change=change, fold=fold, k=k, j=j)
        for (scope, keep, change, fold), k, j in product(FAMILIES, constants, constants)
    ]
    branching = [one for one in every if "for x in" in source(one) and "  if " in source(one)]
    assert len({described(one) for one in branching}) == descriptions > 2000
    assert len({source(one) for one in branching}) == programs
    assert len({one.family for one in branching}) > 300


def test_the_task_trains_on_over_2000_different_problems_and_their_inputs_stay_hidden() -> None:
    config = resolve_request(Request(task="coding/functions"))
    contexts = build(config).run.contexts
    rows = contexts.train(torch.arange(contexts.num_train)).native or ()
    assert len({row["prompt"] for row in rows if "  if " in row["reference"]}) > 2000
    assert all(len(row["tests"]) == 6 for row in rows)
    assert not any(str(test["args"][0]) in row["prompt"] for row in rows for test in row["tests"])


def test_a_misread_program_is_another_program() -> None:
    draw = random.Random(1)
    for _ in range(200):
        spec = draw_spec(draw)
        assert source(misread(spec, draw)) != source(spec)


@pytest.mark.parametrize(
    "settings", [{"slips": 1.5}, {"num_tests": 1}, {"num_train": 0}, {"largest": 10}]
)
def test_settings_out_of_range_are_clear(settings: dict[str, float]) -> None:
    with pytest.raises(SuiteError, match=next(iter(settings))):
        ProgramContexts(**settings)  # type: ignore[arg-type]
