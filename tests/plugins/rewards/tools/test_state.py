"""tools/state: replay without side effects, success by hash and by what was said."""

import os
from pathlib import Path

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_reward
from suite.core.verifier import Verdict
from suite.plugins.rewards.tools.retail.tiny import DATABASE, ROWS
from suite.plugins.rewards.tools.state import StateItem, StateVerifier, is_said
from suite.plugins.rewards.tools.verifier import do_nothing
from suite.plugins.rewards.tools.world import StateHash

CANCEL = "cancel_pending_order(order_id='#1', reason='no longer needed')"
MODIFY = (
    "modify_pending_order_items(order_id='#3', item_ids=['12'], new_item_ids=['11'], "
    "payment_method_id='paypal_1')"
)


def load() -> tuple[StateVerifier, dict[str, StateItem]]:
    verifier = StateVerifier()
    loaded = verifier.load(verifier.rows())
    assert not loaded.refused
    return verifier, {item.name: item for item in loaded.items}


def test_golds_pass_and_hacks_do_not() -> None:
    verifier, items = load()
    for item in items.values():
        for gold in verifier.golds(item):
            assert verifier.judge([gold], [item])[0].score == 1.0
        for hack in verifier.hacks(item):
            judged = verifier.judge([hack.text], [item])[0]
            assert judged.score <= hack.at_most, (item.name, hack.name)
    assert do_nothing(verifier, tuple(items.values())) == 0.0


def test_any_path_to_the_wanted_database_passes() -> None:
    """Other look-ups, a failed call and a repeated one change nothing."""
    verifier, items = load()
    for text in (
        CANCEL,
        f"get_order_details(order_id='#1'); {CANCEL}",
        f"get_order_details(order_id='#9'); {CANCEL}; {CANCEL}",
    ):
        assert verifier.judge([text], [items["cancel"]])[0].verdict is Verdict.PASS


def test_a_side_effect_fails() -> None:
    verifier, items = load()
    judged = verifier.judge([f"{CANCEL}; {MODIFY}"], [items["cancel"]])[0]
    assert judged.verdict is Verdict.FAIL
    assert judged.parts["state"] == 0.0


def test_an_episode_leaves_nothing_behind_for_the_next() -> None:
    verifier, items = load()
    before = StateHash(DATABASE)(DATABASE)
    for _ in range(3):
        assert verifier.judge([CANCEL], [items["cancel"]])[0].score == 1.0
    assert StateHash(DATABASE)(DATABASE) == before


def test_outputs_must_be_said_and_not_called() -> None:
    verifier, items = load()
    calls = f"<tool_call>{MODIFY}</tool_call>"
    thought = f"<tool_call>{MODIFY}\nthink(thought='0.75')</tool_call>"
    spoken = [
        f"You save $0.75.\n{calls}",
        calls,
        thought,
        f"<think>0.75</think>{calls}",
        f"{calls} 10.75",
        "You save 0.75.",
    ]
    judged = verifier.judge(spoken, [items["modify"]] * len(spoken))
    assert [one.score for one in judged] == [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert judged[1].parts == {"state": 1.0, "outputs": 0.0, "failed_calls": 0.0}


@pytest.mark.parametrize(
    ("output", "speech", "said"),
    [
        ("10", "There are 10 options.", True),
        ("10", "There are 100 options.", False),
        ("10", "It costs 10.50.", False),
        ("10", "It costs 3.10", False),
        ("1093.34", "In total $1,093.34.", True),
        ("54.04", "You get 54.04.", True),
        ("20 hours", "Up to 20 HOURS of battery", True),
        ("camera", "two cameras", False),
    ],
)
def test_an_output_stands_by_itself(output: str, speech: str, said: bool) -> None:
    assert is_said(output, speech) is said


def test_verdicts() -> None:
    verifier, items = load()
    texts = ["", "cancel_pending_order(", "x" * 9000, "Hello."]
    judged = verifier.judge(texts, [items["cancel"]] * 4)
    assert [one.verdict for one in judged] == [
        Verdict.NO_CODE,
        Verdict.BAD_SOURCE,
        Verdict.FLOOD,
        Verdict.FAIL,
    ]


def test_bad_rows_and_idle_tasks_are_refused_by_name() -> None:
    wrong = {"name": "cancel_pending_order", "arguments": {"order_id": "#2", "reason": "x"}}
    look = {"name": "get_order_details", "arguments": {"order_id": "#9"}}
    rows = [
        {"name": "no answer"},
        {"name": "broken", "actions": ["cancel"]},
        {"name": "fails", "actions": [wrong]},
        {"name": "idle", "actions": [look], "outputs": []},
    ]
    loaded = StateVerifier().load([*rows, ROWS[0]])
    assert [(one.name, one.status) for one in loaded.refused] == [
        ("no answer", "bad_row"),
        ("broken", "bad_row"),
        ("fails", "gold_error"),
        ("idle", "idle"),
    ]
    assert [item.name for item in loaded.items] == ["cancel"]
    kept = StateVerifier(keep_idle=True)
    (idle,) = kept.load(rows[3:]).items
    assert do_nothing(kept, [idle]) == 1.0


def test_a_missing_database_is_a_clear_error(tmp_path: Path) -> None:
    tasks = tmp_path / "retail_tasks_dev.jsonl"
    tasks.write_text('{"actions": []}')
    verifier = StateVerifier()
    with pytest.raises(SuiteError, match=r"cannot read .*retail_users.json.gz: No such file"):
        verifier.item(verifier.rows(tasks)[0])  # type: ignore[index]


def test_the_reward_scores_episodes() -> None:
    reward = make_reward("tools/state", {})
    samples = Samples(tokens=None, native=(CANCEL, "Hello."))
    scores = reward(samples, Context(index=torch.arange(2), native=(ROWS[0], ROWS[0])))
    assert scores.value.tolist() == [1.0, 0.0]


def test_tasks_of_the_public_shop_replay() -> None:
    found = os.environ.get("SUITE_DATA")
    if not found:
        pytest.skip("no data folder (set SUITE_DATA)")
    verifier = StateVerifier()
    loaded = verifier.load(verifier.rows(Path(found) / "tools/tau_bench/retail_tasks_dev.jsonl.gz"))
    assert (len(loaded.items), [one.status for one in loaded.refused]) == (19, ["idle"])
    assert do_nothing(verifier, loaded.items) == 0.0
    for item in loaded.items[:5]:
        for hack in verifier.hacks(item):
            assert verifier.judge([hack.text], [item])[0].score <= hack.at_most
