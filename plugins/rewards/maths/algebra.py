"""Expressions as fractions of polynomials, and when two of them are equal.

a/b = c/d is decided as ad = bc, so nothing is simplified. What the polynomials cannot express (a
sine, a nested root, a power with a variable in it) becomes an atom named by its argument's
normal form: equal names are equal values, so "equal" stays certain, and "different" does not.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from suite.plugins.rewards.maths.polynomials import (
    IMAGINARY,
    Budget,
    Polynomial,
    TooLargeError,
    add,
    atom,
    constant,
    multiply,
    names,
    raise_to,
    root_atom,
    written,
)
from suite.plugins.rewards.maths.tree import Apply, Expr, Number, Symbol

LARGEST_FACTORIAL = 2500
LARGEST_BINOMIAL = 2000
LARGEST_FACTOR = 10_000  # trial division of radicands; what is left is prime below its square
LARGEST_RADICAND = 10**24
LARGEST_INDEX = 12


class UndefinedError(Exception):
    """A division by zero, or another operation without a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """Above over below; ``below`` is not written as zero."""

    above: Polynomial
    below: Polynomial


ONE = constant(Fraction(1))


def equal(gold: Expr, answer: Expr) -> bool | None:
    """Whether two expressions are equal; None where this arithmetic cannot tell.

    Raises:
        UndefinedError: one of them has no value.
    """
    budget = Budget()
    try:
        left, right = ratio(gold, budget), ratio(answer, budget)
        difference = add(
            multiply(left.above, right.below, budget),
            multiply(right.above, left.below, budget),
            scale=-1,
        )
    except TooLargeError:
        return None
    if not difference:
        # A denominator of other atoms may be a zero in disguise.
        return True if is_complete(names(left.below) | names(right.below)) else None
    every = names(left.above) | names(left.below) | names(right.above) | names(right.below)
    return False if is_complete(every) else None


def proportional(gold: Expr, answer: Expr) -> bool | None:
    """Whether one is the other times a number other than zero; None: it cannot tell.

    Raises:
        UndefinedError: one of them has no value.
    """
    budget = Budget()
    try:
        left, right = ratio(gold, budget), ratio(answer, budget)
        first = multiply(left.above, right.below, budget)
        second = multiply(right.above, left.below, budget)
        if not first or not second:
            return None if first or second else True
        lead = max(first)
        if lead not in second:
            return False if is_complete(names(first) | names(second)) else None
        scaled_first = multiply(first, constant(second[lead]), budget)
        scaled_second = multiply(second, constant(first[lead]), budget)
        same = not add(scaled_first, scaled_second, scale=-1)
    except TooLargeError:
        return None
    complete = is_complete(names(first) | names(second))
    return same if complete else None


def is_complete(atoms: set[str]) -> bool:
    """Whether different polynomials in these atoms are different functions.

    So it is for variables, i, square roots of primes, and one of pi and e.
    """
    if {"pi", "e"} <= atoms:
        return False
    return all(not name.startswith(("root ", "of ")) or _is_prime_root(name) for name in atoms)


def _is_prime_root(name: str) -> bool:
    kind, radicand, index = [*name.split(" ", 2), "", ""][:3]
    return kind == "root" and index == "2" and int(radicand) < LARGEST_FACTOR**2


def rational(expr: Expr) -> Fraction | None:
    """The value of a number, or of a fraction of numbers; None for anything else."""
    if isinstance(expr, Number):
        return expr.value
    if isinstance(expr, Apply) and expr.name in ("/", "*") and len(expr.args) == 2:
        left, right = rational(expr.args[0]), rational(expr.args[1])
        if left is None or right is None or (expr.name == "/" and right == 0):
            return None
        return left / right if expr.name == "/" else left * right
    return None


def ratio(expr: Expr, budget: Budget) -> Ratio:
    """An expression as a fraction of polynomials.

    Raises:
        TooLargeError, UndefinedError.
    """
    if isinstance(expr, Number):
        return Ratio(constant(expr.value), ONE)
    if isinstance(expr, Symbol):
        if expr.name == "infty":
            raise UndefinedError("infinity inside an expression")
        return Ratio(atom(expr.name), ONE)
    if expr.name == "+":
        return _sum(expr, budget)
    return _applied(expr, [ratio(arg, budget) for arg in expr.args], budget)


def _applied(expr: Apply, args: list[Ratio], budget: Budget) -> Ratio:
    if expr.name == "*":
        return _product(args, budget)
    if expr.name == "/":
        return _quotient(args[0], args[1], budget)
    if expr.name == "degree":
        scale = Ratio({(("pi", 1),): Fraction(1, 180)}, ONE)
        return _product([args[0], scale], budget)
    if expr.name == "^":
        return _power(args[0], args[1], budget)
    if expr.name == "sqrt":
        return _root(args[0], 2, budget)
    return _function(expr.name, args)


