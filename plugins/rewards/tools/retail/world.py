"""The shop as a ToolWorld: sixteen tools, their schemas, and the database."""

from collections.abc import Callable, Mapping
from typing import Any

from suite.plugins.rewards.tools.equality import fits
from suite.plugins.rewards.tools.retail import changes, lookups
from suite.plugins.rewards.tools.schema import read_tool
from suite.plugins.rewards.tools.world import Observation, State, ToolError, ToolWorld

Read = Callable[[State, Mapping[str, Any]], str]
Change = Callable[[State, Mapping[str, Any]], tuple[State, str]]

READS: tuple[Read, ...] = (
    lookups.find_user_id_by_email,
    lookups.find_user_id_by_name_zip,
    lookups.get_user_details,
    lookups.get_order_details,
    lookups.get_product_details,
    lookups.list_all_product_types,
    lookups.calculate,
    lookups.think,
    lookups.transfer_to_human_agents,
)
CHANGES: tuple[Change, ...] = (
    changes.cancel_pending_order,
    changes.modify_pending_order_address,
    changes.modify_pending_order_payment,
    changes.modify_pending_order_items,
    changes.modify_user_address,
    changes.return_delivered_order_items,
    changes.exchange_delivered_order_items,
)
TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
ADDRESS = dict.fromkeys(changes.ADDRESS, TEXT)
SWAP = {"order_id": TEXT, "item_ids": TEXTS, "new_item_ids": TEXTS, "payment_method_id": TEXT}
ARGUMENTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "find_user_id_by_email": ("Find a user by email.", {"email": TEXT}),
    "find_user_id_by_name_zip": (
        "Find a user by name and zip code.",
        {"first_name": TEXT, "last_name": TEXT, "zip": TEXT},
    ),
    "get_user_details": ("Profile, payment methods and orders of a user.", {"user_id": TEXT}),
    "get_order_details": ("An order; its id begins with #.", {"order_id": TEXT}),
    "get_product_details": ("Variants of a product with prices.", {"product_id": TEXT}),
    "list_all_product_types": ("Names and ids of all products.", {}),
    "calculate": ("Arithmetic with + - * / and brackets.", {"expression": TEXT}),
    "think": ("Note a thought; nothing changes.", {"thought": TEXT}),
    "transfer_to_human_agents": ("Hand the user to a human.", {"summary": TEXT}),
    "cancel_pending_order": (
        "Cancel a pending order, after the user confirmed.",
        {"order_id": TEXT, "reason": {**TEXT, "enum": list(changes.REASONS)}},
    ),
    "modify_pending_order_address": (
        "Change where a pending order goes.",
        {"order_id": TEXT, **ADDRESS},
    ),
    "modify_pending_order_payment": (
        "Pay a pending order another way.",
        {"order_id": TEXT, "payment_method_id": TEXT},
    ),
    "modify_pending_order_items": ("Replace items of a pending order, once.", SWAP),
    "modify_user_address": ("Change a user's default address.", {"user_id": TEXT, **ADDRESS}),
    "return_delivered_order_items": (
        "Ask to return items of a delivered order.",
        {"order_id": TEXT, "item_ids": TEXTS, "payment_method_id": TEXT},
    ),
    "exchange_delivered_order_items": ("Ask to exchange items of a delivered order, once.", SWAP),
}
SCHEMAS: tuple[Mapping[str, Any], ...] = tuple(
    {
        "name": name,
        "description": help_line,
        "parameters": {"type": "object", "properties": given, "required": list(given)},
    }
    for name, (help_line, given) in ARGUMENTS.items()
)


class RetailWorld(ToolWorld):
    """The shop on a database of users, orders and products."""

    schemas = SCHEMAS

    def __init__(self, database: State) -> None:
        self.database = database
        self.tools = {schema["name"]: read_tool(schema) for schema in SCHEMAS}
        self.reads = {function.__name__: function for function in READS}
        self.changes = {function.__name__: function for function in CHANGES}

    def initial_state(self) -> State:
        return self.database

    def call(
        self, state: State, name: str, arguments: Mapping[str, Any]
    ) -> tuple[State, Observation]:
        if name not in self.tools:
            return state, Observation(text=f"Error: there is no tool '{name[:60]}'", failed=True)
        if not fits(arguments, self.tools[name].arguments):
            return state, Observation(text=f"Error: wrong arguments of '{name}'", failed=True)
        try:
            if name in self.reads:
                return state, Observation(text=self.reads[name](state, arguments))
            state, text = self.changes[name](state, arguments)
        except ToolError as failure:
            return state, Observation(text=f"Error: {failure}", failed=True)
        return state, Observation(text=text)
