r"""The verifier and its reward: golds, refusals, verdicts, hacks, and the corpora."""

import gzip
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.registry import make_reward
from suite.core.verifier import Verdict, VerifierReward
from suite.plugins.rewards.maths.perturb import perturbations, perturbed
from suite.plugins.rewards.maths.rows import EXAMPLES, RowError, asks_for_list, gold_text
from suite.plugins.rewards.maths.verifier import MathsVerifier


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathsVerifier]:
    with MathsVerifier(workers=1, cpu_seconds=1.0) as made:
        yield made


def judge(verifier: MathsVerifier, gold: str, answer: str) -> Any:
    return verifier.judge([rf"So \boxed{{{answer}}}."], [verifier.item({"answer": gold})])[0]


def test_a_right_answer_gets_full_marks(verifier: MathsVerifier) -> None:
    one = judge(verifier, r"\frac12", "0.5")
    assert (one.verdict, one.score, one.feedback) == (Verdict.PASS, 1.0, None)
    assert one.parts == {"format": 1.0, "correct": 1.0}


@pytest.mark.parametrize(
    ("answer", "feedback", "readable"),
    [
        ("0.25", "the answer is another one", 1.0),
        (r"\foo", r"the answer cannot be read: the command \foo is not read", 0.0),
        ("", "the answer cannot be read: empty", 0.0),
    ],
)
def test_a_wrong_answer_is_told_why_and_not_the_gold(
    verifier: MathsVerifier, answer: str, feedback: str, readable: float
) -> None:
    one = judge(verifier, r"\frac{17}{19}", answer)
    assert (one.verdict, one.score, one.feedback) == (Verdict.FAIL, 0.0, feedback)
    assert one.parts == {"format": readable, "correct": 0.0}


def test_proofs_run_in_workers_and_a_hanging_one_costs_itself(verifier: MathsVerifier) -> None:
    pairs = [
        (r"\cos 13^\circ", r"\sin 77^\circ", Verdict.PASS),
        ("5", "9^{9^{9^9}}", Verdict.TIMEOUT),
        (r"\sqrt[3]{2}", "2^{1/3}+10^{-60}", Verdict.FAIL),
        ("3, 5", "3, 5", Verdict.PASS),
        (r"\sqrt{7+4\sqrt3}, 1", r"1, 2+\sqrt3", Verdict.PASS),
    ]
    items = [verifier.item({"answer": gold}) for gold, _, _ in pairs]
    judged = verifier.judge([rf"\boxed{{{answer}}}" for _, answer, _ in pairs], items)
    assert [one.verdict for one in judged] == [verdict for _, _, verdict in pairs]
    assert [one.score for one in judged] == [1.0, 0.0, 0.0, 1.0, 1.0]


def test_a_readable_wrong_number_alone_is_paid_its_part() -> None:
    pairs = [
        ("5", "6", 0.1),
        ("5", "9^{9^{9^9}}", 0.0),  # a timeout
        (r"\sqrt[3]{2}", "2^{1/3}+10^{-60}", 0.0),  # looks equal, is not proved equal
        ("x^2", "x^3", 0.0),
        ("5", r"\foo", 0.0),
        ("five", "6", 0.1),
    ]
    with MathsVerifier(workers=1, cpu_seconds=1.0, readable=0.1) as verifier:
        items = [verifier.item({"answer": gold}) for gold, _, _ in pairs]
        judged = verifier.judge([rf"\boxed{{{answer}}}" for _, answer, _ in pairs], items)
        assert [one.score for one in judged] == [paid for _, _, paid in pairs]
        for item in verifier.load(verifier.rows()).items:
            hacks = [hack for hack in verifier.hacks(item) if hack.name != "tower"]
            for hack, one in zip(
                hacks, verifier.judge([h.text for h in hacks], [item] * len(hacks)), strict=True
            ):
                assert one.score <= hack.at_most <= 0.1, (item.gold, hack.name)


@pytest.mark.parametrize("readable", [-0.1, 1.0])
def test_a_wrong_answer_cannot_be_paid_like_a_right_one(readable: float) -> None:
    with pytest.raises(SuiteError, match="readable must be at least 0 and below 1"):
        MathsVerifier(readable=readable)


