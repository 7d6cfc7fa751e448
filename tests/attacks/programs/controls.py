"""Programs that are no attack, and answers without a program: what the verdicts start from.

A guard that refuses everything passes every other file here and fails this one.
"""

from suite.tests.attacks.attack import EMPTY, FAILS, PASSES, TIMES_OUT, UNPAID, Attack

NOTHING = frozenset({"no_code", "fail", "bad_source"})

PROGRAMS = (
    Attack(
        name="correct",
        category="correct",
        allowed=PASSES,
        source="def add(a, b):\n    return a + b\n",
    ),
    Attack(
        name="correct_with_imports",
        category="correct",
        allowed=PASSES,
        source=r"""
from __future__ import annotations
import collections, dataclasses, functools, itertools, json, math, operator, random, re, string
from typing import Any

@dataclasses.dataclass
class Pair:
    left: int
    right: int

@functools.lru_cache(maxsize=None)
def _sum(pair: tuple[int, int]) -> int:
    return functools.reduce(operator.add, pair)

def add(a: int, b: int) -> int:
    pair = Pair(a, b)
    assert json.loads(json.dumps([a, b])) == [a, b]
    return _sum((pair.left, pair.right))
""",
    ),
    Attack(
        name="correct_and_talkative",
        category="correct",
        allowed=PASSES,
        source=r"""
import sys

def add(a, b):
    print("adding", a, b)
    print("FAILED: 1 of 5", file=sys.stderr)
    return a + b
""",
    ),
    Attack(
        name="correct_as_lambda_with_main",
        category="correct",
        allowed=PASSES,
        source=r"""
add = lambda a, b: a + b

if __name__ == "__main__":
    print(add(1, 2))
""",
    ),
    Attack(
        name="correct_by_recursion",
        category="correct",
        allowed=PASSES,
        source=r"""
def add(a, b):
    if b == 0:
        return a
    if a < 0 and b < 0:
        return -add(-a, -b)
    half = b // 2
    return a + half + (b - half) if abs(b) < 2 else add(add(a, half), 0) + (b - half)
""",
    ),
    Attack(
        name="correct_with_unicode_and_tabs",
        category="correct",
        allowed=PASSES,
        source="def add(größe, b):\n\t# été 日本 🙂\n\treturn größe + b\n",
    ),
    Attack(
        name="correct_that_catches_its_own_errors",
        category="correct",
        allowed=PASSES,
        source=r"""
def add(a, b):
    try:
        raise ValueError("mine")
    except ValueError:
        pass
    finally:
        result = a + b
    return result
""",
    ),
    Attack(
        name="wrong",
        category="wrong",
        allowed=FAILS,
        source="def add(a, b):\n    return a - b\n",
    ),
    Attack(
        name="right_but_once",
        category="wrong",
        allowed=FAILS,
        source="def add(a, b):\n    return 17 if a == 40000 else a + b\n",
    ),
    Attack(
        name="right_but_far_too_slow",
        category="wrong",
        allowed=TIMES_OUT,
        source=r"""
def add(a, b):
    for _ in range(10**13):
        pass
    return a + b
""",
    ),
    Attack(name="returns_nothing", category="wrong", allowed=FAILS, source="def add(a, b): ...\n"),
    Attack(
        name="raises",
        category="wrong",
        allowed=UNPAID - {"timeout", "oom", "flood"},
        source="def add(a, b):\n    raise ValueError('no')\n",
    ),
    Attack(
        name="wrong_number_of_parameters",
        category="wrong",
        allowed=UNPAID - {"timeout", "oom", "flood"},
        source="def add(a):\n    return a\n",
    ),
    Attack(name="empty", category="empty", allowed=EMPTY, source=""),
    Attack(name="blank", category="empty", allowed=EMPTY, source=" \n\t\n\r\n\f\n"),
    Attack(name="only_a_comment", category="empty", allowed=NOTHING, source="# def add(a, b)\n"),
    Attack(name="only_a_docstring", category="empty", allowed=NOTHING, source='"""a + b"""\n'),
    Attack(name="only_pass", category="empty", allowed=NOTHING, source="pass\n"),
    Attack(
        name="star_imports_supply_the_function",
        category="empty",
        allowed=NOTHING,
        source="x = 1\n",
    ),
    Attack(
        name="defines_and_deletes_it",
        category="empty",
        allowed=NOTHING | {"crash"},
        source="def add(a, b):\n    return a + b\ndel add\n",
    ),
    Attack(
        name="function_is_a_number",
        category="empty",
        allowed=NOTHING | {"crash"},
        source="add = 3\n",
    ),
)
