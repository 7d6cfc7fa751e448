r"""Golds and answers side by side: what is the same, what is not, and which texts are not read."""

import pytest

from suite.plugins.rewards.maths.comparing import compare
from suite.plugins.rewards.maths.statements import read
from suite.plugins.rewards.maths.tree import UnreadableError

# Gold, answer: decided here, without a proof.
SAME = [
    ("18", "18"),
    ("18", "+18.0"),
    ("1,080", "1080"),
    (r"10,\!080", "10{,}080"),
    (r"\$32,\!348", "32348"),
    ("-3", "\u22123"),
    ("120", "5!"),
    ("10", r"\binom{5}{2}"),
    (r"\frac12", "0.5"),
    (r"\frac{1}{2}", r"\dfrac{2}{4}"),
    (r"\frac1{72}", "1/72"),
    (r"\frac13", r"0.\overline{3}"),
    (r"3\frac18", "25/8"),
    ("3 1/8", "3.125"),
    (r"2\frac32", "3"),
    (r"6.72 \times 10^{-5}", ".0000672"),
    (".0000672", "6.72e-5"),
    ("0.6666666667", r"\frac{2}{3}"),
    ("20\\%", "20%"),
    ("20\\%", "20"),
    ("20\\%", "0.2"),
    ("20", "20%"),
    ("0.2", "20%"),
    (r"25 \text{ km}", "25 km"),
    (r"25 \text{ km}", "25"),
    ("25", "25 apples"),
    (r"\$20", "20 dollars"),
    (r"440\text{ cm}^2", "440 square centimeters"),
    ("5000000", "5 million"),
    (r"45^\circ", "45"),
    (r"9\text{ a.m.}", "9 AM"),
    (r"\sqrt{12}", r"2\sqrt3"),
    (r"\frac{1}{\sqrt2}", r"\frac{\sqrt{2}}{2}"),
    (r"2\sqrt{3}", "\u221a12"),
    (r"\frac{1}{1+\sqrt2}", r"\sqrt2 - 1"),
    (r"\sqrt[3]{54}", r"3\sqrt[3]{2}"),
    (r"\sqrt{-4}", "2i"),
    ("1+2i", "2i+1"),
    (r"\frac{1}{i}", "-i"),
    ("2^{2005}", r"2\cdot 2^{2004}"),
    (r"\frac{1}{2004!}", "1/2004!"),
    ("(x-5)(x^2-4x+7)", "x^3-9x^2+27x-35"),
    (r"\frac{2x-7}{(x+1)(x-2)}", r"\frac{3}{x+1}-\frac{1}{x-2}"),
    (r"-\frac1{2x}", "-0.5x^{-1}"),
    ("a^3+a^2", "a^2(a+1)"),
    ("x^10", "x^{10}"),
    ("3-2f(x)", "-f(x)2+3"),
    ("5", "x=5"),
    ("5", "f(2) = 5"),
    ("x=5", "5"),
    ("x=5", "5 = x"),
    ("y=2x+3", "2x+3"),
    ("y=2x+3", "2x - y + 3 = 0"),
    ("4x-5y=-50", "8x-10y=-100"),
    ("-2,1", "1,-2"),
    ("19, 22", r"19 \text{ and } 22"),
    (r"7, -2, \text{ and } -5", "-5, 7, -2"),
    ("2, 3", "x = 2 or x = 3"),
    (r"3 \pm 2\sqrt2", r"3-2\sqrt2, 3+2\sqrt2"),
    (r"\{1\pm\sqrt{5},-2\}", r"\{-2, 1-\sqrt5, 1+\sqrt5\}"),
    ("(3, 4)", r"\left( 3, \frac{8}{2} \right)"),
    ("[1,4)", "[1, 4)"),
    (r"(2,\infty)", "x > 2"),
    (r"(2,\infty)", "2 < x"),
    ("[-2,7]", r"-2 \le x \le 7"),
    (r"x \in [-2,7]", "[-2,7]"),
    (r"(-\infty,-2]\cup[2,\infty)", r"[2,\infty)\cup(-\infty,-2]"),
    ("f(2) < f(1) < f(4)", "f(4) > f(1) > f(2)"),
    ("1:2", "1 : 2"),
    (r"\begin{pmatrix} 1 \\ -2 \end{pmatrix}", r"\begin{bmatrix} 1\\-4/2 \end{bmatrix}"),
    ("221_3", "221_{3}"),
    ("221_3", "221"),
    ("152A_{11}", "152A_{11}"),
    (r"\text{Evelyn}", "evelyn"),
    (r"\text{(A)}", "A"),
    ("C", r"\text{C}"),
    (r"\text{A,C,F}", "F, A, C"),
    (r"\text{4:30 p.m.}", "4:30 PM"),
    (r"\text{13}", "13"),
    (r"\infty", "infinity"),
]

