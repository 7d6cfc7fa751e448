"""JSON lines: rows with their numbers, and one error with the next step for each fault."""

import gzip
from pathlib import Path

import pytest

from suite.core.errors import SuiteError
from suite.core.json_lines import json_lines


def test_rows_come_with_the_numbers_of_their_lines_plain_or_gzipped(tmp_path: Path) -> None:
    text = b'{"a": 1}\n\n{"a": 2}\n'
    (tmp_path / "a.jsonl").write_bytes(text)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(text))
    for name in ("a.jsonl", "b.jsonl.gz"):
        assert list(json_lines(tmp_path / name)) == [(1, {"a": 1}), (3, {"a": 2})]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1}\n{\n', r"line 2, is not JSON: .*\.\nCorrect or drop the line\."),
        (b"[1]\n", r"line 1, is no object with columns\.\nCorrect or drop the line\."),
        (b"[" * 100_000 + b"\n", "line 1, is not JSON: maximum recursion"),
        (b"\xff\xfe", r"cannot read the rows of '.*a\.jsonl': .*\nGive a whole \.jsonl file"),
    ],
)
def test_what_is_wrong_is_named_with_the_next_step(
    content: bytes, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=told):
        list(json_lines(path))


def test_a_file_that_is_missing_or_cut_short_is_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b'{"a": 1}\n')[:-9])
    for path in (cut, tmp_path / "none.jsonl"):
        with pytest.raises(SuiteError, match=f"cannot read the rows of '.*{path.name}'"):
            list(json_lines(path))
