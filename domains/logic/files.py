"""Stories from a file: FOLIO, or anybody's own rows of ``logic/formula``."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from suite.core.errors import SuiteError
from suite.core.file_contexts import RowContexts, judged_rows

ASKS = ("label", "formula")
ATOM = re.compile(r"(\w+)\(([^()]+)\)")
VARIABLE = re.compile(r"[u-z]\d?")
INSTRUCTIONS = {
    "label": '\nDoes the conclusion follow? End with "Answer: True", "Answer: False" or '
    '"Answer: Uncertain".\n',
    "formula": "\nWrite the sentence as a first-order formula with these symbols: {symbols}\n",
}


class FileContexts(RowContexts):
    """Rows of a .jsonl or .jsonl.gz file; ``Context.native`` holds rows of ``logic/formula``.

    Conclusions from the same premises are in the same part.

    Args:
        data: the file.
        ask: for the label of a conclusion, or for sentences as formulas (FOLIO has both; a formula
            that cannot be read is left out).
        held_out: the share of stories that are held out, chosen by a hash of the premises.
        instruction: text that follows the question; {symbols} are those of the story's formulas.

    Raises:
        SuiteError: the file cannot be read, or a row has no question or cannot be judged.
    """

    def __init__(
        self,
        *,
        data: str,
        ask: Literal["label", "formula"] = "label",
        held_out: float = 0.1,
        instruction: str | None = None,
    ) -> None:
        if ask not in ASKS:
            raise SuiteError(f"contexts.ask must be one of {', '.join(ASKS)}; got {ask!r}.")
        judge = {"ask": ask, "unproved": "keep"}
        # Some formulas of FOLIO cannot be read: docs/verifiers/logic.md counts them.
        rows = judged_rows("logic/formula", Path(data), skip=ask == "formula", settings=judge)
        told = INSTRUCTIONS[ask] if instruction is None else instruction
        super().__init__(
            [_asked(row, told, data) for row in rows],
            source=f"'{data}'",
            held_out=held_out,
            group=_story,
        )


def _asked(row: Mapping[str, Any], instruction: str, data: str) -> Mapping[str, Any]:
    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        raise SuiteError(
            f"'{data}', {row.get('name', 'a row')}: there is no 'question', the text that a model "
            "is asked.\nAdd it to the row."
        )
    known = symbols([*map(str, row.get("context", ())), str(row.get("formula", ""))])
    return {**row, "prompt": question + instruction.replace("{symbols}", known)}


def symbols(formulas: Sequence[str]) -> str:
    """Predicates with their places, then names, each in alphabetical order: "Eats(_, _), tom".

    The formulas themselves would give the answer away.
    """
    predicates: set[str] = set()
    names: set[str] = set()
    for name, inside in ATOM.findall(" ".join(formulas)):
        terms = [one.strip() for one in inside.split(",")]
        predicates.add(f"{name}({', '.join('_' * len(terms))})")
        names.update(one for one in terms if not VARIABLE.fullmatch(one))
    return ", ".join([*sorted(predicates), *sorted(names)])


def _story(row: Mapping[str, Any]) -> str:
    """What rows of one story have in common: the premises, or the vocabulary's first formula."""
    return repr(row.get("premises") or tuple(row.get("context", ()))[:1] or row["question"])
