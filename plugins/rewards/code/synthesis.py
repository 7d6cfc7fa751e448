"""More tests for an item: inputs near the known ones, answered by the reference in the sandbox.

A reference is data, so it runs where a candidate would. An input counts if the reference answers it
twice with the same plain value. Near inputs may break what the problem promises of its inputs, and
then a right candidate can differ: that is why nobody gets these tests without asking.
"""

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from suite.core.execution.program import Program, Run
from suite.core.execution.wire import WireError, encode
from suite.plugins.rewards.code.cases import Call, Case, Expected
from suite.plugins.rewards.code.compare import Rule
from suite.plugins.rewards.code.items import CodeItem

TRIES = 4  # inputs tried for each test that is wanted
LETTERS = "abz AZ09_-"


def near(value: Any, draw: random.Random) -> Any:
    """A value of the same type, changed in one place where it has places."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int:
        return draw.choice((value + 1, value - 1, -value, 0, 2 * value, draw.randint(-20, 100)))
    if kind is float:
        return draw.choice((-value, 0.0, value + 0.5, value * 1.5))
    if kind is str:
        return _near_text(value, draw)
    if kind in (list, tuple):
        return kind(_near_items(list(value), draw))
    if kind is set:
        return {near(one, draw) if draw.random() < 0.5 else one for one in sorted(value, key=repr)}
    if kind is dict and value:
        chosen = draw.choice(sorted(value, key=repr))
        return {**value, chosen: near(value[chosen], draw)}
    return value


def _near_text(text: str, draw: random.Random) -> str:
    place = draw.randrange(len(text) + 1)
    letter = draw.choice(LETTERS)
    changed = text[:place] + letter + text[place + 1 :]
    return draw.choice((changed, text[:place], text[::-1], text + letter, text * 2, ""))


def _near_items(items: list[Any], draw: random.Random) -> list[Any]:
    if not items:
        return items
    place = draw.randrange(len(items))
    way = draw.randrange(5)
    if way == 0:
        return items[:place] + items[place + 1 :]
    if way == 1:
        return [*items, copy.deepcopy(items[place])]
    if way == 2:
        return draw.sample(items, len(items))
    return [near(one, draw) if i == place else one for i, one in enumerate(items)]


def proposals(item: CodeItem, count: int, seed: int) -> list[Call]:
    """At most TRIES * count inputs that differ from each other and from the item's own."""
    draw = random.Random(f"{seed}/{item.name}")
    seeds = [case.call for case in item.cases if case.call.expression is None]
    seen = {_key(call) for call in seeds}
    found = []
    for _ in range(TRIES * count if seeds else 0):
        base = draw.choice(seeds)
        args = list(copy.deepcopy(base.args))
        for place in draw.sample(range(len(args)), draw.randint(1, len(args))) if args else ():
            args[place] = near(args[place], draw)
        call = Call(args=tuple(args), kwargs=base.kwargs)
        if (key := _key(call)) is not None and key not in seen:
            seen.add(key)
            found.append(call)
    return found


def _key(call: Call) -> str | None:
    """A text that tells inputs apart; None for one that cannot be sent."""
    try:
        return repr(encode([list(call.args), dict(call.kwargs)]))
    except WireError:
        return None


def synthesise(
    items: Sequence[CodeItem],
    run: Callable[[list[Program]], list[Run]],
    *,
    count: int,
    seed: int = 0,
) -> list[CodeItem]:
    """The items with at most ``count`` further tests each.

    Args:
        items: those without a reference, a function or typed inputs stay as they are.
        run: the sandbox's; a reference runs twice, each time on all its inputs.
        count: above 0.
        seed: of the inputs.
    """
    asked = {
        index: calls
        for index, item in enumerate(items)
        if item.reference is not None and item.entry is not None
        if (calls := proposals(item, count, seed))
    }
    programs = [_program(items[index], calls) for index, calls in asked.items()]
    made = list(items)
    twice = zip(run(programs), run(programs), strict=True)
    for (index, calls), (first, second) in zip(asked.items(), twice, strict=True):
        cases = _cases(calls, first, second, _rule(items[index]))[:count]
        made[index] = replace(items[index], cases=(*items[index].cases, *cases))
    return made


def _program(item: CodeItem, calls: Sequence[Call]) -> Program:
    return Program(
        source=f"{item.opening}\n{item.reference}\n{item.setup}",
        language=item.language,
        entry=item.entry,
        calls=tuple((call.args, call.kwargs) for call in calls),
    )


def _cases(calls: Sequence[Call], first: Run, second: Run, rule: Rule) -> list[Case]:
    """The tests of inputs on which both runs agree; a run that ends early has fewer results."""
    found = []
    for call, one, other in zip(calls, first.results, second.results, strict=False):
        # Not within a tolerance: a clock moves by less.
        if one.ok and other.ok and repr(encode(one.value)) == repr(encode(other.value)):
            found.append(Case(call=call, check=Expected(value=one.value, rule=rule)))
    return found


def _rule(item: CodeItem) -> Rule:
    """The item's own rule; asserts say ``==``."""
    rules = {case.check.rule for case in item.cases if isinstance(case.check, Expected)}
    return "exact" if rules == {"exact"} else "equal"
