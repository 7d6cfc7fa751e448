"""Exact arithmetic of polynomials in variables, pi, i and roots of primes.

A polynomial maps monomials to rational coefficients; a monomial is a sorted tuple of (atom, power).
Two atoms have relations, applied at each product: i^2 = -1, and root(p, q)^q = p. Products of
different square roots of primes, i and pi are linearly independent over the rationals, so
over these atoms a polynomial is zero only if it is written as zero.
"""

from fractions import Fraction

Monomial = tuple[tuple[str, int], ...]
Polynomial = dict[Monomial, Fraction]

IMAGINARY = "i"
MOST_TERMS = 1_000
MOST_BITS = 40_000  # of a coefficient
MOST_STEPS = 100_000  # products of terms in one comparison, large coefficients counting for more


class TooLargeError(Exception):
    """More terms, bits or steps than are spent on one answer."""


class Budget:
    """What one comparison may still spend."""

    def __init__(self) -> None:
        self.steps = MOST_STEPS

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise TooLargeError


def constant(value: Fraction) -> Polynomial:
    """A number as a polynomial."""
    return {(): value} if value else {}


def atom(name: str) -> Polynomial:
    """One atom to the first power."""
    return {((name, 1),): Fraction(1)}


def root_atom(radicand: int, index: int) -> str:
    """The name of the positive real root of a prime."""
    return f"root {radicand} {index}"


def add(left: Polynomial, right: Polynomial, scale: int = 1) -> Polynomial:
    """left + scale * right."""
    total = dict(left)
    for monomial, coefficient in right.items():
        value = total.get(monomial, Fraction(0)) + scale * coefficient
        if value:
            total[monomial] = value
        else:
            total.pop(monomial, None)
    if len(total) > MOST_TERMS:
        raise TooLargeError
    return total


def multiply(left: Polynomial, right: Polynomial, budget: Budget) -> Polynomial:
    """The product, reduced.

    Raises:
        TooLargeError: it has too many terms, or its coefficients too many bits.
    """
    budget.spend(len(left) * len(right))
    product: Polynomial = {}
    for left_monomial, left_value in left.items():
        for right_monomial, right_value in right.items():
            monomial, factor = _join(left_monomial, right_monomial)
            value = left_value * right_value * factor
            bits = value.numerator.bit_length() + value.denominator.bit_length()
            if bits > MOST_BITS:
                raise TooLargeError
            budget.spend(bits >> 6)
            product[monomial] = product.get(monomial, Fraction(0)) + value
    if len(product) > MOST_TERMS:
        raise TooLargeError
    return {monomial: value for monomial, value in product.items() if value}


def raise_to(base: Polynomial, power: int, budget: Budget) -> Polynomial:
    """``base`` to a power of zero or more, by squaring."""
    _check_power(base, power)
    result = constant(Fraction(1))
    while power:
        if power & 1:
            result = multiply(result, base, budget)
        power >>= 1
        if power:
            base = multiply(base, base, budget)
    return result


def _check_power(base: Polynomial, power: int) -> None:
    """Refuse a number's power by its length, before it is computed."""
    longest = max(
        (max(abs(c.numerator), c.denominator).bit_length() - 1 for c in base.values()), default=0
    )
    if longest * power > MOST_BITS or power.bit_length() > MOST_BITS.bit_length():
        raise TooLargeError


def _join(left: Monomial, right: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials, and the number that the relations leave."""
    if not left or not right:
        return left or right, 1
    powers = dict(left)
    factor = 1
    for name, power in right:
        powers[name] = powers.get(name, 0) + power
    for name in [name for name, _ in right]:
        if name == IMAGINARY:
            factor *= (-1) ** (powers[name] // 2 % 2)
            powers[name] %= 2
        elif name.startswith("root "):
            _, prime, index = name.split()
            times, powers[name] = divmod(powers[name], int(index))
            factor *= int(prime) ** times
    return tuple(sorted((name, power) for name, power in powers.items() if power)), factor


def names(polynomial: Polynomial) -> set[str]:
    """The atoms that occur."""
    return {name for monomial in polynomial for name, _ in monomial}


def written(polynomial: Polynomial) -> str:
    """A text that equal polynomials share."""
    return " + ".join(f"{value}*{monomial}" for monomial, value in sorted(polynomial.items()))
