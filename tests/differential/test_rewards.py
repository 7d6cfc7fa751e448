"""Rewards of papers beside the all-or-nothing reward of the same answers: what they pay more for.

Each test judges one list of answers twice, by the parent and by the paper's reward.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from suite.core import registry
from suite.core.records import Context, Samples
from suite.core.verifier import Verifier, VerifierReward
from suite.domains.image.caption_confidence import contrasts
from suite.domains.image.scenes import caption, draw_scene, render
from suite.plugins.algorithms.policy_gradient.advantages import group_standardised


@contextmanager
def opened(name: str, settings: Mapping[str, Any]) -> Iterator[Verifier[Any]]:
    reward = registry.make_reward(name, {**settings})
    assert isinstance(reward, VerifierReward)
    with reward.verifier as verifier:
        yield verifier


def scores(
    name: str, answers: Sequence[str], row: Mapping[str, Any], **settings: Any
) -> list[float]:
    """The answers' scores by a registered reward, all for one row."""
    with opened(name, settings) as verifier:
        judged = verifier.judge(answers, [verifier.item(row)] * len(answers))
    return [one.score for one in judged]


def advantages(rewards: Sequence[float]) -> list[float]:
    """GRPO's advantages of one group."""
    value = torch.tensor(rewards, dtype=torch.float64)
    same = torch.zeros(len(rewards), dtype=torch.long)
    found: list[float] = group_standardised(value, same, torch.ones_like(same).bool()).tolist()
    return found


# --- Reasoning-SQL ------------------------------------------------------------------------------


def test_reasoning_sql_ranks_wrong_queries_that_execution_pays_alike() -> None:
    with opened("sql/execution", {"workers": 1}) as verifier:
        row = dict(next(iter(verifier.rows())))
    gold = row["gold"] if isinstance(row["gold"], str) else row["gold"][0]
    wrong = [f"{gold} LIMIT 0", "SELECT 1", "SELECT nothing FROM nowhere", "no query"]
    answers = [gold, f"SELECT * FROM ({gold})", *wrong]
    parent = scores("sql/execution", answers, row, workers=1)
    paper = scores("sql/reasoning_sql", answers, row, workers=1)

    assert parent == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert paper[:2] == [1.0, 1.0]  # a right query loses nothing by being written otherwise
    near, runs, breaks, prose = paper[2:]
    assert 0.5 > near > runs > breaks == prose == 0.0
    # Weights 3, 1, 1, 1: a query that runs and shares nothing else with the gold earns a sixth.
    assert runs == pytest.approx(1 / 6, abs=0.02)
    # A group without a right query teaches GRPO nothing under the parent.
    assert advantages(parent[2:]) == [0.0] * 4
    assert advantages(paper[2:])[0] > 0 > advantages(paper[2:])[2]


# --- ToolRL -------------------------------------------------------------------------------------

TOOLS = [
    {
        "name": "set_lamp",
        "parameters": {
            "type": "object",
            "properties": {"room": {"type": "string"}, "on": {"type": "boolean"}},
            "required": ["room", "on"],
        },
    },
    {
        "name": "set_alarm",
        "parameters": {
            "type": "object",
            "properties": {"hour": {"type": "integer"}},
            "required": ["hour"],
        },
    },
]
WANTED = [
    {"name": "set_lamp", "arguments": {"room": "hall", "on": True}},
    {"name": "set_alarm", "arguments": {"hour": 7}},
]


def test_toolrl_adds_up_names_keys_and_values_where_its_parent_wants_all_of_them() -> None:
    """By hand: S_max = 1 + (1 + 2) + (1 + 1) = 6, R = 1 + 6 S / 6 - 3 = S - 2."""
    row = {"name": "two", "question": "lamp hall on; alarm 7", "tools": TOOLS, "answer": WANTED}
    by_hand = {
        "[set_lamp(room='hall',on=True),set_alarm(hour=7)]": 6.0,
        "[set_alarm(hour=7),set_lamp(room='hall',on=True)]": 6.0,  # J counts names in any order
        "[set_lamp(room='bath',on=True),set_alarm(hour=7)]": 5.0,  # a value
        "[set_lamp(place='hall',on=True),set_alarm(hour=7)]": 1 + 1 / 3 + 1 + 2,  # a key
        "[set_lamp(room='hall',on=True)]": 0.5 + 3,  # a call is missing
        "[set_lamp(room='bath',on=False),set_alarm(hour=8)]": 1 + 1 + 1,  # names and keys alone
        "[buy(item='tea')]": 0.0,
    }
    answers = [*by_hand, "[set_lamp(", "the lamp is on"]
    parent = scores("tools/calls", answers, row, partial=False)
    paper = scores("tools/toolrl", answers, row)
    assert parent == [1.0, 1.0, *[0.0] * 7]
    assert paper == pytest.approx([*(s - 2.0 for s in by_hand.values()), -3.0, -3.0])


