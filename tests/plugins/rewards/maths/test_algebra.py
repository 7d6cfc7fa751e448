"""Exact arithmetic and probing against enumeration, closed forms and sympy."""

import cmath
import random
from fractions import Fraction

import pytest
import sympy

from suite.plugins.rewards.maths import confirm, polynomials
from suite.plugins.rewards.maths.algebra import UndefinedError, equal, proportional, ratio
from suite.plugins.rewards.maths.grammar import parse
from suite.plugins.rewards.maths.polynomials import Budget, TooLargeError
from suite.plugins.rewards.maths.probing import differ
from suite.plugins.rewards.maths.tokens import clean, number, tokenize
from suite.plugins.rewards.maths.tree import Expr, UnreadableError
from suite.plugins.rewards.maths.trees_as_json import from_json, to_json


def expr(text: str) -> Expr:
    return parse(tokenize(clean(text)))


def random_text(generator: random.Random, depth: int) -> str:
    """An expression over x, y, small integers, square roots, i and pi."""
    if depth == 0:
        leaves = ["x", "y", "i", r"\pi", r"\sqrt{2}", r"\sqrt{6}", str(generator.randint(1, 9))]
        return generator.choice(leaves)
    left, right = (random_text(generator, depth - 1) for _ in range(2))
    shapes = [
        f"({left})+({right})",
        f"({left})-({right})",
        f"({left})({right})",
        rf"\frac{{{left}}}{{{right}}}",
        f"({left})^2",
    ]
    return generator.choice(shapes)


def test_equality_agrees_with_sympy_on_random_expressions() -> None:
    generator = random.Random(0)
    checked = 0
    for _ in range(60):
        left, right = (expr(random_text(generator, 2)) for _ in range(2))
        try:
            decided = equal(left, right)
        except UndefinedError:
            continue
        difference = sympy.simplify(confirm.build(left) - confirm.build(right))
        assert decided is bool(difference == 0)
        checked += 1
    assert checked > 40


def test_an_expression_equals_its_own_rewriting() -> None:
    """(a + b)^2 - (a - b)^2 = 4ab, for random a and b."""
    generator = random.Random(1)
    for _ in range(30):
        a, b = (random_text(generator, 1) for _ in range(2))
        left = expr(f"(({a})+({b}))^2-(({a})-({b}))^2")
        assert equal(left, expr(f"4({a})({b})")) is True
        assert equal(left, expr(f"4({a})({b})+1")) is False


@pytest.mark.parametrize("radicand", range(1, 200))
def test_square_roots_of_integers_multiply_to_them(radicand: int) -> None:
    root = rf"\sqrt{{{radicand}}}"
    assert equal(expr(f"{root}{root}"), expr(str(radicand))) is True
    inverse = rf"\frac{{1}}{{{root}}}"
    assert equal(expr(inverse), expr(rf"\frac{{{root}}}{{{radicand}}}")) is True


def test_square_roots_are_equal_only_when_their_radicands_are() -> None:
    roots = [expr(rf"\sqrt{{{radicand}}}") for radicand in range(1, 30)]
    for i, left in enumerate(roots):
        for j, right in enumerate(roots):
            assert equal(left, right) is (i == j)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("x+y", "2x+2y", True),
        ("x+y", "-x-y", True),
        ("x+y", "x-y", False),
        ("x+y", "0", None),
        ("0", "0", True),
        ("x^2-1", "(x-1)^2", False),
    ],
)
def test_proportional(left: str, right: str, same: bool | None) -> None:
    assert proportional(expr(left), expr(right)) is same


@pytest.mark.parametrize("text", ["1/0", r"\frac{1}{x-x}", "0^0", "0^{-1}", r"\infty - \infty"])
def test_what_has_no_value_is_undefined(text: str) -> None:
    with pytest.raises(UndefinedError):
        ratio(expr(text), Budget())


@pytest.mark.parametrize(
    "text",
    ["(a+b+c+d)^{90}", "9^{99999}", "((((9^9)^9)^9)^9)^9", "x^{999999999}", "(x+1)^{99}(y+1)^{99}"],
)
def test_what_is_too_large_is_given_up(text: str) -> None:
    with pytest.raises(TooLargeError):
        ratio(expr(text), Budget())


def test_a_zero_in_disguise_below_a_fraction_proves_nothing() -> None:
    """2^(1/4) squared is the root of 2, which these atoms do not know."""
    zero = r"(\sqrt[4]{2}^2-\sqrt{2})"
    assert equal(expr("5"), expr(rf"\frac{{5{zero}}}{{{zero}}}")) is None


