"""Prompt lists: the kinds of files, two parts that share nothing, and files that are none."""

import gzip
from pathlib import Path

import pytest
import torch

from suite.core.errors import SuiteError
from suite.domains.image.prompts import prompts, read_prompts

ANIMALS, PLACES = ("cat", "dog", "fox"), ("hill", "sea")
LINES = [f"a {animal} on a {place}" for animal in ANIMALS for place in PLACES]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "\n".join(LINES) + "\n\n"),
        ("a.tsv", "Prompt\tCategory\n" + "\n".join(f"{line}\tx" for line in LINES)),
        ("a.jsonl", "\n".join(f'{{"prompt": "{line}"}}' for line in LINES)),
    ],
)
def test_each_kind_of_list_gives_its_prompts_plain_or_gzipped(
    name: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    assert read_prompts(tmp_path / name) == read_prompts(tmp_path / f"{name}.gz") == LINES


def test_every_prompt_is_in_one_part_with_its_prefix(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join([*LINES, LINES[0]]))
    made = prompts(data=str(tmp_path / "a.txt"), prefix="photo of ", held_out=0.34)
    parts = (
        made.train(torch.arange(made.num_train)).native or (),
        made.held_out(torch.arange(made.num_held_out)).native or (),
    )
    found = [row["prompt"] for part in parts for row in part]
    assert sorted(found) == sorted(f"photo of {line}" for line in LINES)
    assert made.num_held_out == 2


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "a cat", "'.csv' is no known kind of list"),
        ("a.tsv", "Words\na cat", "'Prompt'"),
        ("a.jsonl", '{"text": "a cat"}', "'prompt'"),
        ("a.txt", "a cat\n", "one part of them would be empty"),
    ],
)
def test_a_file_that_is_no_list_is_named_with_what_would_be(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SuiteError, match=told):
        prompts(data=str(tmp_path / name))
