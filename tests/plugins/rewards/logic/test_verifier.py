"""The logic verifier: verdicts, refusals at load, hacks, and FOLIO."""

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.verifier import Verdict, VerifierReward
from suite.plugins.rewards.logic.examples import EXAMPLES
from suite.plugins.rewards.logic.grammar import MAX_DEPTH
from suite.plugins.rewards.logic.verifier import LogicVerifier

VOCABULARY = ["∀x ∀y (Helps(x, y) → Knows(x, y))", "Helps(ann, bob)", "Rain"]


@pytest.fixture(scope="module")
def verifier() -> Iterator[LogicVerifier]:
    with LogicVerifier(workers=1) as made:
        yield made


def said(verifier: LogicVerifier, gold: str, answer: str) -> Verdict:
    item = verifier.item({"formula": gold, "context": VOCABULARY})
    return verifier.judge([answer], [item])[0].verdict


def test_embedded_examples_load_and_their_labels_are_balanced(verifier: LogicVerifier) -> None:
    loaded = verifier.load(verifier.rows())
    assert not loaded.refused
    assert len(loaded.items) == len(EXAMPLES)
    assert set(Counter(row["label"] for row in EXAMPLES if "label" in row).values()) == {4}


def test_golds_are_paid_and_hacks_are_not(verifier: LogicVerifier) -> None:
    for item in verifier.load(verifier.rows()).items:
        golds = list(verifier.golds(item))
        hacks = [hack.text for hack in verifier.hacks(item)]
        judged = verifier.judge(golds + hacks, [item] * len(golds + hacks))
        assert [one.score for one in judged[: len(golds)]] == [1.0] * len(golds)
        assert [one.score for one in judged[len(golds) :]] == [0.0] * len(hacks)


@pytest.mark.parametrize(
    ("gold", "answer", "verdict"),
    [
        ("∀x ∃y Helps(x, y)", "∀u ∃v Helps(u, v)", Verdict.PASS),
        ("∀x ∃y Helps(x, y)", "¬∃x ∀y ¬Helps(x, y)", Verdict.PASS),
        ("∀x ∃y Helps(x, y)", "∃y ∀x Helps(x, y)", Verdict.FAIL),
        ("∀x ∃y Helps(x, y)", "∀x ∃y Helps(y, x)", Verdict.FAIL),
        ("Rain → Helps(ann, bob)", "¬Helps(ann, bob) → ¬Rain", Verdict.PASS),
        ("Rain → Helps(ann, bob)", "Helps(ann, bob) → Rain", Verdict.FAIL),
        ("Helps(ann, bob)", "Helps(bob, ann)", Verdict.FAIL),
        ("Helps(ann, bob)", "Helps(ann, bob) ∧ Knows(ann, bob)", Verdict.FAIL),
        ("Helps(ann, bob)", "Assists(ann, bob)", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "helps(ann, bob)", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "Helps(ann)", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "Helps(ann, bob", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "Helps(ann, bob) ∧ (carl = carl)", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "__import__('os').system('true')", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "(" * 9_000, Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "\ud800\x00", Verdict.BAD_SOURCE),
        ("Helps(ann, bob)", "", Verdict.NO_CODE),
        ("Helps(ann, bob)", "1 = 1 → Helps(ann, bob)", Verdict.BAD_SOURCE),
        ("Helps(ann, 5)", "Helps(ann, 5.0)", Verdict.PASS),
        ("Helps(ann, 5)", "Helps(ann, 6)", Verdict.BAD_SOURCE),
        ("∀x ∀y x = y", "1 = 2", Verdict.BAD_SOURCE),
        ("∃x ∃y x ≠ y", "1 ≠ 2", Verdict.BAD_SOURCE),
    ],
)
def test_formulas_pass_by_equivalence_alone(
    verifier: LogicVerifier, gold: str, answer: str, verdict: Verdict
) -> None:
    assert said(verifier, gold, answer) is verdict


def test_the_deepest_and_the_widest_answers_are_judged(verifier: LogicVerifier) -> None:
    level = "(Rain \u2228 Rain ∧ Rain ⊕ Rain → Rain ↔ "
    deepest = level * (MAX_DEPTH - 1) + "Rain" + ")" * (MAX_DEPTH - 1)
    assert said(verifier, "Helps(ann, bob)", deepest) is Verdict.FAIL
    assert said(verifier, "Helps(ann, bob)", "Rain ⊕ " * 900 + "Rain") is Verdict.FAIL
    variables = [f"a{n}" for n in range(12)]
    wide = "".join(f"∀{one} ∃b{one} " for one in variables) + "Helps(a0, ba11)"
    assert said(verifier, "Helps(ann, bob)", wide) is Verdict.FAIL


