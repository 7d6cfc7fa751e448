"""Small problems with their working, made from a number: pure functions, no state.

Three kinds, each at three levels: sums with carries ("37+58="), brackets ("(7-3)*6=") and two
unknowns ("x+y=9,x-y=3,x="). Working stands before the answer, which comes last.

Working is a list of steps, which may read what earlier ones gave, so that a pupil's wrong step is
carried on as a pupil would.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

KINDS = ("sum", "brackets", "unknowns")
LEVELS = (1, 2, 3)
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
}


@dataclass(frozen=True)
class Step:
    """left operation right; an operand is a number, or the result of an earlier step by index."""

    left: int | str
    operation: str
    right: int | str
    off: int = 0  # by how much a pupil's result is wrong


Made = tuple[str, tuple[Step, ...], tuple[tuple[Step, ...], ...]]  # prompt, steps, mistakes


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One question.

    ``steps`` lead to ``answer``, the result of the last of them; ``mistakes`` are ways that lead
    elsewhere.
    """

    prompt: str
    steps: tuple[Step, ...]
    mistakes: tuple[tuple[Step, ...], ...]
    answer: int
    kind: str
    level: int

    @property
    def solution(self) -> str:
        """The working and then the answer."""
        return written(self.steps)


def written(steps: Sequence[Step], *, working: bool = True) -> str:
    """An answer as a pupil writes it: "6-3=3,3*7=21 #21", or "#21" without working."""
    results: list[int] = []
    lines: list[str] = []
    for step in steps:
        left, right = (_operand(one, results) for one in (step.left, step.right))
        results.append(OPERATIONS[step.operation](left, right) + step.off)
        lines.append(f"{left}{step.operation}{right}={results[-1]}")
    return f"{','.join(lines)} #{results[-1]}" if working else f"#{results[-1]}"


def _operand(one: int | str, results: Sequence[int]) -> int:
    return one if isinstance(one, int) else results[int(one)]


def make_problem(
    seed: int, number: int, *, kinds: tuple[str, ...], levels: tuple[int, ...]
) -> Problem:
    """Problem ``number`` of a seed; kinds and levels take turns, so that they are balanced."""
    kind = kinds[number % len(kinds)]
    level = levels[number // len(kinds) % len(levels)]
    prompt, steps, mistakes = MAKERS[kind](random.Random(f"{seed}/{number}"), level)
    answer = result_of(steps)
    return Problem(
        prompt=f"{prompt}=",
        steps=steps,
        mistakes=tuple(one for one in mistakes if result_of(one) != answer),
        answer=answer,
        kind=kind,
        level=level,
    )


def result_of(steps: Sequence[Step]) -> int:
    """What the last step gives."""
    return int(written(steps, working=False)[1:])


def _sum(draw: random.Random, level: int) -> Made:
    """a+b: first the hundreds or tens of b, then its ones.

    Mistakes: a carry forgotten (or one too many) in the last step, the ones of b left out.
    """
    low, high = 10**level // 2, 10**level - 1
    a, b = draw.randint(low, high), draw.randint(low, high)
    parts = [b // 10**place % 10 * 10**place for place in reversed(range(level))]
    parts = [part for part in parts if part]
    steps = [Step(a, "+", parts[0])]
    steps += [Step(str(i), "+", part) for i, part in enumerate(parts[1:])]
    before = a + b - parts[-1]
    off = -10 if before % 10 + parts[-1] >= 10 else 10
    mistakes = [(*steps[:-1], replace(steps[-1], off=off))]
    if len(steps) > 1:
        mistakes.append(tuple(steps[:-1]))
    return f"{a}+{b}", tuple(steps), tuple(mistakes)


def _brackets(draw: random.Random, level: int) -> Made:
    """(a-b)*c, and from level 2 on another term; from level 3 on one more.

    Mistakes: the product is left out, the difference becomes a sum.
    """
    b, inner, c = draw.randint(1, 30), draw.randint(2, 9), draw.randint(2, 9)
    a = b + inner
    text = f"({a}-{b})*{c}"
    first, second, rest = Step(a, "-", b), Step("0", "*", c), []
    for place in range(level - 1):
        d = draw.randint(1, 20)
        text = f"{text}+{d}"
        rest.append((place, d))
    steps = (first, second, *(Step(str(place + 1), "+", d) for place, d in rest))
    short = (first, *(Step(str(place), "+", d) for place, d in rest))
    summed = (replace(first, operation="+"), *steps[1:])
    return text, steps, (short, summed)


def _unknowns(draw: random.Random, level: int) -> Made:
    """x+y=s, x-y=d: x is half of s+d.

    Mistakes: half of s-d (which is y), no halving.
    """
    y = draw.randint(1, 15 * level)
    x = y + draw.randint(0, 15 * level)
    first, second = Step(x + y, "+", x - y), Step("0", "/", 2)
    mistakes = ((replace(first, operation="-"), second), (first,))
    return f"x+y={x + y},x-y={x - y},x", (first, second), mistakes


MAKERS: dict[str, Callable[[random.Random, int], Made]] = {
    "sum": _sum,
    "brackets": _brackets,
    "unknowns": _unknowns,
}