def _sum(expr: Apply, budget: Budget) -> Ratio:
    total = Ratio({}, ONE)
    for arg in expr.args:
        term = ratio(arg, budget)
        if total.below == term.below:
            total = Ratio(add(total.above, term.above), total.below)
            continue
        above = add(
            multiply(total.above, term.below, budget), multiply(term.above, total.below, budget)
        )
        total = Ratio(above, multiply(total.below, term.below, budget))
    return total


def _product(args: list[Ratio], budget: Budget) -> Ratio:
    above, below = ONE, ONE
    for arg in args:
        above = multiply(above, arg.above, budget)
        below = multiply(below, arg.below, budget)
    return Ratio(above, below)


def _quotient(left: Ratio, right: Ratio, budget: Budget) -> Ratio:
    if not right.above:
        raise UndefinedError("a division by zero")
    above = multiply(left.above, right.below, budget)
    below = multiply(left.below, right.above, budget)
    number = _number(below)
    if number is not None:  # a plain number goes into the coefficients
        return Ratio(multiply(above, constant(1 / number), budget), ONE)
    return Ratio(above, below)


def _number(polynomial: Polynomial) -> Fraction | None:
    if not polynomial:
        return Fraction(0)
    return polynomial.get(()) if len(polynomial) == 1 else None


def _value(arg: Ratio) -> Fraction | None:
    """The number that a fraction is, if it is one."""
    above, below = _number(arg.above), _number(arg.below)
    return None if above is None or below is None else above / below


def _power(base: Ratio, exponent: Ratio, budget: Budget) -> Ratio:
    power = _value(exponent)
    if power is None:
        return _opaque("^", [base, exponent])
    if power.denominator != 1:
        if power.denominator > LARGEST_INDEX:
            return _opaque("^", [base, exponent])
        root = _root(base, power.denominator, budget)
        return _power(root, Ratio(constant(Fraction(power.numerator)), ONE), budget)
    size = abs(power.numerator)
    if power == 0 and not base.above:
        raise UndefinedError("zero to the power of zero")
    if power < 0 and not base.above:
        raise UndefinedError("a division by zero")
    raised = Ratio(raise_to(base.above, size, budget), raise_to(base.below, size, budget))
    return _quotient(Ratio(ONE, ONE), raised, budget) if power < 0 else raised


def _root(arg: Ratio, index: int, budget: Budget) -> Ratio:
    """The principal root; of numbers by their prime factors."""
    value = _value(arg)
    if value is None or (value < 0 and index != 2) or _is_large(value):
        return _opaque(f"root{index}", [arg])
    if value == 0:
        return Ratio({}, ONE)
    # The root of a/b is the root of a b^(q-1), over b.
    radicand = abs(value.numerator) * value.denominator ** (index - 1)
    if radicand > LARGEST_RADICAND:
        return _opaque(f"root{index}", [arg])
    outside, inside = Fraction(1, value.denominator), ONE
    for prime, power in _factors(radicand).items():
        outside *= prime ** (power // index)
        if power % index:
            root = atom(root_atom(prime, index))
            inside = multiply(inside, raise_to(root, power % index, budget), budget)
    if value < 0:
        inside = multiply(inside, atom(IMAGINARY), budget)
    return Ratio(multiply(inside, constant(outside), budget), ONE)


def _is_large(value: Fraction) -> bool:
    return max(abs(value.numerator), value.denominator) > LARGEST_RADICAND


def _factors(number: int) -> dict[int, int]:
    """Prime factors with their powers; one factor may be a product of large primes."""
    factors: dict[int, int] = {}
    divisor = 2
    while divisor <= LARGEST_FACTOR and divisor * divisor <= number:
        while number % divisor == 0:
            factors[divisor] = factors.get(divisor, 0) + 1
            number //= divisor
        divisor += 1 if divisor == 2 else 2
    side = math.isqrt(number)
    if number > 1 and side * side == number:
        factors[side] = factors.get(side, 0) + 2
    elif number > 1:
        factors[number] = factors.get(number, 0) + 1
    return factors


def _function(name: str, args: list[Ratio]) -> Ratio:
    values = [_value(arg) for arg in args]
    whole = [v.numerator for v in values if v is not None and v.denominator == 1 and v >= 0]
    if name == "abs" and values[0] is not None:
        return Ratio(constant(abs(values[0])), ONE)
    if name == "!" and whole and whole[0] <= LARGEST_FACTORIAL:
        return Ratio(constant(Fraction(math.factorial(whole[0]))), ONE)
    if name == "binomial" and len(whole) == 2 and whole[0] <= LARGEST_BINOMIAL:
        return Ratio(constant(Fraction(math.comb(whole[0], whole[1]))), ONE)
    return _opaque(name, args)


def _opaque(name: str, args: list[Ratio]) -> Ratio:
    """An atom for what polynomials cannot express, named by what it is applied to."""
    told = ", ".join(f"({written(arg.above)}) / ({written(arg.below)})" for arg in args)
    return Ratio(atom(f"of {name}({told})"), ONE)