def test_threads_may_judge_at_once(verifier: MathsVerifier) -> None:
    seen: list[Verdict] = []

    def ask() -> None:
        seen.append(judge(verifier, "x^2", r"\sqrt{x^4}").verdict)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [Verdict.PASS] * 4


def test_embedded_examples_load_and_no_hack_of_theirs_is_paid(verifier: MathsVerifier) -> None:
    loaded = verifier.load(verifier.rows())
    assert len(loaded.items) == len(EXAMPLES)
    assert not loaded.refused
    hacks = [
        (hack, item)
        for item in loaded.items
        for hack in verifier.hacks(item)
        if hack.name != "tower"  # each would take its whole deadline
    ]
    judged = verifier.judge([hack.text for hack, _ in hacks], [item for _, item in hacks])
    paid = [(h.name, i.gold) for (h, i), one in zip(hacks, judged, strict=True) if one.score]
    assert not paid
    assert {hack.name for hack, _ in hacks} >= {"empty", "many", "other digit", "other swap"}


@pytest.mark.parametrize(
    ("row", "gold"),
    [
        ({"answer": "9*2=<<9*2=18>>18\n#### 1,018"}, "1,018"),
        ({"solution": r"Thus \boxed{3}, or \boxed{\frac{1}{2}}."}, r"\frac{1}{2}"),
        ({"target": 43.0}, "43"),
        ({"target": 0.6666666667}, "0.6666666667"),
        ({"target": 39}, "39"),
        ({"answer": 0}, "0"),
    ],
)
def test_where_the_gold_stands(row: dict[str, Any], gold: str) -> None:
    assert gold_text(row) == gold


@pytest.mark.parametrize(
    ("row", "status", "message"),
    [
        ({"question": "?"}, "no_answer", "a row has no answer: its columns are question."),
        ({}, "no_answer", "its columns are none"),
        ({"answer": None}, "no_answer", "a row has no answer"),
        ({"answer": "  "}, "no_answer", "a row's answer is empty"),
        ({"answer": True}, "no_answer", "must be text or a number, got True"),
        ({"answer": ["1"]}, "no_answer", "must be text or a number"),
        ({"target": float("nan")}, "no_answer", "must be a finite number, got nan"),
        ({"solution": "It is 5."}, "no_answer", r"has no \\boxed"),
        ({"answer": r"\int f"}, "unreadable_gold", "cannot be read: the command"),
        ({"answer": "#### "}, "unreadable_gold", "cannot be read: empty"),
    ],
)
def test_a_row_without_a_usable_gold_is_refused_by_name(
    verifier: MathsVerifier, row: dict[str, Any], status: str, message: str
) -> None:
    with pytest.raises(RowError, match=message):
        verifier.item(row)
    loaded = verifier.load([{"answer": "1"}, {"name": "bad", **row}])
    assert [item.gold for item in loaded.items] == ["1"]
    assert [(one.name, one.status) for one in loaded.refused] == [("bad", status)]


@pytest.mark.parametrize("gold", ["1/0", r"\infty - \infty"])
def test_a_gold_that_fails_against_itself_is_refused(verifier: MathsVerifier, gold: str) -> None:
    loaded = verifier.load([{"name": "bad", "answer": gold}])
    assert not loaded.items
    assert [(one.name, one.status) for one in loaded.refused] == [("bad", "gold_error")]


def test_a_gold_is_judged_as_the_order_finds_it() -> None:
    """The last number of a fraction is no way to say one."""
    with MathsVerifier(order=("number",)) as verifier:
        loaded = verifier.load([{"answer": "7"}, {"name": "bad", "answer": r"\frac12"}])
    assert [item.gold for item in loaded.items] == ["7"]
    assert [one.status for one in loaded.refused] == ["gold_error"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not json\n", "line 1, is not JSON"),
        (b"[1]\n", "line 1, is no object"),
        (b"\xff\xfe", "cannot read the rows"),
    ],
)
def test_a_file_of_something_else_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with MathsVerifier() as verifier, pytest.raises(SuiteError, match=message):
        list(verifier.rows(path))


