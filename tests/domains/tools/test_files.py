"""Files of BFCL and tau-bench: what is left out, what a model reads, who is held out."""

import json
import os
from pathlib import Path

import pytest
import torch

from suite.core import registry
from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Samples

DATA = Path(os.environ.get("SUITE_DATA", "nowhere")) / "tools"
with_data = pytest.mark.skipif(
    "SUITE_DATA" not in os.environ, reason="no data folder (set SUITE_DATA)"
)
TRAIN = DATA / "tau_bench" / "retail_tasks_train.jsonl.gz"


@pytest.fixture(scope="module")
def retail() -> Contexts:
    made: Contexts = registry.make_contexts("tools/tau_retail", {"data": str(TRAIN)})
    return made


@with_data
@pytest.mark.parametrize("category", ["simple_python", "multiple", "irrelevance"])
def test_wanted_calls_of_bfcl_are_paid_and_silence_is_not(category: str) -> None:
    contexts = registry.make_contexts(
        "tools/bfcl", {"data": str(DATA / "bfcl" / f"BFCL_v4_{category}.json.gz")}
    )
    reward = registry.make_reward("tools/calls", {"rule": "bfcl"})
    asked = contexts.held_out(torch.arange(contexts.num_held_out))
    verifier = reward.verifier  # type: ignore[attr-defined]
    rows = asked.native or ()
    golds = tuple(verifier.golds(verifier.item(row))[0] for row in rows)
    assert bool((reward(Samples(native=golds), asked).value == 1).all())
    idle = reward(Samples(native=("No.",) * len(rows)), asked).value
    assert float(idle.mean()) == float(category == "irrelevance")
    assert all(rows[0]["tools"][0]["name"] in row["system"] for row in rows[:1])


@with_data
def test_bfcl_in_several_turns_is_refused_with_the_way_out() -> None:
    path = str(DATA / "bfcl" / "BFCL_v4_multi_turn_base.json.gz")
    with pytest.raises(SuiteError, match="tools/tau_retail"):
        registry.make_contexts("tools/bfcl", {"data": path})


@with_data
def test_nearly_all_retail_tasks_are_replayed_turn_by_turn_to_full_marks(retail: Contexts) -> None:
    """481 of 500 training tasks and 106 of 115 test tasks; the others do not load."""
    assert (retail.num_train, retail.num_held_out) == (481, 106)
    shop = registry.make_environment("tools/shop", {})
    asked = [
        *(retail.train(torch.arange(481)).native or ()),
        *(retail.held_out(torch.arange(106)).native or ()),
    ]
    for row in asked:
        episode = shop.open(row, 0)  # type: ignore[attr-defined]
        for action in row["actions"]:
            call = {"name": action["name"], "arguments": action["kwargs"]}
            reply = episode.reply(f"<tool_call>{json.dumps(call)}</tool_call>")
            if reply.ended:
                break
        if not reply.ended:
            reply = episode.reply(f"Done. {'; '.join(map(str, row['outputs']))}")
        assert reply.reward == 1.0, row["name"]


@with_data
def test_a_retail_prompt_holds_the_policy_the_tools_and_the_instruction(retail: Contexts) -> None:
    (row,) = retail.train(torch.tensor([0])).native or ()
    assert row["system"].startswith("# Retail agent policy")
    assert '"name": "cancel_pending_order"' in row["system"]
    assert row["prompt"] == row["instruction"]


def test_files_that_are_not_there_are_clear() -> None:
    with pytest.raises(SuiteError, match="cannot read nowhere/retail_policy"):
        registry.make_contexts("tools/tau_retail", {"data": "nowhere/retail_tasks_train.jsonl"})
    with pytest.raises(SuiteError, match="Give retail_tasks_train"):
        registry.make_contexts("tools/tau_retail", {"data": "nowhere/other.jsonl"})
    with pytest.raises(SuiteError, match="cannot read"):
        registry.make_contexts("tools/bfcl", {"data": "nowhere/BFCL_v4_multiple.json"})
