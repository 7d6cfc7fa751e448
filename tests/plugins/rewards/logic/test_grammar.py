"""The grammar of formulas: what it reads, what it refuses and where."""

import json
import random

import pytest

from suite.plugins.rewards.logic.grammar import MAX_DEPTH, parse
from suite.plugins.rewards.logic.tokens import MAX_LENGTH, MAX_TOKENS
from suite.plugins.rewards.logic.tree import (
    FormulaError,
    Node,
    Symbol,
    from_json,
    nameless,
    signature,
    to_json,
)
from suite.plugins.rewards.logic.writing import write

KINDS = ["atom", "equal", "not", "and", "or", "xor", "iff", "implies", "forall", "exists"]
P, Q, R = (Node("atom", name) for name in "PQR")


def test_operators_bind_in_the_stated_order() -> None:
    assert parse("P ∧ Q \u2228 R") == Node("or", parts=(Node("and", parts=(P, Q)), R))
    assert parse("P \u2228 Q ⊕ R") == Node("xor", parts=(Node("or", parts=(P, Q)), R))
    assert parse("P ⊕ Q → R") == Node("implies", parts=(Node("xor", parts=(P, Q)), R))
    assert parse("P → Q ↔ R") == Node("iff", parts=(Node("implies", parts=(P, Q)), R))
    assert parse("¬P ∧ Q") == Node("and", parts=(Node("not", parts=(P,)), Q))


def test_implication_is_right_associative_and_chains_are_flat() -> None:
    assert parse("P → Q → R") == Node("implies", parts=(P, Node("implies", parts=(Q, R))))
    assert parse("P ∧ Q ∧ R") == Node("and", parts=(P, Q, R))


@pytest.mark.parametrize(
    ("ascii_form", "sign_form"),
    [
        ("forall x (P(x) -> exists y R(x, y))", "∀x (P(x) → ∃y R(x, y))"),
        ("not P and Q or R", "¬P ∧ Q \u2228 R"),
        ("~P & Q | R", "¬P ∧ Q \u2228 R"),
        ("!P && Q || R", "¬P ∧ Q \u2228 R"),
        ("P /\\ Q \\/ R", "P ∧ Q \u2228 R"),
        ("P xor Q <-> R", "P ⊕ Q ↔ R"),
        ("P => Q", "P → Q"),
        ("P <=> Q", "P ⟷ Q"),
        ("a != b", "a ≠ b"),
        ("A->B", "A → B"),
    ],
)
def test_ascii_says_what_the_signs_say(ascii_form: str, sign_form: str) -> None:
    assert parse(ascii_form) == parse(sign_form)


def test_a_quantifier_reaches_over_the_next_formula_unless_a_point_follows() -> None:
    narrow = parse("∀x P(x) → Q(a)")
    assert narrow.kind == "implies"
    assert parse("∀x. P(x) → Q(x)") == parse("∀x: P(x) → Q(x)") == parse("∀x (P(x) → Q(x))")
    assert parse("∀x, y R(x, y)") == parse("∀x ∀y R(x, y)") == parse("∀x∀y R(x, y)")


def test_a_variable_beyond_its_quantifier_is_refused_and_repaired_on_request_alone() -> None:
    with pytest.raises(FormulaError, match="no quantifier binds 'x' at character 12") as caught:
        parse("∀x A(x) → B(x)")
    assert caught.value.status == "free variable"
    assert parse("∀x A(x) → B(x)", repair_scope=True) == parse("∀x (A(x) → B(x))")
    with pytest.raises(FormulaError, match="no quantifier binds 'y'"):
        parse("∀x A(x) → B(y)", repair_scope=True)


def test_names_and_variables_are_told_apart() -> None:
    assert parse("Likes(rina, y1984)").parts == (
        Node("function", "rina"),
        Node("function", "y1984"),
    )
    assert parse("∀rina P(rina)") == Node("forall", "rina", (Node("atom", "P", (V("rina"),)),))
    with pytest.raises(FormulaError, match="no quantifier binds 'u2'"):
        parse("P(u2)")


def V(name: str) -> Node:  # noqa: N802 - reads like the kind it makes
    return Node("variable", name)


