"""Questions from a file: GSM8K, MATH, MAWPS, or rows of anybody's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.file_contexts import RowContexts
from suite.core.json_lines import json_lines

QUESTIONS = ("prompt", "question", "problem", "input")
ANSWERS = ("answer", "solution", "target")


def questions(
    *,
    data: str,
    held_out: float = 0.1,
    instruction: str = "\nGive the result in \\boxed{}.",
) -> RowContexts:
    """Rows of a .jsonl or .jsonl.gz file with a question and an answer.

    Args:
        data: the file.
        held_out: the share of questions that are held out, by their hash.
        instruction: text that follows each question.

    Raises:
        SuiteError: the file cannot be read, a row has no question or no answer, or one part is
            empty.
    """
    path = Path(data)
    rows = [_row(path, *one, instruction) for one in json_lines(path)]
    return RowContexts(rows, source=f"'{data}'", held_out=held_out)


def _row(path: Path, number: int, read: Mapping[str, Any], instruction: str) -> dict[str, Any]:
    question, answer = _first(read, QUESTIONS), _first(read, ANSWERS)
    if not isinstance(question, str) or answer is None:
        raise SuiteError(
            f"'{path}', line {number}: a row needs a question ({', '.join(QUESTIONS)}) and an "
            f"answer ({', '.join(ANSWERS)}).\nCorrect or drop the row."
        )
    name = next(key for key in ANSWERS if key in read)
    return {"prompt": question + instruction, "question": question, name: answer}


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if row.get(key) is not None), None)
