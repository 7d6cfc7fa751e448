"""Questions from a file: GSM8K, MATH, MAWPS, or rows of anybody's own."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context

QUESTIONS = ("prompt", "question", "problem", "input")
ANSWERS = ("answer", "solution", "target")


class QuestionContexts(Contexts):
    """Rows of a .jsonl or .jsonl.gz file with a question and an answer.

    Args:
        data: the file; instruction: text that follows each question.
        held_out: the share of questions that are held out, chosen by a hash of the question.

    Raises:
        SuiteError: the file cannot be read, a row has no question or no answer, or one part is
            empty.
    """

    def __init__(
        self,
        *,
        data: str,
        held_out: float = 0.1,
        instruction: str = "\nGive the result in \\boxed{}.",
    ) -> None:
        if not 0 < held_out < 1:
            raise SuiteError(
                f"maths/questions: 'held_out' must be between 0 and 1, got {held_out}."
            )
        rows = _unique([_row(*one, instruction) for one in _lines(Path(data))])
        self._train = [row for row in rows if _place(row["prompt"]) >= held_out]
        self._held_out = [row for row in rows if _place(row["prompt"]) < held_out]
        if not self._train or not self._held_out:
            raise SuiteError(
                f"'{data}' has {len(rows)} questions, and one part of them would be empty.\n"
                "Give more questions, or another contexts.held_out."
            )
        self.num_train, self.num_held_out = len(self._train), len(self._held_out)

    def train(self, index: Tensor) -> Context:
        return Context(index=index, native=tuple(self._train[i] for i in index.tolist()))

    def held_out(self, index: Tensor) -> Context:
        return Context(index=index, native=tuple(self._held_out[i] for i in index.tolist()))


def _lines(path: Path) -> list[tuple[Path, int, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as file:
            return [(path, number, line) for number, line in enumerate(file, 1) if line.strip()]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SuiteError(f"cannot read the questions of '{path}': {error}.") from error


def _row(path: Path, number: int, line: str, instruction: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except ValueError as error:
        raise SuiteError(f"'{path}', line {number}, is not JSON: {error}.") from error
    question = _first(read, QUESTIONS) if isinstance(read, Mapping) else None
    answer = _first(read, ANSWERS) if isinstance(read, Mapping) else None
    if not isinstance(question, str) or answer is None:
        raise SuiteError(
            f"'{path}', line {number}: a row needs a question ({', '.join(QUESTIONS)}) and an "
            f"answer ({', '.join(ANSWERS)}).\nCorrect or drop the row."
        )
    name = next(key for key in ANSWERS if key in read)
    return {"prompt": question + instruction, "question": question, name: answer}


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((row[key] for key in keys if row.get(key) is not None), None)


def _unique(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each question once: the same one in two parts would leak."""
    return list({row["prompt"]: row for row in rows}.values())


def _place(text: str) -> float:
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
