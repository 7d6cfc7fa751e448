"""Numbers at seeded points: they can show that two expressions differ, never that they are equal.

Complex double precision, so that nothing a model writes can take long. Rounding is judged against
the largest number met on the way, so that cancellation is not taken for a difference.
"""

import cmath
import math
import random
from collections.abc import Callable, Mapping

from suite.plugins.rewards.maths.tree import Expr, Number, Symbol, symbols

POINTS = 6
REACH = 2.5  # points lie in [-REACH, REACH], so that even roots of negative numbers are met
ROUNDING = 1e-8  # relative to the largest number met
CONSTANTS = {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}
SECOND = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "exp"}
FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "sec": lambda z: 1 / cmath.cos(z),
    "csc": lambda z: 1 / cmath.sin(z),
    "cot": lambda z: cmath.cos(z) / cmath.sin(z),
    "arcsin": cmath.asin,
    "arccos": cmath.acos,
    "arctan": cmath.atan,
    "sinh": cmath.sinh,
    "cosh": cmath.cosh,
    "tanh": cmath.tanh,
    "ln": cmath.log,
    "log": cmath.log10,
    "exp": cmath.exp,
    "sqrt": cmath.sqrt,
    "abs": lambda z: complex(abs(z)),
    "degree": lambda z: z * math.pi / 180,
}


class _Point:
    """Values for the variables, and the largest number met so far."""

    def __init__(self, values: Mapping[str, complex]) -> None:
        self.values = values
        self.largest = 0.0

    def __call__(self, expr: Expr) -> complex:
        value = self._evaluate(expr)
        if not cmath.isfinite(value):
            raise OverflowError
        self.largest = max(self.largest, abs(value))
        return value

    def _evaluate(self, expr: Expr) -> complex:
        if isinstance(expr, Number):
            return complex(expr.value)
        if isinstance(expr, Symbol):
            return self.values[expr.name]
        args = [self(arg) for arg in expr.args]
        if expr.name == "+":
            return sum(args, 0j)
        if expr.name == "*":
            return math.prod(args, start=1 + 0j)
        if expr.name == "/":
            return args[0] / args[1]
        if expr.name == "^":
            return args[0] ** args[1]
        if expr.name == "!":
            return complex(math.gamma(args[0].real + 1))
        return FUNCTIONS[expr.name](args[0])


def differ(gold: Expr, answer: Expr, *, seed: int = 0) -> bool:
    """Whether some point shows a difference that rounding cannot explain."""
    return any(_differs_at(gold, answer, values) for values in _points(gold, answer, seed))


def _points(gold: Expr, answer: Expr, seed: int) -> list[dict[str, complex]]:
    variables = sorted(symbols(gold) | symbols(answer))
    generator = random.Random(seed)
    return [
        CONSTANTS | {name: complex(generator.uniform(-REACH, REACH)) for name in variables}
        for _ in range(POINTS if variables else 1)
    ]


def _differs_at(gold: Expr, answer: Expr, values: Mapping[str, complex]) -> bool:
    point = _Point(values)
    try:
        distance = abs(point(gold) - point(answer))
    except (ArithmeticError, ValueError, KeyError):  # no value here, or none that fits a double
        return False
    return distance > ROUNDING * max(point.largest, 1e-300)