def test_opaque_atoms_can_show_equal_and_not_different() -> None:
    assert equal(expr(r"\sin(2x)"), expr(r"\sin(x+x)")) is True
    assert equal(expr(r"\sin(2x)"), expr(r"2\sin(x)\cos(x)")) is None
    assert equal(expr(r"e^2"), expr("ee")) is True
    assert equal(expr(r"\pi e"), expr("8.5")) is None  # nobody knows whether they are independent


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\sin 3", cmath.sin(3)),
        (r"\cos 60^\circ", 0.5),
        (r"\sin^2 1", cmath.sin(1) ** 2),
        (r"\sin^{-1} 1", cmath.pi / 2),
        (r"\log_2 8", 3),
        (r"\log 100", 2),
        (r"\ln e", 1),
        ("|-3|", 3),
        ("|-3||2|", 6),
        ("5!", 120),
        (r"\sqrt[3]{8}", 2),
        (r"\frac\pi4", cmath.pi / 4),
        ("2^3^2", 512),
        ("-2^2", -4),
        ("6/2(3)", 9),
        ("2e", 2 * cmath.e),
        (r"\sec 0", 1),
        (r"\tan 1", cmath.tan(1)),
    ],
)
def test_values_by_hand(text: str, value: complex) -> None:
    """Both the probe and the proof read the tree as we do."""
    built = complex(confirm.build(expr(text)))
    assert cmath.isclose(built, value, rel_tol=1e-12, abs_tol=1e-12)
    near, far = (repr(value.real + shift) for shift in (0.0, 1e-3))
    assert not differ(expr(text), expr(near))
    assert differ(expr(text), expr(far))


def test_probing_does_not_take_cancellation_for_a_difference() -> None:
    assert not differ(expr(r"\sqrt{10^{16}+1}-10^8"), expr(r"\frac{1}{\sqrt{10^{16}+1}+10^8}"))


def test_probing_is_over_all_reals() -> None:
    assert differ(expr("x"), expr(r"\sqrt{x^2}"))
    assert not differ(expr("|x|"), expr(r"\sqrt{x^2}"))


def test_probing_cannot_take_long_or_fail() -> None:
    for text in ("9^{9^{9^9}}", r"e^{e^{e^{e^9}}}", "(9!)!", r"\ln 0", "1/0"):
        assert not differ(expr("5"), expr(text))


@pytest.mark.parametrize(
    ("left", "right", "proved"),
    [
        (r"\cos 13^\circ", r"\sin 77^\circ", True),
        (r"\cos 13^\circ", r"\sin 76^\circ", False),
        (r"\sqrt[3]{2}", "2^{1/3}+10^{-60}", False),
        (r"\sqrt{7+4\sqrt3}", r"2+\sqrt3", True),
        ("x^2", r"\sqrt{x^4}", True),
        ("x", r"\sqrt{x^2}", False),
        (r"\sin(2x)", r"2\sin x \cos x", True),
        (r"\overline{CD}", "CD", False),
        ("f(1)", "f(2)", False),
        ("1", r"0\cdot\ln 0+1", False),
    ],
)
def test_proofs(left: str, right: str, proved: bool) -> None:
    assert confirm.confirm([to_json(expr(left)), to_json(expr(right))]) is proved


def test_trees_survive_json() -> None:
    tree = expr(r"\frac{x_1+0.25}{\sqrt[3]{\sin 2}} - f(2)!")
    assert to_json(from_json(to_json(tree))) == to_json(tree)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("007", 7),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("1,234.5", Fraction(2469, 2)),
        ("2.5e-3", Fraction(1, 400)),
        (r"0.1\overline{6}", Fraction(1, 6)),
        (r".\overline{142857}", Fraction(1, 7)),
    ],
)
def test_numbers_are_exact(text: str, value: Fraction) -> None:
    assert number(text).value == value


@pytest.mark.parametrize("text", [".", "1e401", "1e-401"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(UnreadableError):
        number(text)


def test_the_relations_of_roots_and_i() -> None:
    i, root = polynomials.atom("i"), polynomials.atom(polynomials.root_atom(2, 3))
    assert polynomials.raise_to(i, 2, Budget()) == {(): -1}
    assert polynomials.raise_to(i, 4, Budget()) == {(): 1}
    assert polynomials.raise_to(root, 3, Budget()) == {(): 2}
