"""Our score: the formula by hand, what full marks need, and that farming names earns nothing."""

from typing import Any

import pytest

from suite.core.errors import SuiteError
from suite.plugins.rewards.tools.credit import Weights, credit
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import ToolItem, read_item

W = Weights()
TOOLS = [
    {
        "name": "f",
        "parameters": {
            "properties": {
                "a": {"type": "integer"},
                "b": {"type": "string"},
                "c": {"type": "boolean", "default": False},
            },
            "required": ["a"],
        },
    },
    {"name": "g", "parameters": {"properties": {}}},
]


def item(*answer: dict[str, Any], ordered: bool = False) -> ToolItem:
    calls = [{"name": name, "arguments": given} for one in answer for name, given in one.items()]
    return read_item({"name": "i", "tools": TOOLS, "answer": calls, "ordered": ordered})


def f(**given: Any) -> Call:
    return Call(name="f", arguments=given)


def score(item: ToolItem, *calls: Call, weights: Weights = W) -> float:
    return credit(calls, "", item, weights).score


def test_the_formula_by_hand() -> None:
    """U = {a, b, c}: named by both are a and b, right is a alone."""
    wanted = item({"f": {"a": 1, "b": "x"}})
    found = credit([f(a=1, b="y", c=True)], "", wanted, W)
    assert found.score == pytest.approx(0.2 + 0.2 * 2 / 3 + 0.6 * 1 / 3)
    assert found.parts == pytest.approx({"name": 1, "keys": 2 / 3, "values": 1 / 3, "abstained": 0})
    assert not found.exact


def test_weights_are_scaled_to_sum_to_one() -> None:
    weights = Weights(name=1.0, keys=1.0, values=2.0)
    assert score(item({"f": {"a": 1, "b": "x"}}), f(a=1), weights=weights) == pytest.approx(
        (1 + 1 * 0.5 + 2 * 0.5) / 4
    )


def test_an_omitted_optional_argument_equals_its_default_on_either_side() -> None:
    assert score(item({"f": {"a": 1}}), f(a=1, c=False)) == 1.0
    assert score(item({"f": {"a": 1, "c": False}}), f(a=1)) == 1.0
    assert score(item({"f": {"a": 1, "c": True}}), f(a=1)) < 1.0
    assert score(item({"f": {"a": 1}}), f(a=1, c=True)) < 1.0


def test_positional_arguments_take_the_names_of_the_schema() -> None:
    wanted = item({"f": {"a": 1, "b": "x"}})
    assert score(wanted, Call(name="f", positional=(1,), arguments={"b": "x"})) == 1.0
    assert score(wanted, Call(name="f", positional=(1, "x", False, 9))) == 0.0
    assert score(wanted, Call(name="f", positional=(1,), arguments={"a": 1, "b": "x"})) == 0.0


def test_names_and_keys_without_one_right_value_earn_nothing() -> None:
    wanted = item({"f": {"a": 1, "b": "x"}})
    assert score(wanted, f()) == 0.0
    assert score(wanted, f(a=0, b="")) == 0.0
    assert score(wanted, f(a=True, b="y")) == 0.0


def test_the_pairing_is_optimal_and_not_greedy() -> None:
    """The first wanted call prefers the prediction that the second needs."""
    wanted = item({"f": {"a": 1, "b": "x"}}, {"f": {"a": 1, "b": "y"}})
    either, second = f(a=1, b="y"), f(a=1)
    half = 0.2 + 0.2 * 0.5 + 0.6 * 0.5
    assert score(wanted, either, second) == pytest.approx((1.0 + half) / 2)
    assert score(wanted, second, either) == pytest.approx((1.0 + half) / 2)


def test_order_is_free_unless_the_row_asks_for_it() -> None:
    calls = ({"f": {"a": 1}}, {"f": {"a": 2}})
    assert score(item(*calls), f(a=2), f(a=1)) == 1.0
    assert score(item(*calls, ordered=True), f(a=2), f(a=1)) == 0.5
    assert score(item(*calls, ordered=True), f(a=1), f(a=2)) == 1.0


def test_an_unwanted_call_costs_everything_by_default() -> None:
    wanted = item({"f": {"a": 1}})
    assert score(wanted, f(a=1), f(a=1)) == 0.0
    assert score(wanted, f(a=1), Call(name="g")) == 0.0
    assert score(wanted, f(a=1), Call(name="g"), weights=Weights(extra_cost=0.0)) == 0.5


def test_a_missing_call_costs_its_share() -> None:
    assert score(item({"f": {"a": 1}}, {"g": {}}), f(a=1)) == 0.5


def test_a_tool_without_arguments_is_right_by_its_name() -> None:
    assert score(item({"g": {}}), Call(name="g")) == 1.0
    assert score(item({"g": {}}), Call(name="g", arguments={"z": 1})) == 0.0
    assert score(item({"g": {}}), f(a=1)) == 0.0


def test_abstention_needs_speech_and_no_call() -> None:
    none = item()
    assert credit([], "No tool fits.", none, W).score == 1.0
    assert credit([], "", none, W).score == 0.0
    assert credit([Call(name="g")], "Sorry.", none, W).score == 0.0


def test_accepted_values_and_optional_arguments_of_bfcl() -> None:
    row = {"tools": TOOLS, "possible_answer": [{"f": {"a": [1, 2], "b": ["x", ""]}}]}
    wanted = read_item(row)
    for right in (f(a=1), f(a=2), f(a=2, b="x")):
        assert score(wanted, right) == 1.0
    for wrong in (f(a=3), f(a=1, b=""), f(b="x")):
        assert score(wanted, wrong) < 1.0


def test_an_empty_text_in_a_plain_answer_is_wanted_and_not_a_mark() -> None:
    wanted = item({"f": {"a": 1, "b": ""}})
    assert score(wanted, f(a=1, b="")) == 1.0
    assert score(wanted, f(a=1)) < 1.0


def test_a_required_argument_is_never_optional() -> None:
    wanted = read_item({"tools": TOOLS, "possible_answer": [{"f": {"a": [1, ""]}}]})
    assert score(wanted, f()) == 0.0
    assert score(wanted, f(a=1)) == 1.0


@pytest.mark.parametrize("bad", [{"name": -1.0}, {"values": 0.0}, {"extra_cost": -0.1}])
def test_bad_weights_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(SuiteError, match="weights of tool calls must not be negative"):
        Weights(**bad)
