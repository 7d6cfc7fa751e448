"""tools/calls as a verifier and as a reward: golds, hacks, bad rows, feedback, nothing done."""

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core.audit import audit
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_reward
from suite.core.verifier import Verdict
from suite.plugins.rewards.tools.examples import EXAMPLES, LAMP, WEATHER
from suite.plugins.rewards.tools.items import ToolItem
from suite.plugins.rewards.tools.rows import read_rows
from suite.plugins.rewards.tools.verifier import DO_NOTHING, RULES, ToolVerifier, do_nothing


def load(rule: str = "ours") -> tuple[ToolVerifier, tuple[ToolItem, ...]]:
    verifier = ToolVerifier(rule=rule)
    loaded = verifier.load(verifier.rows())
    assert not loaded.refused
    return verifier, loaded.items


@pytest.mark.parametrize("rule", RULES)
def test_golds_get_full_marks_and_hacks_do_not(rule: str) -> None:
    verifier, items = load(rule)
    for item in items:
        for gold in verifier.golds(item):
            judged = verifier.judge([gold], [item])[0]
            assert judged.verdict is Verdict.PASS
            assert judged.score == (verifier.bounds[1] if item.gold or rule != "toolrl" else 1.0)
        for hack in verifier.hacks(item):
            judged = verifier.judge([hack.text], [item])[0]
            assert judged.score <= hack.at_most, (item.name, hack.name)
            assert judged.verdict is not Verdict.PASS, (item.name, hack.name)


def test_toolrl_in_any_notation_gives_its_golds_full_marks_and_hacks_less() -> None:
    reward = make_reward("tools/toolrl", {})
    verifier = reward.verifier  # type: ignore[attr-defined]
    loaded = verifier.load(verifier.rows())
    assert not loaded.refused
    notations = set()
    for item in loaded.items:
        for gold in verifier.golds(item):
            notations.add(gold[:1])
            (judged,) = verifier.judge([gold], [item])
            assert judged.score == 4.0
        for hack in verifier.hacks(item):
            (judged,) = verifier.judge([hack.text], [item])
            assert judged.score <= hack.at_most, (item.name, hack.name)
            assert judged.verdict is not Verdict.PASS, (item.name, hack.name)
    assert notations >= {"<", "["}
    assert all(one.ok for one in audit("tools/toolrl"))


def test_toolrl_in_any_notation_pays_a_form_only_where_it_is_the_wanted_one() -> None:
    verifier = ToolVerifier(rule="toolrl", notation="any")
    lamp, nothing = (
        verifier.item(EXAMPLES[1]),
        next(item for item in map(verifier.item, EXAMPLES) if not item.gold),
    )
    call = "set_lamp(room='kitchen', on=True, brightness=0.5)"
    answers = [(f"[{call}]", lamp), (f"Sure.\n```\n{call}\n```", lamp), ("No.", lamp)]
    answers += [("No.", nothing), (f"[{call}]", nothing), ("", nothing), ("[set_lamp(", nothing)]
    judged = verifier.judge([text for text, _ in answers], [item for _, item in answers])
    assert [one.score for one in judged] == [4.0, 3.0, -3.0, 4.0, -3.0, -3.0, -3.0]


def test_hacks_pay_no_more_than_doing_nothing_where_a_call_is_wanted() -> None:
    verifier, items = load()
    for item in items:
        for hack in verifier.hacks(item):
            scores = [one.score for one in verifier.judge([hack.text, DO_NOTHING], [item, item])]
            assert scores[0] <= scores[1], (item.name, hack.name)


@pytest.mark.parametrize("rule", RULES)
def test_the_score_of_an_agent_that_does_nothing(rule: str) -> None:
    """One of the six rows wants nothing: 1/6; ToolRL pays -3 for five and 1 for its layout."""
    verifier, items = load(rule)
    expected = (-3 * 5 + 1) / 6 if rule == "toolrl" else 1 / 6
    assert do_nothing(verifier, items) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "verdict", "feedback"),
    [
        ("", Verdict.NO_CODE, "an empty turn"),
        ("<think>hm</think>", Verdict.NO_CODE, "an empty turn"),
        ("I do not know.", Verdict.NO_CODE, "no tool was called"),
        ("set_lamp(room='kitchen'", Verdict.BAD_SOURCE, "expected ',' or ')' at character 23"),
        ("lamp(on=True)", Verdict.FAIL, "there is no tool 'lamp'"),
        (
            "set_lamp(room='kitchen', on=1)",
            Verdict.FAIL,
            "'set_lamp': the argument 'on' is of the wrong type",
        ),
        ("set_lamp(room='kitchen')", Verdict.FAIL, "'set_lamp' lacks 'on'"),
        (
            "set_lamp(room='kitchen', on=True, hue=1)",
            Verdict.FAIL,
            "'set_lamp' has no argument 'hue'",
        ),
        (
            "set_lamp(room='kitchen', on=True, brightness=0.4)",
            Verdict.FAIL,
            "0 of 1 calls are right",
        ),
        ("set_lamp(room='kitchen', on=True, brightness=0.5)", Verdict.PASS, None),
    ],
)
def test_verdicts_and_feedback(text: str, verdict: Verdict, feedback: str | None) -> None:
    verifier, items = load()
    judged = verifier.judge([text], [items[1]])[0]
    assert (judged.verdict, judged.feedback) == (verdict, feedback)


