"""Small problems with their working, made from a number: pure functions, no state.

Three kinds, each at three levels: sums with carries ("37+58="), brackets ("(7-3)*6=") and two
unknowns ("x+y=9,x-y=3,x="). Working stands before the answer, which comes last.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("sum", "brackets", "unknowns")
LEVELS = (1, 2, 3)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One question. ``solution`` is the working and then the answer; ``answer`` the number."""

    prompt: str
    solution: str
    answer: int
    kind: str
    level: int


def make_problem(
    seed: int, number: int, *, kinds: tuple[str, ...], levels: tuple[int, ...]
) -> Problem:
    """Problem ``number`` of a seed; kinds and levels take turns, so that they are balanced."""
    kind = kinds[number % len(kinds)]
    level = levels[number // len(kinds) % len(levels)]
    return MAKERS[kind](random.Random(f"{seed}/{number}"), level)


def _sum(draw: random.Random, level: int) -> Problem:
    """a+b with ``level`` digits: columns from the right, each with its carry."""
    low, high = (1, 9) if level == 1 else (10 ** (level - 1), 10**level - 1)
    a, b = draw.randint(low, high), draw.randint(low, high)
    steps, carry = [], 0
    for place in range(level):
        x, y = a // 10**place % 10, b // 10**place % 10
        carried = f"+{carry}" if carry else ""
        total = x + y + carry
        steps.append(f"{x}+{y}{carried}={total}")
        carry = total // 10
    solution = f"{','.join(steps)} #{a + b}"
    return Problem(prompt=f"{a}+{b}=", solution=solution, answer=a + b, kind="sum", level=level)


def _brackets(draw: random.Random, level: int) -> Problem:
    """(a-b)*c, and from level 2 on another bracket or term."""
    b = draw.randint(1, 5 + 2 * level)
    a, c = b + draw.randint(1, 5 + 2 * level), draw.randint(2, 5 + level)
    inner, product = a - b, (a - b) * c
    text, answer = f"({a}-{b})*{c}", product
    steps = [f"{a}-{b}={inner}", f"{inner}*{c}={product}"]
    if level > 1:
        d = draw.randint(1, 10 * level)
        text, answer = f"{text}+{d}", product + d
        steps.append(f"{product}+{d}={answer}")
    return Problem(
        prompt=f"{text}=",
        solution=f"{','.join(steps)} #{answer}",
        answer=answer,
        kind="brackets",
        level=level,
    )


def _unknowns(draw: random.Random, level: int) -> Problem:
    """x+y=s, x-y=d: x is half of s+d."""
    y = draw.randint(1, 6 * level)
    x = y + draw.randint(0, 6 * level)
    total, difference = x + y, x - y
    doubled = total + difference
    return Problem(
        prompt=f"x+y={total},x-y={difference},x=",
        solution=f"{total}+{difference}={doubled},{doubled}/2={x} #{x}",
        answer=x,
        kind="unknowns",
        level=level,
    )


MAKERS: dict[str, Callable[[random.Random, int], Problem]] = {
    "sum": _sum,
    "brackets": _brackets,
    "unknowns": _unknowns,
}
