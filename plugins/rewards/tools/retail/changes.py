"""Tools that change the database. Each is (state, arguments) -> (state, text), and pure.

Statuses go one way: pending -> cancelled | pending (item modified); delivered -> return requested |
exchange requested. Every tool checks the status first, as the shop's policy asks.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from suite.plugins.rewards.tools.retail.lookups import Arguments, entry
from suite.plugins.rewards.tools.retail.payments import (
    check_balance,
    difference,
    is_gift_card,
    method_of,
    paid_back,
    replacements,
    transaction,
)
from suite.plugins.rewards.tools.world import Entry, State, ToolError, with_entry

REASONS = ("no longer needed", "ordered by mistake")
ADDRESS = ("address1", "address2", "city", "country", "state", "zip")
Changed = tuple[State, str]


def cancel_pending_order(state: State, arguments: Arguments) -> Changed:
    """Cancel, and refund each payment the way it was made."""
    order = _order(state, arguments, "pending")
    refunds = []
    for paid in order["payment_history"]:
        amount, method = paid["amount"], paid["payment_method_id"]
        refunds.append(transaction("refund", amount, method))
        state = paid_back(state, order["user_id"], method, amount)
    change = {
        "status": "cancelled",
        "cancel_reason": arguments["reason"],
        "payment_history": [*order["payment_history"], *refunds],
    }
    return _changed(state, order, change), "the order is cancelled"


def modify_pending_order_address(state: State, arguments: Arguments) -> Changed:
    """Send the order elsewhere; the user's own address stays."""
    order = _order(state, arguments, "pending")
    return _changed(state, order, {"address": _address(arguments)}), "the address is changed"


def modify_user_address(state: State, arguments: Arguments) -> Changed:
    """Change the user's default address; orders on their way keep theirs."""
    user = entry(state, "users", arguments["user_id"])
    changed = {**user, "address": _address(arguments)}
    return with_entry(state, "users", arguments["user_id"], changed), "the address is changed"


def modify_pending_order_payment(state: State, arguments: Arguments) -> Changed:
    """Pay the order another way and refund the first payment."""
    order = _order(state, arguments, "pending")
    method, user = arguments["payment_method_id"], order["user_id"]
    history = order["payment_history"]
    if len(history) != 1 or history[0]["transaction_type"] != "payment":
        raise ToolError("the order was not paid by one payment")
    first, amount = history[0]["payment_method_id"], history[0]["amount"]
    if first == method:
        raise ToolError("the new payment method is the old one")
    check_balance(state, user, method, amount)
    state = paid_back(paid_back(state, user, first, amount), user, method, -amount)
    lines = [transaction("payment", amount, method), transaction("refund", amount, first)]
    return _changed(state, order, {"payment_history": [*history, *lines]}), "the payment is changed"


def modify_pending_order_items(state: State, arguments: Arguments) -> Changed:
    """Replace items by variants of the same products, once an order."""
    order = _order(state, arguments, "pending")
    method, user = arguments["payment_method_id"], order["user_id"]
    pairs = replacements(state, order, arguments["item_ids"], arguments["new_item_ids"])
    more = difference(pairs)
    check_balance(state, user, method, more)
    kind = "payment" if more > 0 else "refund"
    change = {
        "items": _replaced(order, pairs),
        "status": "pending (item modified)",
        "payment_history": [*order["payment_history"], transaction(kind, abs(more), method)],
    }
    state = paid_back(state, user, method, -more)
    return _changed(state, order, change), "the items are changed"


def return_delivered_order_items(state: State, arguments: Arguments) -> Changed:
    """Ask for a return; the refund goes to the method of the order or to a gift card."""
    order = _order(state, arguments, "delivered")
    method, items = arguments["payment_method_id"], arguments["item_ids"]
    original = order["payment_history"][0]["payment_method_id"]
    if not is_gift_card(state, order["user_id"], method) and method != original:
        raise ToolError("a refund goes to the original payment method or to a gift card")
    held = Counter(item["item_id"] for item in order["items"])
    if not items or Counter(items) - held:
        raise ToolError("an item is not in the order")
    change = {
        "status": "return requested",
        "return_items": sorted(items),
        "return_payment_method_id": method,
    }
    return _changed(state, order, change), "the return is requested"


def exchange_delivered_order_items(state: State, arguments: Arguments) -> Changed:
    """Ask for an exchange by variants of the same products; the difference is settled later."""
    order = _order(state, arguments, "delivered")
    method, user = arguments["payment_method_id"], order["user_id"]
    pairs = replacements(state, order, arguments["item_ids"], arguments["new_item_ids"])
    more = difference(pairs)
    method_of(state, user, method)
    check_balance(state, user, method, more)
    change = {
        "status": "exchange requested",
        # Pairs, not two sorted lists: which item becomes which is part of the request.
        "exchange_items": sorted([item["item_id"], variant["item_id"]] for item, variant in pairs),
        "exchange_payment_method_id": method,
        "exchange_price_difference": more,
    }
    return _changed(state, order, change), "the exchange is requested"


def _order(state: State, arguments: Arguments, status: str) -> Entry:
    order = entry(state, "orders", arguments["order_id"])
    if order["status"] != status:
        raise ToolError(f"the order is not {status}")
    return order


def _changed(state: State, order: Entry, change: Mapping[str, Any]) -> State:
    return with_entry(state, "orders", order["order_id"], {**order, **change})


def _address(arguments: Arguments) -> dict[str, str]:
    return {key: arguments[key] for key in ADDRESS}


def _replaced(order: Entry, pairs: list[tuple[Entry, Entry]]) -> list[dict[str, Any]]:
    """The order's items in their places, with item, price and options of the variants."""
    left = list(pairs)
    items = []
    for item in order["items"]:
        found = next((pair for pair in left if pair[0] is item), None)
        if found is None:
            items.append(dict(item))
            continue
        left.remove(found)
        new = {key: found[1][key] for key in ("item_id", "price", "options")}
        items.append({**item, **new})
    return items
