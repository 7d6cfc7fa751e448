"""Where answers are found, and what is no answer."""

import time

import pytest

from suite.plugins.rewards.logic.extraction import formula_text, labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", ["True"]),
        ("Answer: Uncertain", ["Uncertain"]),
        ("We think. The answer is **false**.", ["False"]),
        ("Answer: Unknown", ["Uncertain"]),
        ("The answer is True. It follows from the first premise.", ["True"]),
        ("Answer:\n  True\n", ["True"]),
        ("<answer> False </answer>", ["False"]),
        ("Answer: True\n<answer>False</answer>", ["False"]),
        ("The answer is unclear at first.\nAnswer: True", ["True"]),
        ("Some thoughts.\nTrue", ["True"]),
        ("Answer: True\nAnswer: True", ["True"]),
        ("Answer: True\nAnswer: False", ["True", "False"]),
        ("<answer>True</answer><answer>Uncertain</answer>", ["True", "Uncertain"]),
        ("True\nFalse", ["True", "False"]),
        ("", []),
        ("  \n", []),
        ("Answer:", []),
        ("Answer: True or False", []),
        ("Answer: not True", []),
        ("Answer: True\nAnswer: maybe", []),
        ("True, I think", []),
        ("It is true that cats bark", []),
        ("unanswered: the answering is Trueish", []),
    ],
)
def test_labels(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("∀x P(x)", "∀x P(x)"),
        ("So we say.\nAnswer: P(a) ∧ Q(a)\nDone.", "P(a) ∧ Q(a)"),
        ("Answer: P(a)\nAnswer: Q(a)", "Q(a)"),
        ("<answer>P(a) <-> Q(a)</answer>", "P(a) <-> Q(a)"),
        ("<answer>P(a)</answer> or <answer>Q(a)</answer>", "Q(a)"),
        ("<answer></answer>", None),
        ("Answer:", None),
        ("", None),
    ],
)
def test_formula_texts(text: str, expected: str | None) -> None:
    assert formula_text(text) == expected


def test_hostile_texts_cost_little() -> None:
    start = time.process_time()
    for text in (
        "<answer>" * 100_000,
        "answer:" * 100_000,
        "answer" + " " * 500_000,
        "<" * 500_000,
    ):
        labels(text)
        formula_text(text)
    assert time.process_time() - start < 2.0
