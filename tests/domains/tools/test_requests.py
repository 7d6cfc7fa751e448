"""Requests: wanted calls are paid, careless ones are not, a sixth wants none."""

import random

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.domains.tools.contexts import RequestContexts
from suite.domains.tools.requests import KINDS, draw_request, misheard, written

ROWS = 600


def test_wanted_calls_are_paid_and_careless_ones_are_not() -> None:
    right = RequestContexts(num_train=8, num_held_out=8)
    wrong = RequestContexts(num_train=8, num_held_out=8, slips=1.0)
    reward = registry.make_reward("tools/calls", {"partial": False})
    context, samples = right.demonstrations(torch.arange(ROWS))
    assert reward(samples, context).value.tolist() == [1.0] * ROWS
    assert reward(wrong.demonstrations(torch.arange(ROWS))[1], context).value.sum() == 0


def test_a_sixth_wants_no_call_and_nearly_a_third_three() -> None:
    counts = [len(draw_request(random.Random(n), n).wanted) for n in range(ROWS)]
    assert counts.count(0) == ROWS // 6
    assert counts.count(3) == ROWS // 3
    assert len(KINDS) == 10
    assert {kind for one in KINDS for kind in one.arguments.values()} == {"text", "whole", "switch"}


def test_a_careless_answer_is_another_one() -> None:
    for n in range(ROWS):
        request = draw_request(random.Random(n), n)
        careless = misheard(request, random.Random(-n))
        assert written(careless) != written(request.wanted)


def test_no_request_is_in_two_parts() -> None:
    contexts = RequestContexts(num_train=400, num_held_out=200)
    rows = [contexts.train(torch.arange(400)).native, contexts.held_out(torch.arange(200)).native]
    prompts = [{row["prompt"] for row in part or ()} for part in rows]
    assert not prompts[0] & prompts[1]


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(SuiteError, match="slips"):
        RequestContexts(slips=2.0)
