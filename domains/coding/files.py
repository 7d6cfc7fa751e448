"""Programming problems from a file: MBPP, HumanEval, or anybody's own rows of ``code/tests``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from suite.core.file_contexts import RowContexts, judged_rows


class FileContexts(RowContexts):
    """Rows of a .jsonl or .jsonl.gz file; ``Context.native`` holds rows of ``code/tests``.

    MBPP asks in words, so that its prompt names the function and shows the first of its asserts;
    HumanEval's prompt is the head of the function with its docstring, as it stands.

    Args:
        data: the file.
        held_out: the share of problems that are held out, chosen by a hash of the prompt.
        instruction: text that follows the words of an MBPP row; {test} is its first assert.

    Raises:
        SuiteError: the file cannot be read, or a row has no prompt or cannot be judged.
    """

    def __init__(
        self,
        *,
        data: str,
        held_out: float = 0.1,
        instruction: str = "\nYour function must pass this test:\n{test}\n",
    ) -> None:
        rows = judged_rows("code/tests", Path(data))
        super().__init__(
            [_asked(row, instruction) for row in rows], source=f"'{data}'", held_out=held_out
        )


def _asked(row: Mapping[str, Any], instruction: str) -> Mapping[str, Any]:
    """The row with a prompt; a replacement and no format, as tests have braces."""
    if "test_list" not in row:
        return {**row, "prompt": row.get("prompt") or row.get("name", "")}
    told = instruction.replace("{test}", str(row["test_list"][0]))
    return {**row, "prompt": f"{str(row['text']).strip()}{told}"}
