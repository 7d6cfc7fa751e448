"""The 314 questions on 11 databases: all load or are refused by name, and golds get full marks."""

import os
from collections import Counter
from pathlib import Path

import pytest

from suite.core.verifier import Verdict
from suite.plugins.rewards.sql.verifier import SqlVerifier

REFUSED = {
    "defog_instruct_advanced_sqlite:42": "gold_undetermined",  # LIMIT 1 through a tie
    "defog_questions_gen_sqlite:204": "gold_unparsed",  # LIMIT of an expression with a subquery
}


@pytest.fixture(scope="module")
def folder() -> Path:
    if "SUITE_DATA" not in os.environ:
        pytest.skip("no data folder (set SUITE_DATA)")
    return Path(os.environ["SUITE_DATA"]) / "sql"


def test_every_question_loads_or_is_refused_by_name(folder: Path) -> None:
    with SqlVerifier(copies=0) as verifier:
        rows = list(verifier.rows(folder))
        loaded = verifier.load(rows)
        assert len(rows) == 314
        assert len({item.database for item in loaded.items}) == 11
        assert {one.name: one.status for one in loaded.refused} == REFUSED
        assert len(loaded.items) == 314 - len(REFUSED)
        pairs = [(gold, item) for item in loaded.items for gold in verifier.golds(item)]
        answers, items = zip(*pairs, strict=True)
        verdicts = Counter(one.verdict for one in verifier.judge(answers, items))
        assert verdicts == {Verdict.PASS: len(pairs)}


def test_on_a_sample_golds_pass_with_copies_and_their_rows_as_constants_do_not(
    folder: Path,
) -> None:
    with SqlVerifier() as verifier:
        loaded = verifier.load(list(verifier.rows(folder))[::16])
        pairs = [(gold, item) for item in loaded.items for gold in verifier.golds(item)]
        answers, items = zip(*pairs, strict=True)
        assert {one.verdict for one in verifier.judge(answers, items)} == {Verdict.PASS}
        hacks = [
            (hack.text, item)
            for item in loaded.items
            for hack in verifier.hacks(item)
            if "constant" in hack.name
        ]
        assert len(hacks) >= len(loaded.items) // 2
        texts, items = zip(*hacks, strict=True)
        assert Verdict.PASS not in {one.verdict for one in verifier.judge(texts, items)}
