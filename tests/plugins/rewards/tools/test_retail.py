"""The shop's tools: pure, checked, and exact in money; the calculator reads arithmetic alone."""

import copy
import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.plugins.rewards.tools.retail.calculator import calculate
from suite.plugins.rewards.tools.retail.tiny import DATABASE
from suite.plugins.rewards.tools.retail.world import ARGUMENTS, CHANGES, READS, RetailWorld
from suite.plugins.rewards.tools.world import State, StateHash, ToolError

WORLD = RetailWorld(DATABASE)
START = WORLD.initial_state()
SWAP = {"order_id": "#3", "item_ids": ["12"], "new_item_ids": ["11"]}
PLACE = {
    "address1": "9 New Road",
    "address2": "",
    "city": "Bend",
    "country": "USA",
    "state": "OR",
    "zip": "97701",
}
CANCEL = ("cancel_pending_order", {"order_id": "#1", "reason": "no longer needed"})


def call(name: str, state: State = START, /, **arguments: Any) -> tuple[State, str]:
    after, observation = WORLD.call(state, name, arguments)
    assert not observation.failed, observation.text
    return after, observation.text


def refusal(name: str, state: State = START, /, **arguments: Any) -> str:
    after, observation = WORLD.call(state, name, arguments)
    assert observation.failed
    assert after is state
    return observation.text


def test_every_tool_has_a_schema_and_every_schema_a_tool() -> None:
    assert {tool.__name__ for tool in (*READS, *CHANGES)} == set(ARGUMENTS)
    assert len(ARGUMENTS) == 16


def test_no_tool_changes_the_state_that_it_was_given() -> None:
    before = copy.deepcopy(START)
    call(CANCEL[0], **CANCEL[1])
    call("modify_pending_order_address", order_id="#1", **PLACE)
    call("modify_user_address", user_id="ada_1", **PLACE)
    call("modify_pending_order_payment", order_id="#1", payment_method_id="paypal_1")
    call("modify_pending_order_items", **SWAP, payment_method_id="gift_card_1")
    call(
        "return_delivered_order_items", order_id="#2", item_ids=["11"], payment_method_id="paypal_1"
    )
    call(
        "exchange_delivered_order_items",
        order_id="#2",
        item_ids=["11"],
        new_item_ids=["12"],
        payment_method_id="paypal_1",
    )
    assert before == START


def test_reads_leave_the_state_itself() -> None:
    for name, arguments in (
        ("find_user_id_by_email", {"email": "ADA@example.com"}),
        ("find_user_id_by_name_zip", {"first_name": "ada", "last_name": "HILL", "zip": "97301"}),
        ("get_user_details", {"user_id": "ada_1"}),
        ("get_order_details", {"order_id": "#1"}),
        ("get_product_details", {"product_id": "10"}),
        ("list_all_product_types", {}),
        ("think", {"thought": "x"}),
        ("transfer_to_human_agents", {"summary": "x"}),
    ):
        assert call(name, **arguments)[0] is START
    assert call("find_user_id_by_email", email="ADA@example.com")[1] == "ada_1"
    assert json.loads(call("list_all_product_types")[1]) == {"Mug": "10"}


def test_cancelling_refunds_the_gift_card() -> None:
    state, _ = call(CANCEL[0], **CANCEL[1])
    order = state["orders"]["#1"]
    assert order["status"] == "cancelled"
    assert order["cancel_reason"] == "no longer needed"
    assert [line["transaction_type"] for line in order["payment_history"]] == ["payment", "refund"]
    assert state["users"]["ada_1"]["payment_methods"]["gift_card_1"]["balance"] == 28.5


def test_cancelling_twice_is_refused() -> None:
    state, _ = call(CANCEL[0], **CANCEL[1])
    assert "not pending" in refusal(CANCEL[0], state, **CANCEL[1])


def test_changing_items_settles_the_difference_and_closes_the_order() -> None:
    state, _ = call("modify_pending_order_items", **SWAP, payment_method_id="gift_card_1")
    order = state["orders"]["#3"]
    assert order["items"][0]["item_id"] == "11"
    assert order["items"][0]["price"] == 8.5
    assert order["payment_history"][-1]["transaction_type"] == "refund"
    assert order["payment_history"][-1]["amount"] == 0.75
    assert state["users"]["ada_1"]["payment_methods"]["gift_card_1"]["balance"] == 20.75
    assert "not pending" in refusal("modify_pending_order_address", state, order_id="#3", **PLACE)


def test_changing_the_payment_moves_the_amount() -> None:
    state, _ = call("modify_pending_order_payment", order_id="#3", payment_method_id="gift_card_1")
    assert state["users"]["ada_1"]["payment_methods"]["gift_card_1"]["balance"] == 10.75
    assert len(state["orders"]["#3"]["payment_history"]) == 3


def test_an_item_held_twice_can_be_returned_twice_and_no_more() -> None:
    given = {"order_id": "#2", "payment_method_id": "gift_card_1"}
    state, _ = call("return_delivered_order_items", item_ids=["11", "11"], **given)
    assert state["orders"]["#2"]["return_items"] == ["11", "11"]
    assert "not in the order" in refusal(
        "return_delivered_order_items", item_ids=["11", "11", "11"], **given
    )


