"""Rows of a user's file of JSON lines, gzipped or not: one reader, one error for each fault."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError


def json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a .jsonl or .jsonl.gz file with their line numbers from 1; blank lines are none.

    Raises:
        SuiteError: the file is missing or cut short, or a line is no JSON object.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _row(path, number, line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SuiteError(
            f"cannot read the rows of '{path}': {error}.\n"
            "Give a whole .jsonl file, plain or as .gz, whose lines are JSON objects."
        ) from error


def _row(path: Path, number: int, line: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SuiteError(
            f"'{path}', line {number}, is not JSON: {error}.\nCorrect or drop the line."
        ) from error
    if not isinstance(row, dict):
        raise SuiteError(
            f"'{path}', line {number}, is no object with columns.\nCorrect or drop the line."
        )
    return row