def test_what_the_solver_leaves_open_is_a_timeout_and_a_gold_error() -> None:
    endless = (
        "∀x ∃y Helps(x, y) ∧ ∀x ∀y (Helps(x, y) → ¬Helps(y, x)) ∧ "
        "∀x ∀y ∀z (Helps(x, y) ∧ Helps(y, z) → Helps(x, z))"
    )
    with LogicVerifier(workers=1, steps=20_000) as hasty:
        item = hasty.item({"formula": "Helps(ann, bob)", "context": VOCABULARY})
        judged = hasty.judge([f"Helps(ann, bob) \u2228 ({endless})"], [item])[0]
        assert (judged.verdict, judged.score) == (Verdict.TIMEOUT, 0.0)
        loaded = hasty.load([{"name": "open", "formula": endless}])
    assert [(one.name, one.status) for one in loaded.refused] == [("open", "gold_error")]
    assert "cannot decide" in loaded.refused[0].reason


def test_a_deadline_ends_the_solver_and_the_pool_goes_on() -> None:
    hard = " ∧ ".join(
        f"∀x ∃y ∃z (R{n}(x, y) ∧ R{n}(y, z) ∧ ¬R{n}(x, z) ∧ f(x) ≠ x)" for n in range(6)
    )
    endless = "∀x ∀y (f(x) = f(y) → x = y) ∧ ∃y ∀x f(x) ≠ y"
    with LogicVerifier(workers=1, steps=10**9, cpu_seconds=0.3) as strict:
        items = [strict.item({"formula": f"Q ∧ {endless} ∧ {hard}"}), strict.item({"formula": "Q"})]
        first, second = strict.judge([f"Q ∧ {hard} ∧ ({endless} \u2228 Q)", "¬¬Q"], items)
    assert first.verdict is Verdict.TIMEOUT
    assert second.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("row", "status", "told"),
    [
        ({"premises": ["P"], "conclusion": "P"}, "bad_row", "a row's label must be one of"),
        ({"premises": ["P"], "conclusion": "P", "label": "Yes"}, "bad_row", "'Yes'"),
        ({"premises": ["P"], "label": "True"}, "no_formula", "nothing proves the label"),
        ({"premises": "P", "conclusion": "P", "label": "True"}, "bad_row", "a list of formulas"),
        ({"premises": ["P("], "conclusion": "P", "label": "True"}, "unreadable", "syntax"),
        ({"premises": ["P(a)"], "conclusion": "P", "label": "True"}, "clash", "is used as"),
        ({"premises": ["P"], "conclusion": "Q", "label": "True"}, "gold_error", "say Uncertain"),
        ({"premises": ["P"], "conclusion": "¬P", "label": "True"}, "gold_error", "say False"),
        (
            {"premises": ["P", "¬P"], "conclusion": "Q", "label": "True"},
            "gold_error",
            "contradict each other",
        ),
        ({"formula": 3}, "bad_row", "no formula"),
        ({"formula": "P \u2228 ¬P"}, "gold_error", "it is true whatever"),
        ({"formula": "P ∧ ¬P"}, "gold_error", "it is false whatever"),
        ({"formula": "∀x ∀y x = y", "context": ["P(1, 2)"]}, "gold_error", "it is false whatever"),
        ({"formulas": ["P(a)"]}, "bad_row", "no model"),
        (
            {"formulas": ["∃x P(x)"], "model": {"domain": ["a"], "predicates": {"P": ["a"]}}},
            "gold_error",
            "without thought",
        ),
        (
            {"formulas": ["∃x P(x) ∧ ∃x ¬P(x)"], "model": {"domain": ["a"]}},
            "gold_error",
            "against itself: bad_source",
        ),
        (
            {
                "formulas": ["∃x P(x) ∧ ∃x ¬P(x)"],
                "model": {"domain": ["a", "b"], "predicates": {"P": []}},
            },
            "gold_error",
            "against itself: fail",
        ),
    ],
)
def test_rows_without_a_proved_gold_are_refused_by_name(
    verifier: LogicVerifier, row: dict[str, Any], status: str, told: str
) -> None:
    loaded = verifier.load([{"name": "bad", **row}, EXAMPLES[0]])
    assert [(one.name, one.status) for one in loaded.refused] == [("bad", status)]
    assert told in loaded.refused[0].reason
    assert len(loaded.items) == 1


