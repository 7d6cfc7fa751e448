"""Say it as a formula: the answer must be logically equivalent to the gold.

Symbols and numbers are those of the item's vocabulary; a renamed predicate is another predicate. A
gold that is true in every model, or in none, is refused: any tautology would be worth full marks.
Different numbers are different, so numbers say how many things there are at least: every question
speaks of all numbers of the vocabulary, and an answer may not bring others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.verifier import Hack, Judgement, Verdict
from suite.plugins.rewards.logic.extraction import formula_text
from suite.plugins.rewards.logic.grammar import parse
from suite.plugins.rewards.logic.items import (
    LogicItem,
    Question,
    RowError,
    failed,
    passed,
    read_formulas,
    symbols_of,
)
from suite.plugins.rewards.logic.tree import (
    FormulaError,
    Node,
    Symbol,
    nameless,
    negation,
    numbers,
    signature,
)
from suite.plugins.rewards.logic.writing import write


@dataclass(frozen=True, kw_only=True)
class FormulaItem(LogicItem):
    """A gold formula and the symbols that an answer may use."""

    gold: Node
    vocabulary: Mapping[str, Symbol]
    numbers: tuple[str, ...] = ()

    def golds(self) -> tuple[str, ...]:
        return (write(self.gold), f"Answer: {write(self.gold)}.")

    def hacks(self) -> tuple[Hack, ...]:
        """Formulas that are true or false whatever the symbols mean, and the opposite."""
        gold, opposite = write(self.gold), write(negation(self.gold))
        texts = {
            "empty": "",
            "words": "I do not know.",
            "tautology": f"({gold}) \u2228 ({opposite})",
            "contradiction": f"({gold}) \u2227 ({opposite})",
            "opposite": opposite,
            "taken back": f"Answer: {gold}\nAnswer: {opposite}",
            "two formulas": f"{gold}\n{opposite}",
            "equal to itself": "\u2200x x = x",
        }
        return tuple(Hack(name=name, text=text) for name, text in texts.items())

    def proofs(self) -> tuple[Question, ...]:
        return ((self.gold, *self._mentions()), (negation(self.gold), *self._mentions()))

    def _mentions(self) -> tuple[Node, ...]:
        """A truth about each number, so that the solver holds them apart."""
        terms = (Node("number", name) for name in self.numbers)
        return tuple(Node("equal", parts=(term, term)) for term in terms)

    def gold_error(self, outcomes: Sequence[str]) -> str | None:
        if "unknown" in outcomes:
            return "the solver cannot decide within its budget whether it says anything"
        if "unsat" in outcomes:
            truth = "false" if outcomes[0] == "unsat" else "true"
            return f"it is {truth} whatever its symbols mean"
        return None

    def draft(self, answer: str) -> Judgement | Question:
        text = formula_text(answer)
        if text is None:
            return failed(Verdict.NO_CODE, "no formula was answered", readable=False)
        try:
            formula = parse(text)
            used = signature([formula])
        except FormulaError as error:
            return failed(Verdict.BAD_SOURCE, str(error), readable=False)
        for name, symbol in used.items():
            if self.vocabulary.get(name) != symbol:
                return failed(Verdict.BAD_SOURCE, self._unknown(name, symbol), readable=False)
        strange = [name for name in numbers([formula]) if name not in self.numbers]
        if strange:
            told = f"the vocabulary does not have the number {strange[0]}"
            return failed(Verdict.BAD_SOURCE, told, readable=False)
        if nameless(formula) == nameless(self.gold):
            return passed()
        return (Node("xor", parts=(formula, self.gold)), *self._mentions())

    def _unknown(self, name: str, symbol: Symbol) -> str:
        known = self.vocabulary.get(name)
        return f"'{name[:40]}' is used as {symbol}, and the vocabulary " + (
            f"has it as {known}" if known else "does not have it"
        )


def read_formula(row: Mapping[str, Any], name: str) -> FormulaItem:
    """A row with "formula" and, for more symbols than it uses, "context": other formulas.

    Raises:
        RowError: it has no formula, or one that cannot be read, or symbols clash.
    """
    if not isinstance(row.get("formula"), str):
        raise RowError(
            "bad_row", f"a row has no formula: its columns are {', '.join(sorted(row))}."
        )
    repair = bool(row.get("repair_scope", False))
    (gold,) = read_formulas([row["formula"]], "formula", repair_scope=repair)
    context = read_formulas(row.get("context", ()), "context", repair_scope=repair)
    known = [gold, *context]
    return FormulaItem(
        name=name, gold=gold, vocabulary=symbols_of(known), numbers=tuple(numbers(known))
    )
