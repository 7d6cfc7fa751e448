"""A shop with two users, written for this project, and four tasks in it."""

from collections.abc import Mapping
from typing import Any

from suite.plugins.rewards.tools.world import State

HOME = {
    "address1": "1 Mill Lane",
    "address2": "",
    "city": "Salem",
    "country": "USA",
    "state": "OR",
    "zip": "97301",
}
WORK = {**HOME, "address1": "20 Dock Street", "address2": "Floor 3"}


def _item(item_id: str, colour: str, price: float) -> dict[str, Any]:
    return {"item_id": item_id, "options": {"color": colour}, "price": price}


def _order(number: str, status: str, method: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    total = round(sum(item["price"] for item in items), 2)
    paid = {"transaction_type": "payment", "amount": total, "payment_method_id": method}
    return {
        "order_id": number,
        "user_id": "ada_1",
        "address": HOME,
        "items": [{**item, "name": "Mug", "product_id": "10"} for item in items],
        "status": status,
        "payment_history": [paid],
    }


DATABASE: State = {
    "users": {
        "ada_1": {
            "name": {"first_name": "Ada", "last_name": "Hill"},
            "address": HOME,
            "email": "ada@example.com",
            "payment_methods": {
                "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "balance": 20.0},
                "paypal_1": {"source": "paypal", "id": "paypal_1"},
            },
            "orders": ["#1", "#2", "#3"],
        },
        "bo_2": {
            "name": {"first_name": "Bo", "last_name": "Lee"},
            "address": WORK,
            "email": "bo@example.com",
            "payment_methods": {},
            "orders": [],
        },
    },
    "orders": {
        "#1": _order("#1", "pending", "gift_card_1", [_item("11", "red", 8.5)]),
        "#2": _order("#2", "delivered", "paypal_1", [_item("11", "red", 8.5)] * 2),
        "#3": _order("#3", "pending", "paypal_1", [_item("12", "blue", 9.25)]),
    },
    "products": {
        "10": {
            "name": "Mug",
            "product_id": "10",
            "variants": {
                "11": {**_item("11", "red", 8.5), "available": True},
                "12": {**_item("12", "blue", 9.25), "available": True},
                "13": {**_item("13", "gold", 99.0), "available": False},
            },
        }
    },
}

ROWS: tuple[Mapping[str, Any], ...] = (
    {
        "name": "cancel",
        "instruction": "You are Ada Hill, 97301. Cancel order #1; you no longer need it.",
        "actions": [
            {"name": "find_user_id_by_email", "arguments": {"email": "ada@example.com"}},
            {
                "name": "cancel_pending_order",
                "arguments": {"order_id": "#1", "reason": "no longer needed"},
            },
        ],
        "outputs": [],
    },
    {
        "name": "modify",
        "instruction": "You are Ada Hill, 97301. In #3 take the red mug, on PayPal. What is saved?",
        "actions": [
            {
                "name": "modify_pending_order_items",
                "arguments": {
                    "order_id": "#3",
                    "item_ids": ["12"],
                    "new_item_ids": ["11"],
                    "payment_method_id": "paypal_1",
                },
            }
        ],
        "outputs": ["0.75"],
    },
    {
        "name": "return",
        "instruction": "You are Ada Hill, 97301. Return one mug of #2 to the gift card.",
        "actions": [
            {
                "name": "return_delivered_order_items",
                "arguments": {
                    "order_id": "#2",
                    "item_ids": ["11"],
                    "payment_method_id": "gift_card_1",
                },
            }
        ],
        "outputs": [],
    },
    {
        "name": "ask",
        "instruction": "You are Ada Hill, 97301. How much is the blue mug?",
        "actions": [{"name": "get_product_details", "arguments": {"product_id": "10"}}],
        "outputs": ["9.25"],
    },
)