def test_feedback_never_tells_the_gold(verifier: LogicVerifier) -> None:
    label = verifier.item(EXAMPLES[0])
    wrong = verifier.judge(["Answer: False", "Answer: perhaps"], [label, label])
    assert wrong[0].feedback == "the label is another one"
    assert "one of False, True, Uncertain" in str(wrong[1].feedback)
    item = verifier.item({"formula": "Secret(ann)", "context": ["Open(ann)"]})
    for text in ("Open(ann)", "Other(ann)", "Open(", "Secret(ann, ann)", ""):
        feedback = str(verifier.judge([text], [item])[0].feedback)
        assert "Secret(ann)" not in feedback


def test_unproved_labels_are_kept_on_request_alone() -> None:
    row = {"name": "word", "premises": ["P("], "conclusion": "Q", "label": "Unknown"}
    with LogicVerifier(unproved="keep", workers=1) as trusting:
        (item,) = trusting.load([row]).items
        scores = [one.score for one in trusting.judge(["Uncertain", "True"], [item] * 2)]
    assert scores == [1.0, 0.0]


def test_settings_and_closing_have_clear_errors() -> None:
    with pytest.raises(SuiteError, match="ask must be 'label' or 'formula', got 'proof'"):
        LogicVerifier(ask="proof")
    with pytest.raises(SuiteError, match="steps must be above zero, got 0"):
        LogicVerifier(steps=0)
    with pytest.raises(SuiteError, match="cpu_seconds must be above zero"):
        LogicVerifier(cpu_seconds=-1.0)
    closed = LogicVerifier()
    item = closed.item(EXAMPLES[0])
    closed.close()
    with pytest.raises(SuiteError, match="the logic verifier is closed"):
        closed.judge(["True"], [item])


def test_files_that_cannot_be_read_have_clear_errors(
    verifier: LogicVerifier, tmp_path: Path
) -> None:
    with pytest.raises(SuiteError, match="cannot read the rows"):
        list(verifier.rows(tmp_path / "none.jsonl"))
    for name, content, told in (
        ("a.jsonl", b"{", "line 1, is not JSON"),
        ("b.jsonl", b"[1]\n", "no object with columns"),
        ("c.jsonl", b"", "has no rows"),
        ("d.jsonl.gz", gzip.compress(b'{"formula": "P"}\n')[:-9], "cannot read the rows"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SuiteError, match=told):
            list(verifier.rows(tmp_path / name))


def test_the_registry_makes_the_reward_and_it_scores_contexts() -> None:
    reward = registry.make_reward("logic/formula", {"workers": 1})
    assert isinstance(reward, VerifierReward)
    rows = (EXAMPLES[0], EXAMPLES[12])
    scores = reward(
        Samples(native=("Answer: True", "Rain")),
        Context(index=torch.arange(2), native=rows),
    )
    reward.verifier.close()
    assert scores.value.tolist() == [1.0, 0.0]
    assert scores.valid.all()


@pytest.fixture
def folio() -> Path:
    folder = os.environ.get("SUITE_DATA")
    if not folder:
        pytest.skip("no data folder (set SUITE_DATA)")
    return Path(folder) / "logic"


def test_folio_labels_are_reproduced_where_its_formulas_are_read(folio: Path) -> None:
    with LogicVerifier() as verifier:
        loaded = verifier.load(verifier.rows(folio / "folio_validation.jsonl.gz"))
    assert len(loaded.items) == 188
    assert Counter(one.status for one in loaded.refused) == {"unreadable": 8, "gold_error": 8}
    disagreeing = [one.name for one in loaded.refused if one.status == "gold_error"]
    lines = (6, 28, 30, 48, 113, 115, 139, 140)
    assert disagreeing == [f"folio_validation:{line}" for line in lines]


def test_folio_sentences_load_as_formulas(folio: Path, tmp_path: Path) -> None:
    with gzip.open(folio / "folio_train.jsonl.gz", "rt", encoding="utf-8") as lines:
        some = [json.loads(line) for line in lines][:60]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(map(json.dumps, some)), encoding="utf-8")
    with LogicVerifier(ask="formula") as verifier:
        loaded = verifier.load(verifier.rows(path))
    assert len(loaded.items) > 80
    assert {one.status for one in loaded.refused} <= {"unreadable"}
