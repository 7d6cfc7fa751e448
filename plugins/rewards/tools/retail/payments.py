"""Money: payment methods of a user, gift card balances, price differences. Units: dollars.

Amounts are floats in the data; sums are rounded to the cent at once, so that a state does not
depend on the order of additions.
"""

from collections.abc import Sequence
from typing import Any

from suite.plugins.rewards.tools.retail.lookups import entry
from suite.plugins.rewards.tools.world import Entry, State, ToolError, with_entry


def cents(amount: float) -> float:
    """An amount rounded to the cent."""
    return round(amount, 2)


def method_of(state: State, user_id: str, method: str) -> Entry:
    """A payment method of a user.

    Raises:
        ToolError: the user has no such method.
    """
    methods = entry(state, "users", user_id)["payment_methods"]
    if method not in methods:
        raise ToolError("payment method not found")
    found: Entry = methods[method]
    return found


def is_gift_card(state: State, user_id: str, method: str) -> bool:
    """Whether a payment method of a user is a gift card."""
    return bool(method_of(state, user_id, method)["source"] == "gift_card")


def check_balance(state: State, user_id: str, method: str, amount: float) -> None:
    """Refuse a gift card that does not cover ``amount``.

    Raises:
        ToolError: the balance is lower.
    """
    found = method_of(state, user_id, method)
    if found["source"] == "gift_card" and found["balance"] < amount:
        raise ToolError("the balance of the gift card does not cover the amount")


def paid_back(state: State, user_id: str, method: str, amount: float) -> State:
    """The state with ``amount`` (negative: taken) on a gift card; other methods take days."""
    if not is_gift_card(state, user_id, method):
        return state
    user = state["users"][user_id]
    methods = user["payment_methods"]
    card = {**methods[method], "balance": cents(methods[method]["balance"] + amount)}
    changed = {**user, "payment_methods": {**methods, method: card}}
    return with_entry(state, "users", user_id, changed)


def transaction(kind: str, amount: float, method: str) -> dict[str, Any]:
    """A line of an order's payment history; ``kind`` is "payment" or "refund"."""
    return {"transaction_type": kind, "amount": cents(amount), "payment_method_id": method}


def replacements(
    state: State, order: Entry, old: Sequence[str], new: Sequence[str]
) -> list[tuple[Entry, Entry]]:
    """(item of the order, variant that takes its place), in the order of the lists.

    Raises:
        ToolError: the lists differ in length or are empty, an item is not in the order as often
            as it is named, or a variant is of another product or not available. The same variant
            passes, as many wanted action lists need it: that the options differ is for the agent.
    """
    if not old or len(old) != len(new):
        raise ToolError("as many new items are needed as items, and at least one")
    left = list(order["items"])
    pairs = []
    for item_id, new_id in zip(old, new, strict=True):
        item = next((one for one in left if one["item_id"] == item_id), None)
        if item is None:
            raise ToolError(f"item {item_id} not found in the order")
        left.remove(item)
        variant = entry(state, "products", item["product_id"])["variants"].get(new_id)
        if variant is None or not variant["available"]:
            raise ToolError(f"item {new_id} is not available or is of another product")
        pairs.append((item, variant))
    return pairs


def difference(pairs: Sequence[tuple[Entry, Entry]]) -> float:
    """What the new items cost more than the old ones."""
    return cents(sum(variant["price"] - item["price"] for item, variant in pairs))