# Gold, answer: must not be paid.
DIFFERENT = [
    ("18", "-18"),
    ("18", "81"),
    ("5", r"\pm 5"),
    ("5", "5, 5"),
    ("5", "5 or 6"),
    ("5", r"5 \text{ or }6"),
    ("5", "5; 6"),
    ("5", "x"),
    ("5", "x^2 = 25"),
    ("5", "2x = 10"),
    ("5", "x = y = 5"),
    ("5", "5 = 6"),
    ("5", r"x \ne 5"),
    ("5", "x > 5"),
    ("5", r"\infty"),
    ("5", "5 squared"),
    ("5", "5 halves"),
    (r"\infty", "-infinity"),
    ("5", "5 million"),
    ("5", "5+0/0"),
    ("5", r"5+0 \cdot \infty"),
    ("5", "5+10^{-60}"),
    (r"\sqrt2", r"\sqrt2+10^{-60}"),
    ("5", "((5, 6))"),
    ("5", r"\{5\}"),
    ("x=5", "x"),
    ("x=5", "x=x"),
    ("x=5", "2x=10"),
    ("x=5", "y=-5"),
    ("y=2x+3", "0=0"),
    ("y=2x+3", "y=2x+4"),
    ("y=2x+3", "2y=2x+3"),
    (r"\infty", r"-\infty"),
    (r"\frac13", "0.333"),
    ("0.67", r"\frac23"),
    ("0.6666666667", "0.667"),
    (r"\frac{3}{4}", r"\frac{4}{3}"),
    ("20\\%", "2000"),
    ("20\\%", "0.2%"),
    ("0.2", "0.2%"),
    (r"25 \text{ km}", "25 m"),
    (r"25 \text{ km}", r"25 \text{ km}^2"),
    (r"5.4 \text{ cents}", r"\$5.40"),
    (r"9\text{ a.m.}", "9"),
    (r"9\text{ a.m.}", "9 pm"),
    (r"9\text{ a.m.}", "-9 a.m."),
    (r"\frac{\pi}{4}", r"45^\circ"),
    (r"\cos 13^\circ", r"\cos 13"),
    (r"\cos 13^\circ", r"\sin 76^\circ"),
    (r"8\pi", "25.13"),
    ("i", "-i"),
    ("x", "y"),
    ("ab", "a"),
    ("x", r"\sqrt{x^2}"),
    ("x^{10}", "x^1 0"[:3]),
    ("(x-1)^2", "x^2-1"),
    ("-2,1", "2,-1"),
    ("-2,1", "(-2,1)"),
    ("-2,1", "-2"),
    ("1, 2", "1, 1, 2"),
    ("(-2,1)", "(1,-2)"),
    ("(-2,1)", "-2,1"),
    ("(3,4)", "[3,4]"),
    ("(3,4)", "3 < x < 4"),
    ("[1,4]", "[1,4)"),
    ("[1,4)", "(1,4]"),
    (r"(2,\infty)", r"x \ge 2"),
    (r"(2,\infty)", r"(2,-\infty)"),
    (r"(-\infty,-2]\cup[2,\infty)", r"(-\infty,-2]\cap[2,\infty)"[:14]),
    ("1:2", "2:1"),
    ("f(2) < f(1)", r"f(2) \le f(1)"),
    (r"\begin{pmatrix} 1 \\ -2 \end{pmatrix}", r"\begin{pmatrix} 1 & -2 \end{pmatrix}"),
    (r"\begin{pmatrix} 1 \\ -2 \end{pmatrix}", r"\begin{pmatrix} -1 \end{pmatrix}"),
    ("221_3", "25_{10}"),
    ("221_3", "221_4"),
    (r"\text{even}", "neve"),
    (r"\text{even}", "even or odd"),
    (r"\text{VW}", "V-W"),
    (r"\text{(A)}", "B"),
    (r"\text{A,C,F}", "A, C"),
    (r"\text{1:03 PM}", "1:03 AM"),
]

