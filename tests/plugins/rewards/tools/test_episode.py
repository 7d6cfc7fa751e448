"""The shop in several turns: golds are paid, bad calls answered, and speech is the end."""

import json
from typing import Any

import pytest

from suite.core import registry
from suite.core.environment import Reply
from suite.plugins.rewards.tools.episode import ShopEnvironment, ShopEpisode
from suite.plugins.rewards.tools.retail.tiny import ROWS

BY_NAME = {str(row["name"]): row for row in ROWS}


def opened(row: Any) -> ShopEpisode:
    environment = registry.make_environment("tools/shop", {})
    assert isinstance(environment, ShopEnvironment)
    return environment.open(row, 0)


def call(action: Any) -> str:
    arguments = action.get("kwargs", action.get("arguments"))
    return f"<tool_call>{json.dumps({'name': action['name'], 'arguments': arguments})}</tool_call>"


def gold(row: Any) -> list[str]:
    """The wanted calls, one a turn, and what must be said."""
    outputs = "; ".join(map(str, row.get("outputs") or ()))
    return [*map(call, row["actions"]), f"Done. {outputs}"]


def replayed(row: Any, turns: list[str]) -> Reply:
    episode = opened(row)
    for turn in turns:
        reply = episode.reply(turn)
        if reply.ended:
            return reply
    raise AssertionError("the episode never ended")


@pytest.mark.parametrize("name", BY_NAME)
def test_the_wanted_calls_one_a_turn_get_full_marks(name: str) -> None:
    assert replayed(BY_NAME[name], gold(BY_NAME[name])).reward == 1.0


def test_doing_nothing_and_the_first_call_alone_are_worth_nothing() -> None:
    for row in ROWS:
        assert replayed(row, ["I am done."]).reward == 0.0
    assert replayed(BY_NAME["cancel"], [gold(BY_NAME["cancel"])[0], "Done."]).reward == 0.0


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ("<tool_call>{not json}</tool_call>", "Error: not a call"),
        ("<tool_call>", "Error: not a call"),
        (
            '<tool_call>{"name": "fly", "arguments": {}}</tool_call>',
            "Error: there is no tool 'fly'",
        ),
        (
            '<tool_call>{"name": "get_order_details", "arguments": {"order_id": 1}}</tool_call>',
            "Error: wrong arguments of 'get_order_details'",
        ),
    ],
)
def test_a_bad_call_is_answered_and_the_episode_goes_on(turn: str, said: str) -> None:
    row = BY_NAME["cancel"]
    episode = opened(row)
    reply = episode.reply(turn)
    assert reply.text.startswith(said)
    assert not reply.ended
    assert replayed(row, [turn, *gold(row)]).reward == 1.0


def test_a_hand_over_ends_the_episode() -> None:
    hand_over = '<tool_call>{"name": "transfer_to_human_agents", "arguments": {"summary": "?"}}'
    assert replayed(BY_NAME["cancel"], [f"{hand_over}</tool_call>"]).reward == 0.0