def test_an_exchange_keeps_which_item_becomes_which() -> None:
    given = {"order_id": "#2", "payment_method_id": "paypal_1"}
    one, _ = call("exchange_delivered_order_items", item_ids=["11"], new_item_ids=["12"], **given)
    order = one["orders"]["#2"]
    assert order["exchange_items"] == [["11", "12"]]
    assert order["exchange_price_difference"] == 0.75
    assert order["status"] == "exchange requested"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("no_such_tool", {}, "there is no tool"),
        ("get_order_details", {}, "wrong arguments"),
        ("get_order_details", {"order_id": 1}, "wrong arguments"),
        ("get_order_details", {"order_id": "#9"}, "order not found"),
        ("get_order_details", {"order_id": "#1", "extra": "x"}, "wrong arguments"),
        ("find_user_id_by_email", {"email": "x"}, "user not found"),
        ("cancel_pending_order", {"order_id": "#1", "reason": "bored"}, "wrong arguments"),
        ("cancel_pending_order", {"order_id": "#2", "reason": "no longer needed"}, "not pending"),
        (
            "modify_pending_order_payment",
            {"order_id": "#1", "payment_method_id": "gift_card_1"},
            "is the old one",
        ),
        (
            "modify_pending_order_payment",
            {"order_id": "#1", "payment_method_id": "visa"},
            "payment method not found",
        ),
        (
            "modify_pending_order_items",
            {**SWAP, "new_item_ids": [], "payment_method_id": "paypal_1"},
            "as many new items",
        ),
        (
            "modify_pending_order_items",
            {**SWAP, "new_item_ids": ["13"], "payment_method_id": "paypal_1"},
            "not available",
        ),
        (
            "modify_pending_order_items",
            {**SWAP, "item_ids": ["11"], "payment_method_id": "paypal_1"},
            "not found in the order",
        ),
        (
            "return_delivered_order_items",
            {"order_id": "#2", "item_ids": [], "payment_method_id": "paypal_1"},
            "not in the order",
        ),
        (
            "return_delivered_order_items",
            {"order_id": "#1", "item_ids": ["11"], "payment_method_id": "paypal_1"},
            "not delivered",
        ),
        ("modify_user_address", {"user_id": "nobody", **PLACE}, "user not found"),
    ],
)
def test_a_bad_call_is_an_answer_and_changes_nothing(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in refusal(name, **arguments)


def test_a_gift_card_that_does_not_cover_is_refused() -> None:
    poor = copy.deepcopy(START)
    poor["users"]["ada_1"]["payment_methods"]["gift_card_1"]["balance"] = 1.0  # type: ignore[index]
    assert "does not cover" in refusal(
        "modify_pending_order_payment", poor, order_id="#3", payment_method_id="gift_card_1"
    )


def test_the_hash_tells_states_apart_and_equal_ones_together() -> None:
    hash_of = StateHash(START)
    state, _ = call("modify_user_address", user_id="ada_1", **PLACE)
    assert hash_of(state) != hash_of(START)
    assert hash_of(copy.deepcopy(dict(state))) == hash_of(state)
    home = START["users"]["ada_1"]["address"]
    back, _ = call("modify_user_address", state, user_id="ada_1", **home)
    assert hash_of(back) == hash_of(START)
    assert StateHash(copy.deepcopy(START))(START) == hash_of(START)


# --- the calculator ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3131.1 + 4777.75 + 367.38", "8276.23"),
        ("155.33 - 147.05 + 268.77 - 235.13", "41.92"),
        ("0.1 + 0.2", "0.30"),
        ("2 * (3 + 4) / 7", "2.00"),
        ("-3 - -4", "1.00"),
        ("10 / 3", "3.33"),
        ("-1/3", "-0.33"),
        ("2 - 3 - 4", "-5.00"),
        (".5 * 4", "2.00"),
    ],
)
def test_arithmetic(expression: str, value: str) -> None:
    assert calculate(expression) == value


@given(st.lists(st.tuples(st.sampled_from("+-*"), st.integers(0, 999)), max_size=6))
def test_arithmetic_follows_precedence(terms: list[tuple[str, int]]) -> None:
    text = "7" + "".join(f" {operator} {value}" for operator, value in terms)
    total, product, sign = Fraction(0), Fraction(7), 1
    for operator, value in terms:  # an independent reading: sums of signed products
        if operator == "*":
            product *= value
        else:
            total, product, sign = (
                total + sign * product,
                Fraction(value),
                1 if operator == "+" else -1,
            )
    assert calculate(text) == f"{int(total + sign * product)}.00"


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "1 2",
        "2 ** 3",
        "__import__('os')",
        "1e9",
        "1/0",
        "abs(1)",
        "1" * 301,
        "(" * 40 + "1" + ")" * 40,
        "*1",
    ],
)
def test_what_is_no_arithmetic_is_refused(expression: str) -> None:
    with pytest.raises(ToolError):
        calculate(expression)
