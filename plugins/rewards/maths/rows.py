r"""Rows of GSM8K, MATH and MAWPS, and of anybody's own: where the gold stands in each.

{"answer": "... #### 18"}       GSM8K: after the mark
{"solution": "... \boxed{2}"}   MATH: the last box
{"target": 43.0}                MAWPS: a number
{"answer": "x = 3"}             the answer itself, text or number
"""

import math
from collections.abc import Mapping
from typing import Any

from suite.core.errors import SuiteError
from suite.plugins.rewards.maths.extraction import MARK, boxed

COLUMNS = ("answer", "solution", "target")
QUESTIONS = ("problem", "question", "input")
# The question asks for a list, so a comma before three digits separates two numbers.
LIST_WORDS = ("separated by commas", "comma-separated")
EXAMPLES: tuple[Mapping[str, Any], ...] = (
    {"question": "How much is 9 * 2?", "answer": "9 * 2 = <<9*2=18>>18\n#### 18"},
    {"question": "What share of 8 is 6?", "answer": r"\frac{3}{4}"},
    {"question": "Solve x^2 - 2x - 1 = 0, separated by commas.", "answer": r"1 \pm \sqrt{2}"},
    {"question": "Where is x^2 < 4?", "answer": "(-2, 2)"},
    {"question": "Where is x^2 >= 4?", "answer": r"(-\infty,-2]\cup[2,\infty)"},
    {"question": "Factor x^2 - 1.", "answer": "(x-1)(x+1)"},
    {"question": "The cosine of 30 degrees?", "answer": r"\frac{\sqrt{3}}{2}"},
    {"question": "Which line?", "answer": "y = 2x + 3"},
    {"question": "How far?", "answer": r"25 \text{ km}"},
    {"question": "Odd or even?", "answer": r"\text{odd}"},
    {"question": "Three in binary?", "answer": "11_2"},
    {"question": "Swap the axes.", "answer": r"\begin{pmatrix} 0 & 1 \\ 1 & 0 \end{pmatrix}"},
)


class RowError(SuiteError):
    """A row without an item; ``status`` is what refusals are counted by."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def gold_text(row: Mapping[str, Any]) -> str:
    """The gold of a row as written.

    Raises:
        RowError: the row has none.
    """
    column = next((name for name in COLUMNS if row.get(name) is not None), None)
    if column is None:
        raise RowError(
            "no_answer",
            f"a row has no answer: its columns are {', '.join(sorted(row)) or 'none'}.\n"
            f"Give one of {', '.join(COLUMNS)}.",
        )
    text = _text(row[column])
    if column == "solution":
        return _boxed_gold(text)
    return text.rpartition(MARK)[2].strip()


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError("no_answer", f"an answer must be text or a number, got {value!r:.80}.")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise RowError("no_answer", f"an answer must be a finite number, got {value}.")
        return str(int(value)) if value.is_integer() else repr(value)
    if not str(value).strip():
        raise RowError("no_answer", "a row's answer is empty.")
    return str(value)


def _boxed_gold(text: str) -> str:
    found = boxed(text)
    if found is None or found.text is None:
        raise RowError("no_answer", r"a row's solution has no \boxed{...} with the answer.")
    return found.text


def asks_for_list(row: Mapping[str, Any]) -> bool:
    """Whether the row's question asks for several answers with commas between them."""
    questions = (str(row.get(name, "")) for name in QUESTIONS)
    return any(words in question for question in questions for words in LIST_WORDS)
