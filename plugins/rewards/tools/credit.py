"""Our score of a turn, in [0, 1].

For a wanted call g and a predicted call p of the same tool let U be the arguments that either
names, without those whose absence says the same (optional, or equal to the schema's default), and

    keys(g, p)   = |{k in U: both name k}| / |U|                   1 where U is empty
    values(g, p) = |{k in U: both name k and the value is right}| / |U|
    s(g, p)      = w_name + w_keys * keys + w_values * values       the weights sum to 1
    s(g, p)      = 0 where the tools differ, or U is not empty and no value in it is right

    score = max(0, (max over pairings M of sum_M s) / max(n, m) - extra_cost * max(0, m - n))

with n wanted and m predicted calls. Where nothing is wanted, the score is 1 for a turn that speaks
and calls nothing, else 0. Names and keys can be read off the schema, so without one right value
they earn nothing; an unwanted call acts on the world, so by default one costs everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suite.core.errors import SuiteError
from suite.plugins.rewards.tools.equality import key_equals
from suite.plugins.rewards.tools.grammar import Call
from suite.plugins.rewards.tools.items import GoldCall, ToolItem, named
from suite.plugins.rewards.tools.match import align, assign
from suite.plugins.rewards.tools.schema import Tool


@dataclass(frozen=True, kw_only=True)
class Weights:
    """The shares of a call's score, scaled to sum to 1, and the price of an unwanted call."""

    name: float = 0.2
    keys: float = 0.2
    values: float = 0.6
    extra_cost: float = 1.0

    def __post_init__(self) -> None:
        shares = (self.name, self.keys, self.values)
        if min(*shares, self.extra_cost) < 0 or self.values <= 0:
            raise SuiteError(
                f"weights of tool calls must not be negative and 'values' must be positive, got "
                f"name={self.name}, keys={self.keys}, values={self.values}, "
                f"extra_cost={self.extra_cost}.\nThe defaults are 0.2, 0.2, 0.6 and 1."
            )


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A wanted call beside a predicted one, each in [0, 1]."""

    score: float = 0.0
    keys: float = 0.0
    values: float = 0.0
    exact: bool = False


@dataclass(frozen=True, kw_only=True)
class Credit:
    """A turn's score; ``exact``: full marks; parts: means over max(n, m) calls."""

    score: float
    exact: bool
    parts: Mapping[str, float]
    num_exact: int = 0


def credit(calls: Sequence[Call], speech: str, item: ToolItem, weights: Weights) -> Credit:
    """The score of a turn, by the formula at the top."""
    if not item.gold:
        right = not calls and bool(speech)
        parts = {"name": 0.0, "keys": 0.0, "values": 0.0, "abstained": float(right)}
        return Credit(score=float(right), exact=right, parts=parts)
    table = [
        [pair(gold, call, item.tools[gold.name], weights) for call in calls] for gold in item.gold
    ]
    pairing = align if item.ordered else assign
    chosen = [table[i][j] for i, j in pairing([[one.score for one in row] for row in table])]
    size = max(len(item.gold), len(calls))
    num_exact = sum(one.exact for one in chosen)
    exact = num_exact == size
    extra = max(0, len(calls) - len(item.gold))
    mean = sum(one.score for one in chosen) / size
    return Credit(
        score=1.0 if exact else max(0.0, mean - weights.extra_cost * extra),
        exact=exact,
        num_exact=num_exact,
        parts={
            "name": len(chosen) / size,
            "keys": sum(one.keys for one in chosen) / size,
            "values": sum(one.values for one in chosen) / size,
            "abstained": 0.0,
        },
    )


def pair(gold: GoldCall, call: Call, tool: Tool, weights: Weights) -> Pair:
    """What one predicted call earns for one wanted call: s(g, p)."""
    given = named(call, tool)
    if call.name != gold.name or given is None:
        return Pair()
    answer, arguments, schema = gold.arguments, given.arguments, tool.arguments
    both = answer.keys.keys() & arguments.keys()
    right = {
        key
        for key in answer.keys.keys() | arguments.keys()
        if key_equals(key, arguments, answer, schema)
    }
    union = both | ((answer.keys.keys() | arguments.keys()) - right)
    if not union:
        return Pair(score=1.0, keys=1.0, values=1.0, exact=True)
    hits = len(both & right)
    if hits == 0:
        return Pair()
    keys, values = len(both) / len(union), hits / len(union)
    total = weights.name + weights.keys + weights.values
    score = (weights.name + weights.keys * keys + weights.values * values) / total
    exact = hits == len(union)
    return Pair(score=1.0 if exact else score, keys=keys, values=values, exact=exact)
