"""Finite models: reading them from text, and truth in them."""

import pytest

from suite.plugins.rewards.logic import models
from suite.plugins.rewards.logic.grammar import parse
from suite.plugins.rewards.logic.models import (
    ModelError,
    TooManyStepsError,
    holds,
    plain_models,
    read_model,
)
from suite.plugins.rewards.logic.tree import numbers, signature

TEXT = """{"domain": ["a", "b"], "names": {"rina": "a"},
 "predicates": {"Likes": [["a", "b"]], "Tall": ["a"], "Rain": true},
 "functions": {"mother": [["a", "b"], ["b", "b"]]}}"""
FORMULA = "Likes(rina, mother(rina)) ∧ Tall(a) ∧ Rain"


def truth(formula: str, text: str = TEXT) -> bool:
    trees = [parse(formula), parse(f"({formula}) → ({FORMULA})")]
    model = read_model(text, signature(trees), numbers(trees))
    return holds(trees[:1], model)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (FORMULA, True),
        ("∀x Tall(x)", False),
        ("∃x ¬Tall(x)", True),
        ("∀x mother(x) = b", True),
        ("mother(mother(rina)) = rina", False),
        ("Tall(rina) ⊕ Rain", False),
        ("Tall(rina) ⊕ Rain ⊕ Tall(rina)", True),
        ("Tall(b) ↔ Tall(b) ↔ Rain", True),
        ("Tall(b) ↔ Rain ↔ Rain", False),
        ("Tall(b) → Tall(b)", True),
        ("∀x ∀y (Likes(x, y) → Tall(x) ∧ ¬Tall(y))", True),
        ("a = rina ∧ a ≠ b", True),
    ],
)
def test_truth_by_hand(formula: str, expected: bool) -> None:
    assert truth(formula) is expected


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (TEXT, "[]", "not a JSON object"),
        (TEXT, "{", "not a JSON object"),
        (TEXT, "[" * 100_000, "not a JSON object"),
        ('["a", "b"], "names"', '[], "names"', "a domain has 1 to 12 elements, this one 0"),
        ('["a", "b"], "names"', '["a", "b", "a"], "names"', "twice"),
        ('["a", "b"], "names"', '[1, 2], "names"', "not a list of texts"),
        ('{"rina": "a"}', '{"rina": "c"}', "'rina' is no element"),
        ('{"rina": "a"}', "{}", "'rina' is no element"),
        ('{"rina": "a"}', "[]", "'names' is not an object"),
        ('"Rain": true', '"Rain": 1', "'Rain' needs true or false"),
        ('"Rain": true', '"Rain": true, "Rain": false', "a key is given twice"),
        ('"Tall": ["a"],', "", "the predicate 'Tall' needs a list"),
        ('[["a", "b"]], "Tall"', '[["a"]], "Tall"', "has 1 elements instead of 2"),
        ('"Tall": ["a"]', '"Tall": ["c"]', "'Tall' is no element"),
        ('[["a", "b"], ["b", "b"]]', '[["a", "b"]]', "one value for every argument"),
        ('[["a", "b"], ["b", "b"]]', '[["a", "b"], ["a", "a"]]', "one value for every"),
        ('"domain"', '"domains"', "an unknown key 'domains'"),
    ],
)
def test_what_is_no_model_of_every_symbol_is_refused(old: str, new: str, told: str) -> None:
    assert old in TEXT
    with pytest.raises(ModelError, match=told):
        truth(FORMULA, TEXT.replace(old, new))


def test_numbers_are_elements_of_their_own_name() -> None:
    model = '{"domain": ["5", "6"], "predicates": {"Big": ["6"]}}'
    trees = [parse("Big(6) ∧ ¬Big(5.0)")]
    assert holds(trees, read_model(model, signature(trees), numbers(trees)))
    with pytest.raises(ModelError, match="the number 5 is no element"):
        read_model(model.replace("5", "7"), signature(trees), numbers(trees))


def test_evaluation_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MAX_STEPS", 50)
    tree = parse("∀x ∀y ∀z (P(x) → P(y) → P(z))")
    with pytest.raises(TooManyStepsError):
        holds([tree], read_model('{"domain": ["a","b","c"], "predicates": {"P": []}}',
                                 signature([tree]), ()))  # fmt: skip


def test_plain_models_have_predicates_that_never_and_always_hold() -> None:
    tree = parse("P(ann) ∧ Q(1, 2)")
    never, always = plain_models(signature([tree]), ["1", "2"])
    assert not holds([tree], never)
    assert holds([tree], always)
    assert never.domain == ("1", "2")
