"""Errands: right ways are paid, no short cut is, and bad calls come back as errors."""

import random
from collections import Counter

import pytest
import torch

from suite.core import registry
from suite.domains.tools import office
from suite.domains.tools.clerk import log, played
from suite.domains.tools.contexts import ErrandContexts
from suite.domains.tools.environment import OfficeEnvironment
from suite.domains.tools.errands import DONE, NO, Errand, draw_errand

ROWS = 600
BOOK = '{"name": "book_room", "arguments": {"room": %s}}'
ERRANDS = [draw_errand(random.Random(number), number) for number in range(ROWS)]


def score(errand: Errand, turns: list[str]) -> float:
    episode = OfficeEnvironment().open({"errand": errand}, 0)
    return [episode.reply(turn) for turn in turns][-1].reward


def mean(strategy: str) -> float:
    """The mean score of an agent that does part of what is right."""
    total = 0.0
    for errand in ERRANDS:
        calls = [call.text for call in errand.calls]
        turns = {
            "says done": [DONE],
            "says no": [NO],
            "one call": [*calls[:1], DONE],
            "two calls": [*calls[:2], DONE],
            "what is asked": [*(call.text for call in errand.attempt), DONE],
            "right": [*calls, errand.word],
        }[strategy]
        total += score(errand, turns)
    return total / ROWS


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("says done", 0.0),
        ("says no", 1 / 6),
        ("one call", 1 / 4),
        ("two calls", 1 / 2),
        ("what is asked", 5 / 6),
        ("right", 1.0),
    ],
)
def test_agents_of_one_idea_get_their_share_and_no_more(strategy: str, expected: float) -> None:
    assert mean(strategy) == pytest.approx(expected)


def test_a_third_needs_three_dependent_calls_and_a_sixth_none() -> None:
    sizes = Counter(len(errand.calls) for errand in ERRANDS if errand.word == DONE)
    assert sizes == {3: ROWS // 3, 2: ROWS // 4, 1: ROWS // 4}
    assert sum(errand.word == NO for errand in ERRANDS) == ROWS // 6
    assert all(e.wanted == e.database for e in ERRANDS if e.word == NO)
    assert all(e.wanted != e.database for e in ERRANDS if e.word == DONE)


def test_later_arguments_are_known_from_earlier_answers_alone() -> None:
    """Numbers of a person or an order stand neither in the prompt nor in another office."""
    for errand in ERRANDS:
        answers = played(errand, [call.text for call in errand.calls])[1::2]
        for place, call in enumerate(errand.calls[1:], 1):
            number = next(iter(call.arguments.values()))
            assert str(number) not in errand.prompt
            assert str(number) in answers[place - 1]


def test_ten_typed_tools_keep_a_database() -> None:
    assert len(office.TOOLS) == 10
    assert {kind for tool in office.TOOLS for kind in tool.arguments.values()} == set(office.PYTHON)


@pytest.mark.parametrize(
    ("turn", "answer"),
    [
        ('{"name": "book_room", "arguments": {"room": "lab"', office.NOT_JSON),
        ("book_room(room='lab', hour=3)", office.NOT_JSON),
        ("", office.NOT_JSON),
        ("[" * 100_000, office.NOT_JSON),
        ('{"name": "fly", "arguments": {}}', office.NO_TOOL),
        ('["book_room"]', office.NO_TOOL),
        ('{"name": ["book_room"], "arguments": {}}', office.NO_TOOL),
        (BOOK % '"lab"', office.WRONG_ARGUMENTS),
        (
            '{"name": "book_room", "arguments": {"room": "lab", "hour": "3"}}',
            office.WRONG_ARGUMENTS,
        ),
        (
            '{"name": "book_room", "arguments": {"room": "lab", "hour": true}}',
            office.WRONG_ARGUMENTS,
        ),
        (BOOK % '"moon", "hour": 3', office.NOT_FOUND),
        ('{"name": "find_person", "arguments": {"name": "nobody"}}', office.NOT_FOUND),
        ('{"name": "cancel_order", "arguments": {"order": 7}}', office.NOT_FOUND),
        (BOOK % '"lab", "hour": 3', office.OK),
    ],
)
def test_a_bad_call_is_answered_with_an_error_and_changes_nothing(turn: str, answer: str) -> None:
    database = ERRANDS[0].database
    after, said = office.called(database, turn, tuple(office.BY_NAME))
    assert said == answer
    assert (after == database) == (answer != office.OK)


def test_an_error_ends_nothing() -> None:
    errand = ERRANDS[1]
    right = [call.text for call in errand.calls]
    assert score(errand, [right[0][:-1], *right, errand.word]) == 1.0
    assert score(errand, [*right, *right, errand.word]) == 0.0  # twice is one too many


def test_the_clerk_is_right_but_for_its_slips() -> None:
    for slips, expected in ((0.0, 1.0), (1.0, 0.0)):
        for number, errand in enumerate(ERRANDS):
            turns = log(errand, random.Random(number), slips=slips)
            assert score(errand, list(turns[::2])) == expected


def test_what_is_asked_in_one_part_is_never_asked_in_the_other() -> None:
    contexts = ErrandContexts(num_train=800, num_held_out=300)
    parts = [contexts.train(torch.arange(800)), contexts.held_out(torch.arange(300))]
    asked = [{row["errand"].said for row in part.native or ()} for part in parts]
    assert len(asked[1]) > 20
    assert not asked[0] & asked[1]


def test_demonstrations_fit_the_default_policy() -> None:
    task = registry.make_task("tools/episodes")
    policy = registry.make_policy(task.policy.name, dict(task.policy.config))
    contexts = registry.make_contexts("tools/errands", {"slips": 0.5})
    context, samples = contexts.demonstrations(torch.arange(200))
    record = policy.encode(samples, context)
    assert bool((record.mask.sum(dim=1) > 0).all())
    turns = [text.count("\n=> ") for text in policy.texts(record.decisions["decision"])]  # type: ignore[operator]
    assert turns == [len(native) // 2 for native in samples.native or ()]