def test_a_file_that_is_missing_or_cut_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    with MathsVerifier() as verifier:
        with pytest.raises(SuiteError, match="cannot read the rows"):
            list(verifier.rows(path))
        rows = "".join(json.dumps({"answer": str(k)}) + "\n" for k in range(5000))
        path.write_bytes(gzip.compress(rows.encode())[:-500])
        with pytest.raises(SuiteError, match="cannot read the rows"):
            list(verifier.rows(path))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"order": ("boxd",)}, "no way of finding an answer named 'boxd'. Did you mean 'boxed'"),
        ({"order": ()}, "'order' is empty"),
        ({"cpu_seconds": 0}, "cpu_seconds must be above zero"),
        ({"workers": -1}, "workers must be above zero"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        MathsVerifier(**settings)


def test_after_closing_there_are_no_verdicts() -> None:
    verifier = MathsVerifier()
    item = verifier.item({"answer": "5"})
    verifier.close()
    verifier.close()
    with pytest.raises(SuiteError, match="the maths verifier is closed"):
        verifier.judge([r"\boxed{5}"], [item])


def test_the_reward_is_found_by_name() -> None:
    reward = make_reward("maths/answer", {"workers": 1})
    assert isinstance(reward, VerifierReward)
    context = Context(index=torch.zeros(3, dtype=torch.long), native=({"answer": "5"},) * 3)
    scores = reward(Samples(native=(r"\boxed{5}", "#### 6", "")), context)
    assert scores.value.tolist() == [1.0, 0.0, 0.0]
    assert scores.valid.tolist() == [True] * 3
    assert scores.parts["format"].tolist() == [1.0, 1.0, 0.0]
    reward.verifier.close()


def test_perturbations_by_hand() -> None:
    assert perturbations("18") == [("digit", "28"), ("digit", "19"), ("sign", "-18")]
    assert ("fraction", r"\frac{4}{3}") in perturbations(r"\frac{3}{4}")
    assert ("swap", "(4,3)") in perturbations("(3, 4)")
    assert ("bracket", "[3,4)") in perturbations("(3, 4)")
    assert ("shorter", "1, 2") in perturbations("1, 2, 3")
    assert perturbations(r"\text{even}") == []
    assert perturbations("11_2") == [("digit", "21_2"), ("digit", "12_2")]
    assert all(text.endswith(r"\text{ m}^2") for _, text in perturbations(r"3\text{ m}^2"))
    with pytest.raises(ValueError, match="5 perturbed golds were asked for, and there are 3"):
        perturbed(["18"], 5, 0)


@pytest.mark.parametrize(
    ("question", "expected"), [("all solutions, separated by commas", True), ("how many", False)]
)
def test_which_questions_ask_for_a_list(question: str, expected: bool) -> None:
    assert asks_for_list({"problem": question}) is expected


FILES = {
    "gsm8k_train": 7473,
    "gsm8k_test": 1319,
    "math_test": 5000,
    "mawps_addsub": 395,
    "mawps_multiarith": 600,
    "mawps_singleeq": 508,
    "mawps_singleop": 562,
}


@pytest.mark.parametrize("name", FILES)
def test_every_gold_of_the_corpora_gets_full_marks(
    verifier: MathsVerifier, data_folder: Path, name: str
) -> None:
    loaded = verifier.load(verifier.rows(data_folder / "math" / f"{name}.jsonl.gz"))
    assert not loaded.refused
    assert len(loaded.items) == FILES[name]


def test_a_thousand_perturbed_golds_get_nothing(verifier: MathsVerifier, data_folder: Path) -> None:
    names = ("gsm8k_test", "math_test", "mawps_addsub")
    files = [data_folder / "math" / f"{name}.jsonl.gz" for name in names]
    items = {i.gold: i for path in files for i in verifier.load(verifier.rows(path)).items}
    triples = perturbed(sorted(items), 1000, 0)
    answers = [rf"\boxed{{{changed}}}" for _, _, changed in triples]
    judged = verifier.judge(answers, [items[gold] for gold, _, _ in triples])
    assert not [t for t, one in zip(triples, judged, strict=True) if one.score > 0]
    # An answer that is not even read would show nothing.
    assert all(one.parts["format"] == 1.0 for one in judged)
