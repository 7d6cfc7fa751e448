"""Give a finite model of the formulas; a counter-example is a model of premises and no conclusion.

No solver is asked: the formulas are evaluated in the model that was answered. Formulas that a model
without thought satisfies (one element, every predicate never or always true) are refused.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.verifier import Hack, Judgement, Verdict
from suite.plugins.rewards.logic.extraction import formula_text
from suite.plugins.rewards.logic.items import (
    LogicItem,
    Question,
    RowError,
    failed,
    passed,
    read_formulas,
    symbols_of,
)
from suite.plugins.rewards.logic.models import (
    MAX_ELEMENTS,
    ModelError,
    TooManyStepsError,
    holds,
    plain_models,
    read_model,
)
from suite.plugins.rewards.logic.tree import Node, Symbol, numbers

MAX_ARITY = 3  # a table of more arguments is no answer to write


@dataclass(frozen=True, kw_only=True)
class ModelItem(LogicItem):
    """Formulas to satisfy; ``gold`` is one model of them, as JSON."""

    formulas: tuple[Node, ...]
    symbols: Mapping[str, Symbol]
    gold: str

    def golds(self) -> tuple[str, ...]:
        return (self.gold, f"<answer>{self.gold}</answer>")

    def hacks(self) -> tuple[Hack, ...]:
        """Models without elements, without meanings, or with the least thought."""
        plain: dict[str, Any] = {
            "predicates": {
                name: [] if symbol.arity else False
                for name, symbol in self.symbols.items()
                if symbol.role == "predicate"
            }
        }
        texts = {
            "empty": "",
            "nothing": "{}",
            "words": "There is no such model.",
            "empty domain": json.dumps({"domain": [], **plain}),
            "no meanings": '{"domain": ["a"]}',
            "list": f"[{self.gold}]",
        }
        return tuple(Hack(name=name, text=text) for name, text in texts.items())

    def proofs(self) -> tuple[Question, ...]:
        return ()

    def gold_error(self, outcomes: Sequence[str]) -> str | None:
        del outcomes
        plain = plain_models(self.symbols, self._numbers)
        try:
            easy = any(holds(self.formulas, model) for model in plain)
        except TooManyStepsError:
            return "they are too large to evaluate"
        return "a model without thought satisfies them" if easy else None

    @property
    def _numbers(self) -> list[str]:
        return numbers(self.formulas)

    def draft(self, answer: str) -> Judgement | Question:
        text = formula_text(answer)
        if text is None:
            return failed(Verdict.NO_CODE, "no model was answered", readable=False)
        try:
            model = read_model(text, self.symbols, self._numbers)
        except ModelError as error:
            return failed(Verdict.BAD_SOURCE, str(error), readable=False)
        try:
            true = holds(self.formulas, model)
        except TooManyStepsError:
            return failed(Verdict.TIMEOUT, "the model is too large to evaluate")
        return passed() if true else failed(Verdict.FAIL, "a formula is false in the model")


def read_satisfied(row: Mapping[str, Any], name: str) -> ModelItem:
    """A row with "formulas" and "model", an object as models.py describes.

    Raises:
        RowError: it lacks one of them, or a formula cannot be read or needs too much.
    """
    if not isinstance(row.get("model"), Mapping):
        raise RowError("bad_row", f"a row has no model: its columns are {', '.join(sorted(row))}.")
    formulas = read_formulas(row.get("formulas"), "formulas", repair_scope=False)
    symbols = symbols_of(formulas)
    if any(symbol.arity > MAX_ARITY for symbol in symbols.values()):
        raise RowError("bad_row", f"a symbol has more than {MAX_ARITY} arguments.")
    if len(numbers(formulas)) > MAX_ELEMENTS:
        raise RowError("bad_row", f"the formulas have more than {MAX_ELEMENTS} numbers.")
    gold = json.dumps(row["model"], ensure_ascii=False)
    return ModelItem(name=name, formulas=formulas, symbols=symbols, gold=gold)
