"""Tools that read: users, orders, products. Each is (state, arguments) -> text."""

import json
from collections.abc import Mapping
from typing import Any

from suite.plugins.rewards.tools.retail.calculator import calculate as _calculate
from suite.plugins.rewards.tools.world import Entry, State, ToolError

Arguments = Mapping[str, Any]


def entry(state: State, table: str, key: str) -> Entry:
    """One entry of a table.

    Raises:
        ToolError: there is none.
    """
    if key not in state[table]:
        raise ToolError(f"{table.removesuffix('s')} not found")
    return state[table][key]


def find_user_id_by_email(state: State, arguments: Arguments) -> str:
    """The id of the user with this email; case does not count."""
    wanted = arguments["email"].lower()
    for user_id, user in state["users"].items():
        if user["email"].lower() == wanted:
            return user_id
    raise ToolError("user not found")


def find_user_id_by_name_zip(state: State, arguments: Arguments) -> str:
    """The id of the user with this name and zip code; case does not count."""
    wanted = (arguments["first_name"].lower(), arguments["last_name"].lower(), arguments["zip"])
    for user_id, user in state["users"].items():
        name, place = user["name"], user["address"]["zip"]
        if (name["first_name"].lower(), name["last_name"].lower(), place) == wanted:
            return user_id
    raise ToolError("user not found")


def get_user_details(state: State, arguments: Arguments) -> str:
    """The profile as JSON."""
    return json.dumps(entry(state, "users", arguments["user_id"]))


def get_order_details(state: State, arguments: Arguments) -> str:
    """The order as JSON."""
    return json.dumps(entry(state, "orders", arguments["order_id"]))


def get_product_details(state: State, arguments: Arguments) -> str:
    """The product with all its variants as JSON."""
    return json.dumps(entry(state, "products", arguments["product_id"]))


def list_all_product_types(state: State, arguments: Arguments) -> str:
    """Ids by name as JSON."""
    names = sorted((product["name"], key) for key, product in state["products"].items())
    return json.dumps(dict(names))


def calculate(state: State, arguments: Arguments) -> str:
    """The value of an expression, with two decimals."""
    return _calculate(arguments["expression"])


def think(state: State, arguments: Arguments) -> str:
    """Nothing: a thought has no answer."""
    return ""


def transfer_to_human_agents(state: State, arguments: Arguments) -> str:
    """A fixed line; that a human takes over is for the policy to state."""
    return "transferred to a human agent"
