"""The solver against enumeration of every model, where finitely many decide."""

import random
from collections.abc import Iterator
from itertools import combinations

import pytest

from suite.plugins.rewards.logic import solver
from suite.plugins.rewards.logic.grammar import parse
from suite.plugins.rewards.logic.models import Model, holds
from suite.plugins.rewards.logic.tree import Node, negation, to_json


def ask(*texts: str) -> str:
    return solver.satisfy([[to_json(parse(text)) for text in texts]])[0]


def test_hand_checked_questions() -> None:
    assert ask("∀x (Man(x) → Mortal(x))", "Man(socrates)", "¬Mortal(socrates)") == "unsat"
    assert ask("∀x (Man(x) → Mortal(x))", "Mortal(socrates)", "¬Man(socrates)") == "sat"
    assert ask("∀x ∃y R(x, y)", "¬∃y ∀x R(x, y)") == "sat"
    assert ask("∃y ∀x R(x, y)", "¬∀x ∃y R(x, y)") == "unsat"
    assert ask("P ⊕ Q ⊕ R", "P", "Q", "¬R") == "unsat"
    assert ask("P ↔ Q ↔ R", "P", "¬Q", "¬R") == "sat"


def test_no_domain_is_empty_and_names_may_name_the_same() -> None:
    assert ask("∀x P(x)", "¬∃x P(x)") == "unsat"
    assert ask("ann = bob") == "sat"
    assert ask("∀x ∀y x = y", "ann ≠ bob") == "unsat"


def test_different_numbers_are_different_and_equal_ones_equal() -> None:
    assert ask("1 = 2") == "unsat"
    assert ask("1 ≠ 1.0") == "unsat"
    assert ask("∀x ∀y x = y", "P(1) \u2228 P(2)") == "unsat"
    assert ask("∀x ∀y x = y", "P(1)") == "sat"


def test_one_name_may_be_a_variable_and_a_symbol_without_mixing() -> None:
    assert ask("∀ann P(ann)", "¬P(ann)") == "unsat"
    assert ask("∃ann P(ann)", "¬P(ann)") == "sat"
    assert ask("∀x (P(x) \u2228 ∃x Q(x))", "∀x ¬P(x)", "∀x ¬Q(x)") == "unsat"


def test_accents_and_long_chains_reach_the_solver() -> None:
    assert ask("Caf\u00e9(\u6771\u4eac)", "∀x ¬Caf\u00e9(x)") == "unsat"
    assert ask("A ⊕ " * 900 + "A", "A") == "sat"


def test_a_question_does_not_depend_on_those_before_it() -> None:
    first = ask("P(ann)", "¬P(ann)")
    for _ in range(5):
        ask("P(ann)")
    assert ask("P(ann)", "¬P(ann)") == first == "unsat"


def test_the_budget_is_counted_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    hard = ("∀x ∃y R(x, y)", "∀x ∀y (R(x, y) → ¬R(y, x))", "∀x ∀y ∀z (R(x, y) ∧ R(y, z) → R(x, z))")
    monkeypatch.setitem(solver._setup, "steps", 20_000)
    assert {ask(*hard) for _ in range(3)} == {"unknown"}  # its models are infinite


KINDS = ("and", "or", "xor", "iff", "implies", "not", "forall", "exists")
PROFILES = [(p, q) for p in (False, True) for q in (False, True)]


def random_formula(draw: random.Random, depth: int, bound: tuple[str, ...]) -> Node:
    """Over the predicates P and Q of one argument, and the name ann."""
    kind = draw.choice(KINDS) if depth else "atom"
    if kind == "atom":
        name = draw.choice([*bound, "ann"])
        term = Node("variable" if name in bound else "function", name)
        return Node("atom", draw.choice("PQ"), (term,))
    if kind in {"forall", "exists"}:
        name = draw.choice("xyz")
        return Node(kind, name, (random_formula(draw, depth - 1, (*bound, name)),))
    count = 1 if kind == "not" else 2
    return Node(kind, parts=tuple(random_formula(draw, depth - 1, bound) for _ in range(count)))


def every_model() -> Iterator[Model]:
    """Without equality only the kinds of element that exist count: 4 kinds, and which ann is."""
    for size in range(1, 5):
        for kinds in combinations(range(4), size):
            domain = tuple(f"e{kind}" for kind in kinds)
            relation = [
                frozenset((f"e{kind}",) for kind in kinds if PROFILES[kind][which])
                for which in (0, 1)
            ]
            for ann in domain:
                yield Model(
                    domain=domain,
                    predicates={"P": relation[0], "Q": relation[1]},
                    functions={"ann": {(): ann}},
                )


def test_outcomes_equal_enumeration_on_formulas_of_one_argument() -> None:
    draw, models = random.Random(0), list(every_model())
    outcomes = []
    for _ in range(150):
        pair = [random_formula(draw, 5, ()) for _ in range(2)]
        expected = "sat" if any(holds(pair, model) for model in models) else "unsat"
        assert solver.satisfy([list(map(to_json, pair))]) == [expected], pair
        outcomes.append(expected)
    assert outcomes.count("unsat") > 15


def test_equivalence_equals_enumeration() -> None:
    draw, models = random.Random(1), list(every_model())
    for _ in range(100):
        left, right = (random_formula(draw, 3, ()) for _ in range(2))
        same = all(holds([left], one) == holds([right], one) for one in models)
        differs = solver.satisfy([[to_json(Node("xor", parts=(left, right)))]])[0]
        assert (differs == "unsat") == same
        assert solver.satisfy([[to_json(left), to_json(negation(left))]]) == ["unsat"]
