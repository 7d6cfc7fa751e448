"""Rows that are there: two parts by a hash of what they are about, errors that name the row."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.file_contexts import RowContexts, judged_rows


def rows(count: int, groups: int) -> list[dict[str, Any]]:
    return [{"prompt": f"q{n}", "about": n % groups} for n in range(count)]


def parts(contexts: RowContexts) -> tuple[set[str], set[str]]:
    train = contexts.train(torch.arange(contexts.num_train)).native or ()
    held_out = contexts.held_out(torch.arange(contexts.num_held_out)).native or ()
    return {row["prompt"] for row in train}, {row["prompt"] for row in held_out}


def test_a_share_of_groups_is_held_out_whole_and_the_order_of_rows_does_not_matter() -> None:
    def split(given: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
        about = {row["prompt"]: row["about"] for row in given}
        made = RowContexts(given, source="rows", held_out=0.25, group=lambda row: str(row["about"]))
        train, held_out = parts(made)
        assert not {about[one] for one in train} & {about[one] for one in held_out}
        return train, held_out

    train, held_out = split(rows(100, 20))
    assert (len(train), len(held_out)) == (75, 25)
    assert split(rows(100, 20)[::-1]) == (train, held_out)


def test_both_parts_have_a_row_whatever_the_share() -> None:
    for share in (0.01, 0.5, 0.99):
        train, held_out = parts(RowContexts(rows(2, 2), source="rows", held_out=share))
        assert len(train) == len(held_out) == 1


def test_a_prompt_that_stands_twice_counts_once() -> None:
    made = RowContexts(rows(10, 10) + rows(10, 10), source="rows", held_out=0.2)
    assert made.num_train + made.num_held_out == 10


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(SuiteError, match="held_out"):
        RowContexts(rows(4, 4), source="rows", held_out=share)


def test_one_group_cannot_be_split() -> None:
    with pytest.raises(SuiteError, match="one part of them would be empty"):
        RowContexts(rows(4, 1), source="rows", held_out=0.5, group=lambda row: "one")


def test_rows_that_cannot_be_judged_stop_or_are_left_out_on_request(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = {"formula": "P(a)", "context": ["Q(a)"], "question": "a is P"}
    path.write_text("\n".join(map(json.dumps, [good, {"formula": "P(a"}, good])))
    with pytest.raises(SuiteError, match=r"row 2, cannot be judged[\s\S]*1 of 3 rows"):
        judged_rows("logic/formula", path)
    assert len(judged_rows("logic/formula", path, skip=True)) == 2
    path.write_text(json.dumps({"formula": "P(a"}))
    with pytest.raises(SuiteError, match="1 of 1 rows"):
        judged_rows("logic/formula", path, skip=True)