def test_toolrl_scores_calls_alike_in_every_notation() -> None:
    """Its published layout gets the same number from the rule that reads this layout alone."""
    row = {"name": "two", "question": "lamp hall on; alarm 7", "tools": TOOLS, "answer": WANTED}
    lines = [
        '{"name": "set_lamp", "parameters": {"room": "bath", "on": true}}',
        '{"name": "set_alarm", "parameters": {"hour": 7}}',
    ]
    tagged = "\n".join(["<think> So. </think>", "<tool_call>", *lines, "</tool_call>"])
    short = "[set_lamp(room='bath',on=True),set_alarm(hour=7)]"
    assert scores("tools/toolrl", [tagged, short], row) == [3.0, 3.0]
    assert scores("tools/calls", [tagged, short], row, rule="toolrl") == [3.0, -3.0]


# --- ReFT ---------------------------------------------------------------------------------------


def test_reft_pays_a_tenth_for_a_wrong_number_and_nothing_for_what_is_none() -> None:
    answers = ["12", "12.0", "13", "-12", "1/2", "x", "x = x", "12, 13", r"\infty", "0/0", "", "("]
    texts = [rf"\boxed{{{answer}}}" for answer in answers]
    parent = scores("maths/answer", texts, {"answer": "12"}, workers=1)
    paper = scores("maths/answer", texts, {"answer": "12"}, workers=1, readable=0.1)
    assert parent == [1.0, 1.0, *[0.0] * 10]
    assert paper == [1.0, 1.0, 0.1, 0.1, 0.1, *[0.0] * 7]


# --- AceCoder -----------------------------------------------------------------------------------

ROW: dict[str, Any] = {
    "name": "largest",
    "entry": "largest",
    "tests": [{"args": [[1, 2, 9]], "expected": 9}, {"args": [[4]], "expected": 4}],
    "reference": "def largest(values):\n    return max(values)\n",
}
ANSWERS = [
    "def largest(values):\n    return max(values)\n",
    "def largest(values):\n    return values[-1]\n",  # right on both tests of the row
    "def largest(values):\n    return 4\n",
    "def largest(values):\n    return None\n",
    "largest",
]


def test_acecoder_pays_the_share_of_tests_and_makes_more_of_them() -> None:
    parent = scores("code/tests", ANSWERS, ROW, workers=1)
    share = scores("code/acecoder", ANSWERS, ROW, workers=1, synthesise=0)
    paper = scores("code/acecoder", ANSWERS, ROW, workers=1)
    assert parent == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert share == [1.0, 1.0, 0.5, 0.0, 0.0]
    # Of twelve tests the row's own two cannot tell the last element from the largest.
    assert paper[0] == 1.0
    assert 2 / 12 < paper[1] < 1.0
    assert paper[3:] == [0.0, 0.0]
    assert all(12 * one == pytest.approx(round(12 * one)) for one in paper)


def test_textnorm_is_the_share_of_the_raw_score_among_contrastive_captions() -> None:
    """arXiv:2404.01863: a softmax over captions in place of one cosine; nothing else differs."""
    draw = random.Random(0)
    scene = draw_scene(draw)
    captions = [caption(one) for one in (scene, *contrasts(scene))]
    picture = render(scene, draw).unsqueeze(0)
    raw = registry.make_reward("image/caption_score", {"num_steps": 1})
    cosines = raw(Samples(values=picture.expand(len(captions), -1, -1, -1)), asked(captions)).value
    settings = {"num_steps": 1, "num_members": 1, "scale": 5.0}
    confident = registry.make_reward("image/caption_confidence", settings)
    share = confident(Samples(values=picture), asked(captions[:1])).value
    torch.testing.assert_close(share, torch.softmax(5.0 * cosines, dim=0)[:1])
    assert abs(float(share) - float(cosines[0])) > 1e-3


def asked(captions: Sequence[str]) -> Context:
    rows = tuple({"prompt": one} for one in captions)
    return Context(index=torch.arange(len(rows)), native=rows)