# Texts that look equal and are not decided here.
UNPROVED = [
    (r"\cos 13^\circ", r"\sin 77^\circ"),
    ("5", "9^{9^{9^9}}"),
    (r"\sqrt[3]{2}", "2^{1/3}+10^{-60}"),
    ("x^2", r"\sqrt{x^4}"),
]

UNREADABLE = [
    "",
    "   ",
    "$",
    "\u0665",  # an Arabic five
    "\uff15",  # a full-width five
    "5 5",
    "x2",
    "the 5",
    r"5 \text{ not } 6",
    r"5 \text{ or six}",
    r"\pi 8",  # a number after a letter may be an index that lost its mark
    "[5]",
    "5 +",
    "(5",
    "5)",
    r"\frac{1}",
    r"\frac{1}{",
    r"\undefined{5}",
    r"\int_0^1 x dx",
    r"__import__('os')",
    "().__class__",
    "5\x00",
    "\ud800",
    "1e99999",
    "(" * 500 + "1" + ")" * 500,
    "{" * 500 + "1" + "}" * 500,
    r"\frac1" * 300,
    "x^" * 300 + "x",
    r"\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix}",
    "9" * 2001,
]


@pytest.mark.parametrize(("gold", "answer"), SAME)
def test_the_same_in_another_notation_is_paid(gold: str, answer: str) -> None:
    comparison = compare(read(gold), read(answer))
    assert comparison.same
    assert not comparison.unproved


@pytest.mark.parametrize(("gold", "answer"), DIFFERENT)
def test_another_answer_is_not_paid(gold: str, answer: str) -> None:
    try:
        statement = read(answer)
    except UnreadableError:
        return  # not paid either
    assert not compare(read(gold), statement).same


@pytest.mark.parametrize(("gold", "answer"), UNPROVED)
def test_what_only_looks_equal_waits_for_a_proof(gold: str, answer: str) -> None:
    comparison = compare(read(gold), read(answer))
    assert comparison.same
    assert comparison.unproved


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_outside_of_the_grammar_is_not_read(text: str) -> None:
    if text == "the 5":  # words, and equal to no number
        assert not compare(read("5"), read(text)).same
        return
    with pytest.raises(UnreadableError):
        read(text)


def test_the_sides_are_not_alike() -> None:
    """A solved gold takes no unsolved answer; a rounded gold takes the exact value."""
    assert compare(read("x=5"), read("5")).same
    assert not compare(read("x=5"), read("2x=10")).same
    assert compare(read("3.33333"), read("10/3")).same
    assert not compare(read("10/3"), read("3.33333")).same


@pytest.mark.parametrize(
    ("gold", "answer", "same"),
    [
        ("3.33333", "3.333335", True),  # half a unit of the last digit
        ("3.33333", "3.3333351", False),
        ("3.3333", "10/3", False),  # four digits: exact
        (".0000672", ".00006722", False),  # three digits that count: exact
    ],
)
def test_a_decimal_gold_of_five_digits_is_a_rounded_one(gold: str, answer: str, same: bool) -> None:
    assert compare(read(gold), read(answer)).same is same


def test_a_question_for_a_list_makes_commas_separate() -> None:
    both = {"commas_separate": True}
    assert compare(read("70,110", **both), read("110, 70", **both)).same
    assert not compare(read("70,110", **both), read("70110", **both)).same
    assert not compare(read("70,110"), read("110, 70")).same
    assert compare(read(r"70,\!110", **both), read("70110", **both)).same
