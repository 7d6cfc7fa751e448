"""Embedded examples: four conclusions a label, translations, models; quantifiers to depth 3."""

from collections.abc import Mapping
from typing import Any

FRIENDS = ("∀x ∃y Helps(x, y)", "∀x ∀y (Helps(x, y) → Knows(x, y))")
ORDER = (
    "∀x ∀y ∀z (Above(x, y) ∧ Above(y, z) → Above(x, z))",
    "∀x ¬Above(x, x)",
    "Above(roof, floor) ∧ Above(floor, cellar)",
)
PETS = (
    "∀x (Cat(x) ⊕ Dog(x))",
    "∀x (Dog(x) → Barks(x))",
    "∀x (Cat(x) → ¬Barks(x))",
    "¬Barks(tom) ∧ Barks(rex)",
)
TEAMS = (
    "∀x (Team(x) → ∃y (Leads(y, x) ∧ ∀z (Leads(z, x) → z = y)))",
    "Team(red) ∧ Leads(ann, red)",
    "ann ≠ bob",
)
LABELLED = (
    (FRIENDS, "∀x ∃y Knows(x, y)", "True"),
    (ORDER, "Above(roof, cellar)", "True"),
    (PETS, "Cat(tom) ∧ Dog(rex)", "True"),
    (TEAMS, "∀x (Leads(x, red) → x = ann)", "True"),
    (FRIENDS, "∃x ∀y ¬Knows(x, y)", "False"),
    (ORDER, "∃x (Above(cellar, x) ∧ Above(x, floor))", "False"),
    (PETS, "tom = rex", "False"),
    (TEAMS, "Leads(bob, red)", "False"),
    (FRIENDS, "∃y ∀x Knows(x, y)", "Uncertain"),
    (ORDER, "∃x Above(cellar, x)", "Uncertain"),
    (PETS, "∀x (Dog(x) → x = rex)", "Uncertain"),
    (TEAMS, "∃x (Team(x) ∧ Leads(bob, x))", "Uncertain"),
)
TRANSLATED = (
    ("Everybody helps somebody.", "∀x ∃y Helps(x, y)", FRIENDS),
    ("Nobody helps everybody.", "¬∃x ∀y Helps(x, y)", FRIENDS),
    ("Every team has exactly one leader.", TEAMS[0], TEAMS),
    ("What barks is a dog, and the other way round.", "∀x (Barks(x) ↔ Dog(x))", PETS),
)
MODELLED: tuple[Mapping[str, Any], ...] = (
    {
        "question": "Everybody likes somebody, and nobody likes themselves.",
        "formulas": ["∀x ∃y Likes(x, y)", "∀x ¬Likes(x, x)"],
        "model": {"domain": ["a", "b"], "predicates": {"Likes": [["a", "b"], ["b", "a"]]}},
    },
    {
        "question": "A counter-example to: each has a friend, so one is everybody's friend.",
        "formulas": ["∀x ∃y Friend(x, y)", "¬∃y ∀x Friend(x, y)"],
        "model": {"domain": ["a", "b"], "predicates": {"Friend": [["a", "a"], ["b", "b"]]}},
    },
)
EXAMPLES: tuple[Mapping[str, Any], ...] = (
    *(
        {"name": f"label {n}", "premises": list(premises), "conclusion": conclusion, "label": label}
        for n, (premises, conclusion, label) in enumerate(LABELLED, 1)
    ),
    *(
        {"name": f"formula {n}", "question": said, "formula": gold, "context": list(context)}
        for n, (said, gold, context) in enumerate(TRANSLATED, 1)
    ),
    *({"name": f"model {n}", **row} for n, row in enumerate(MODELLED, 1)),
)