def test_hyphens_apostrophes_accents_and_numbers_are_parts_of_names() -> None:
    used = signature(
        [parse("Risk-averse(gpt-3) ∧ Companies\u2019Stocks(kO) ∧ Café(r_2) ∧ N(05.10, 7)")]
    )
    assert set(used) == {
        "Risk-averse", "gpt-3", "Companies'Stocks", "kO", "Caf\u00e9", "r_2", "N",
    }  # fmt: skip
    assert parse("Cafe\u0301(a)") == parse("Caf\u00e9(a)")
    assert parse("N(05.10, 7.0)") == parse("N(5.1, 7)")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "expected a formula, found the end"),
        ("P(a", r"expected '\)', found the end"),
        ("P(a))", r"expected an operator or the end, found '\)' at character 4"),
        ("P(captain america)", r"expected '\)', found 'america' at character 10"),
        ("P ∧", "expected a formula, found the end"),
        ("∧ P", "expected a formula, found '∧' at character 0"),
        ("P Q", "expected an operator or the end, found 'Q' at character 2"),
        ("P()", r"expected a name, found '\)' at character 2"),
        ("∀x x", "'x' at character 3 is a term, not a formula"),
        ("∀x x(a)", "'x' at character 3 is a term"),
        ("∀x P(x(a))", "the variable 'x' has arguments"),
        ("∀ P(x)", "'x' at character 4 is a term"),
        ("x", "'x' at character 0 is a term"),
        ("5", "'5' at character 0 is a term"),
        ("P(5a)", "'5' at character 2 begins no symbol"),
        ("P ^ Q", r"'\^' at character 2 begins no symbol"),
        ("P(a) = b = c", "expected an operator or the end, found '=' at character 9"),
        ("P . Q", r"expected an operator or the end, found '\.' at character 2"),
        ("P\x00", r"'\\x00' at character 1 begins no symbol"),
        ("\ud800", "begins no symbol"),
        ("__import__('os')", "begins no symbol"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(FormulaError, match=told):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "¬" * 5_000 + "P",
        "(" * (MAX_DEPTH + 1) + "P" + ")" * (MAX_DEPTH + 1),
        "f(" * 60 + "a" + ")" * 60,
        "P → " * 500 + "P",
        "∀a1 " * 100 + "P",
        "∀" + ",".join(f"a{i}" for i in range(50)) + " P",
        "P(" + ",".join("a" * 9) + ")",
        "P ∧ " * (MAX_TOKENS // 2) + "P",
        "P" * (MAX_LENGTH + 1),
    ],
)
def test_texts_beyond_a_cap_are_too_large(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert caught.value.status == "too large"


def test_the_deepest_trees_that_are_read_can_be_walked() -> None:
    level = "A ∧ A \u2228 A ⊕ A → A ↔ "
    deepest = (level + "(") * (MAX_DEPTH - 1) + "A" + ")" * (MAX_DEPTH - 1)
    variables = ",".join(f"a{i}" for i in range(MAX_DEPTH - 4))
    for text in (
        deepest,
        f"∀{variables} P(a1)",
        "A ⊕ " * 900 + "A",
        "(" * MAX_DEPTH + "A" + ")" * MAX_DEPTH,
    ):
        tree = parse(text)
        assert from_json(json.loads(json.dumps(to_json(tree)))) == tree
        assert nameless(tree).kind == tree.kind


def test_one_name_in_two_roles_is_a_clash() -> None:
    for text in ("P(a) ∧ P(a, b)", "P(a) ∧ P(P)", "Q(f(a)) ∧ Q(f)", "P ∧ P(a)"):
        with pytest.raises(FormulaError, match="is used as") as caught:
            signature([parse(text)])
        assert caught.value.status == "clash"
    assert signature([parse("P(f(a)) ∧ R")]) == {
        "P": Symbol("predicate", 1),
        "f": Symbol("function", 1),
        "a": Symbol("function", 0),
        "R": Symbol("predicate", 0),
    }


def test_renamed_variables_make_the_same_formula_and_swapped_ones_do_not() -> None:
    assert nameless(parse("∀x ∃y R(x, y)")) == nameless(parse("∀y ∃x R(y, x)"))
    assert nameless(parse("∀x ∃y R(x, y)")) != nameless(parse("∀x ∃y R(y, x)"))
    assert nameless(parse("∀x (P(x) ∧ ∃x Q(x))")) == nameless(parse("∀x (P(x) ∧ ∃y Q(y))"))


def random_formula(draw: random.Random, depth: int, bound: tuple[str, ...] = ()) -> Node:
    """A random tree of the kinds that the grammar makes."""
    kind = draw.choice(KINDS if depth else ["atom", "equal"])
    if kind == "atom":
        return Node("atom", "P", tuple(random_term(draw, bound) for _ in range(2)))
    if kind == "equal":
        return Node("equal", parts=(random_term(draw, bound), random_term(draw, bound)))
    if kind in {"forall", "exists"}:
        name = f"x{depth}"
        return Node(kind, name, (random_formula(draw, depth - 1, (*bound, name)),))
    sizes = {"not": 1, "implies": 2}
    count = sizes.get(kind) or draw.choice([2, 3])
    return Node(kind, parts=tuple(random_formula(draw, depth - 1, bound) for _ in range(count)))


def random_term(draw: random.Random, bound: tuple[str, ...]) -> Node:
    plain = [Node("function", "ann"), Node("number", "5.1"), *map(V, bound)]
    return draw.choice([*plain, Node("function", "f", (draw.choice(plain),))])


def test_a_written_formula_is_read_back_as_the_same_tree() -> None:
    draw = random.Random(0)
    for _ in range(300):
        tree = random_formula(draw, 4)
        assert parse(write(tree)) == tree
