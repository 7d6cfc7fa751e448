"""A wrong data file of `suite run --task protein/gb1 --data FILE`: one message, exit code 2."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Suite = Callable[..., Result]

HEAD = "variant,fitness,count_input,count_selected\n"
ROW = "AAAV,0.5,10,10\n"
MANY = HEAD + "".join(f"{a}{b}AV,0.5,1,1\n" for a in "ACDEFGHIKL" for b in "ACDEFGHIKL")


def packed(text: str) -> bytes:
    """A gzip file's content."""
    return gzip.compress(text.encode())


WRONG = {
    "truncated": (packed(MANY)[: len(packed(MANY)) // 2], ("cut short", "Copy it again")),
    "columns": (packed("a,b\n1,2\n"), ("lacks the column variant, fitness", "names a, b")),
    "letter": (packed(HEAD + "AXBV,1,1,1\n"), ("line 2", "'X' is no amino acid")),
    "twice": (packed(HEAD + ROW + ROW), ("line 3", "AAAV was on line 2 already")),
    "nan": (packed(HEAD + "AAAV,nan,1,1\n"), ("line 2", "'nan', not a finite number")),
    "short-row": (packed(HEAD + "AAAV\n"), ("line 2", "not a finite number")),
    "not-gzip": (HEAD.encode() + ROW.encode(), ("not a gzip file", "Rename it")),
    "no-row": (packed(HEAD), ("holds no variant",)),
    "empty": (b"", ("lacks the column",)),
    "too-few": (packed(HEAD + ROW), ("too few", "Give more data")),
}


@pytest.mark.parametrize(("content", "wanted"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_table_is_refused(
    suite: Suite, tmp_path: Path, content: bytes, wanted: tuple[str, ...]
) -> None:
    table = tmp_path / "table.csv.gz"
    table.write_bytes(content)
    result = suite("run", "--task", "protein/gb1", "--data", table, "--out", "out")
    assert result.exit_code == 2, result.output
    assert [text for text in wanted if text not in result.output] == [], result.output


def test_a_missing_table_is_refused(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    named = suite("run", "--task", "protein/gb1", "--data", "none.csv.gz", "--out", "out")
    assert named.exit_code == 2
    assert "no data file 'none.csv.gz'" in named.output
    unnamed = suite("run", "--task", "protein/gb1", "--out", "out")
    assert unnamed.exit_code == 2
    assert "Add --data FILE, or set SUITE_DATA" in unnamed.output
    monkeypatch.setenv("SUITE_DATA", "/nowhere")
    assert "no data file '/nowhere/" in suite("run", "--task", "protein/gb1").output