def test_feedback_never_holds_a_wanted_value() -> None:
    row = {
        "name": "r",
        "tools": [WEATHER],
        "answer": [{"name": "weather.forecast", "arguments": {"place": "Zanzibar", "days": 77}}],
    }
    verifier = ToolVerifier()
    item = verifier.item(row)
    for text in (
        "weather.forecast()",
        "weather.forecast(place='x', days=1)",
        "f()",
        "no",
        "f(",
        "weather.forecast(place='x', day=1)",
        "weather.forecast(place=1)",
        DO_NOTHING,
    ):
        feedback = str(verifier.judge([text], [item])[0].feedback)
        assert "Zanzibar" not in feedback
        assert "77" not in feedback


def test_partial_credit_can_be_turned_off() -> None:
    text = "set_lamp(room='kitchen', on=True, brightness=0.4)"
    _, items = load()
    assert 0 < ToolVerifier().judge([text], [items[1]])[0].score < 1
    assert ToolVerifier(partial=False).judge([text], [items[1]])[0].score == 0.0


BAD_TOOL = {"name": "x", "parameters": {"properties": {"p": {"type": "quaternion"}}}}
CALL = {"name": "set_lamp", "arguments": {"room": "a", "on": True}}


@pytest.mark.parametrize(
    ("row", "status", "words"),
    [
        ({"tools": [LAMP]}, "bad_row", "the row has no 'answer'"),
        ({"answer": []}, "bad_row", "no list of 'tools'"),
        ({"tools": [BAD_TOOL], "answer": []}, "bad_schema", "unknown type 'quaternion'"),
        ({"tools": [{"name": "x"}], "answer": []}, "bad_schema", "no parameters with 'properties'"),
        ({"tools": [WEATHER], "answer": [CALL]}, "gold_error", "'set_lamp' is not offered"),
        (
            {"tools": [LAMP], "answer": [{"name": "set_lamp", "arguments": {"room": "a"}}]},
            "gold_error",
            "lacks 'on'",
        ),
        (
            {"tools": [LAMP], "answer": [{**CALL, "arguments": {"room": 5, "on": True}}]},
            "gold_error",
            "would refuse every value wanted for its argument 'room'",
        ),
        (
            {"tools": [LAMP], "answer": [{**CALL, "arguments": {**CALL["arguments"], "hue": 1}}]},
            "gold_error",
            "has no argument 'hue'",
        ),
        ({"tools": [LAMP], "answer": ["set_lamp()"]}, "gold_error", "must be an object"),
        (
            {"tools": [LAMP, {**WEATHER, "name": "set_lamp"}], "answer": []},
            "gold_error",
            "two different tools",
        ),
    ],
)
def test_a_bad_row_is_refused_by_name(row: dict[str, Any], status: str, words: str) -> None:
    loaded = ToolVerifier().load([{"name": "bad", **row}, EXAMPLES[0]])
    assert [item.name for item in loaded.items] == ["one"]
    (refusal,) = loaded.refused
    assert (refusal.name, refusal.status) == ("bad", status)
    assert words in refusal.reason


