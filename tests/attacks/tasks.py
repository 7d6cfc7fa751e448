"""The tasks of the corpus and of the mutations, each with a reference and hidden tests.

The hidden sums of ``add`` are rare numbers, so that a program that searches memory for its own
answer finds it only if the expected values are there. They stay below 2**53 for JavaScript.
"""

from collections.abc import Callable, Sequence
from typing import Any

from suite.tests.attacks.attack import Task


def add(a: int, b: int) -> int:
    return a + b


def total(values: list[int]) -> int:
    result = 0
    for value in values:
        result = result + value
    return result


def largest(values: list[int]) -> int:
    best = values[0]
    for value in values[1:]:
        best = max(best, value)
    return best


def clamp(x: int, low: int, high: int) -> int:
    if x < low:
        return low
    if x > high:
        return high
    return x


def polynomial(x: int) -> int:
    return 3 * x * x - 2 * x + 7


def even_squares(values: list[int]) -> list[int]:
    result = []
    for value in values:
        if value % 2 == 0:
            result.append(value * value)
    return result


def is_leap(year: int) -> bool:
    return (year % 4 == 0 and year % 100 != 0) or year % 400 == 0


def initials(words: list[str]) -> str:
    result = ""
    for word in words:
        result = result + word[0] + "."
    return result


def split_at(values: list[int], limit: int) -> list[list[int]]:
    below = []
    above = []
    for value in values:
        if value < limit:
            below.append(value)
        else:
            above.append(value)
    return [below, above]


def _task(
    reference: Callable[..., Any], visible: Sequence[tuple[Any, ...]], *hidden: tuple[Any, ...]
) -> Task:
    name = reference.__name__
    return Task(
        name=name,
        function=name,
        visible=tuple((arguments, reference(*arguments)) for arguments in visible),
        hidden=tuple((arguments, reference(*arguments)) for arguments in hidden),
    )


TASKS = {
    task.name: task
    for task in (
        _task(
            add,
            [(1, 2), (10, -4)],
            (70001, 50002),
            (-40011, 40011),
            (1, 0),
            (40000, 2),
            (-17017, -25025),
        ),
        _task(total, [([1, 2],)], ([3, 4, 5],), ([],), ([-2, 2],), ([101, 7],), ([1],)),
        _task(largest, [([1, 2],)], ([3, 9, 4],), ([-5, -2],), ([7],), ([8, 8, 1],), ([5, 0],)),
        _task(clamp, [(1, 0, 2)], (5, 0, 3), (-5, -2, 3), (2, 0, 3), (3, 3, 9), (9, 1, 9)),
        _task(polynomial, [(1,)], (0,), (2,), (-3,), (11,), (5,)),
        _task(even_squares, [([1, 2],)], ([2, 3, 4],), ([],), ([-6, 5],), ([1],), ([0, 10],)),
        _task(is_leap, [(2024,)], (1900,), (2000,), (2023,), (2004,), (2100,)),
        _task(initials, [(["a", "bc"],)], (["red", "fox"],), ([],), (["x"],), (["ab", "c", "d"],)),
        _task(split_at, [([1, 5], 3)], ([4, 9, 1], 4), ([], 0), ([3, 3], 9), ([-1, 7, 0], 0)),
    )
}
REFERENCES = (
    add,
    total,
    largest,
    clamp,
    polynomial,
    even_squares,
    is_leap,
    initials,
    split_at,
)