def test_an_ill_typed_answer_can_be_judged_by_its_own_type() -> None:
    row = {
        "name": "r",
        "tools": [LAMP],
        "answer": [{"name": "set_lamp", "arguments": {"room": 5, "on": True}}],
    }
    verifier = ToolVerifier(ill_typed="as_answer")
    (item,) = verifier.load([row]).items
    assert verifier.judge(["set_lamp(room=5, on=True)"], [item])[0].score == 1.0
    assert verifier.judge(["set_lamp(room='5', on=True)"], [item])[0].score < 1.0
    assert verifier.judge(["set_lamp(room=5, on=1)"], [item])[0].score < 1.0


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(
        SuiteError, match=r"no rule for tool calls named 'our'\. Did you mean 'ours'"
    ):
        ToolVerifier(rule="our")
    with pytest.raises(SuiteError, match=r"no notation named 'tag'\. Did you mean 'tags'"):
        ToolVerifier(rule="toolrl", notation="tag")
    with pytest.raises(SuiteError, match="ill_typed must be 'refuse' or 'as_answer'"):
        ToolVerifier(ill_typed="guess")


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """ToolRL's switches are environment variables; ours are arguments."""
    line = '{"name": "set_lamp", "parameters": {"on": true}}'
    text = f"<think>x</think>\n<tool_call>\n{line}\n</tool_call>"
    verifier, items = load("toolrl")
    before = verifier.judge([text], [items[1]])[0].score
    for name in ("COARSEREWARD", "REFINEDREWARD", "INTERMEDIATEREWARD", "CORRECTMAX1"):
        monkeypatch.setenv(name, "1")
    assert verifier.judge([text], [items[1]])[0].score == before


def test_the_reward_scores_texts_against_rows() -> None:
    reward = make_reward("tools/calls", {"rule": "ours"})
    samples = Samples(tokens=None, native=("set_lamp(room='kitchen', on=True, brightness=0.5)", ""))
    context = Context(index=torch.arange(2), native=(EXAMPLES[1], EXAMPLES[1]))
    scores = reward(samples, context)
    assert scores.value.tolist() == [1.0, 0.0]
    assert scores.valid.all()
    assert set(scores.parts) == {"name", "keys", "values", "abstained"}


# --- files ---------------------------------------------------------------------------------------


def test_bad_files_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="No such file"):
        list(read_rows(tmp_path / "none.json"))
    whole = gzip.compress(b'{"a": 1}\n' * 1000)
    (tmp_path / "cut.json.gz").write_bytes(whole[:-20])
    with pytest.raises(SuiteError, match="cut short or damaged"):
        list(read_rows(tmp_path / "cut.json.gz"))
    (tmp_path / "text.json").write_text("hello")
    with pytest.raises(SuiteError, match="is not JSON"):
        list(read_rows(tmp_path / "text.json"))
    (tmp_path / "other.json").write_text('[{"a": 1}]')
    with pytest.raises(SuiteError, match="of no known form"):
        list(read_rows(tmp_path / "other.json"))


def folder() -> Path:
    found = os.environ.get("SUITE_DATA")
    if not found:
        pytest.skip("no data folder (set SUITE_DATA)")
    return Path(found) / "tools"


@pytest.mark.parametrize(
    ("file", "items", "refused"),
    [
        ("bfcl/BFCL_v4_simple_javascript.json.gz", 41, {"gold_error": 8, "bad_schema": 1}),
        ("bfcl/BFCL_v4_parallel.json.gz", 199, {"gold_error": 1}),
        ("bfcl/BFCL_v4_irrelevance.json.gz", 240, {}),
        ("api_bank_level2.json.gz", 52, {"gold_error": 15}),
    ],
)
def test_public_rows_load_and_refusals_are_counted(
    file: str, items: int, refused: dict[str, int]
) -> None:
    verifier = ToolVerifier()
    loaded = verifier.load(verifier.rows(folder() / file))
    statuses = [one.status for one in loaded.refused]
    assert len(loaded.items) == items
    assert {status: statuses.count(status) for status in statuses} == refused
    sample = loaded.items[::10]
    for item in sample:
        for hack in verifier.hacks(item):
            assert verifier.judge([hack.text], [item])[0].score <= hack.at_most
    assert do_nothing(verifier, sample) == (1.0 if "irrelevance" in file else 0.0)


def test_multi_turn_rows_are_one_a_turn_and_empty_turns_want_nothing() -> None:
    verifier = ToolVerifier()
    rows = list(verifier.rows(folder() / "bfcl" / "BFCL_v4_multi_turn_miss_func.json.gz"))[:12]
    loaded = verifier.load(rows)
    assert not loaded.refused
    assert loaded.items[0].name == "multi_turn_miss_func_0/turn_0"
    assert [len(item.gold) for item in loaded.items[:5]] == [3, 2, 0, 1, 4]
    assert all(item.ordered for item in loaded.items)
    assert "sort" not in loaded.items[2].tools
    assert "sort" in loaded.items[3].tools
