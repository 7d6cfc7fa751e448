"""Does the conclusion follow from the premises? "True", "False" or "Uncertain".

With premises P and conclusion C: True if P and not C has no model, False if P and C has none,
Uncertain if both have one. If neither has, the premises contradict themselves and the row is
refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.verifier import Hack, Judgement, Verdict
from suite.plugins.rewards.logic.extraction import LABELS, labels
from suite.plugins.rewards.logic.items import (
    LogicItem,
    Question,
    RowError,
    failed,
    passed,
    read_formulas,
    symbols_of,
)
from suite.plugins.rewards.logic.tree import Node, negation

OUTCOMES = {
    ("sat", "sat"): "Uncertain",
    ("sat", "unsat"): "True",
    ("unsat", "sat"): "False",
}


@dataclass(frozen=True, kw_only=True)
class LabelItem(LogicItem):
    """``conclusion`` is None where the label stands on the data's word alone."""

    label: str
    premises: tuple[Node, ...] = ()
    conclusion: Node | None = None

    def golds(self) -> tuple[str, ...]:
        return (f"Answer: {self.label}", self.label)

    def hacks(self) -> tuple[Hack, ...]:
        """No label, and all of them at once."""
        names = sorted(set(LABELS.values()))
        every = "\n".join(f"Answer: {name}" for name in names)
        texts = {
            "empty": "",
            "no label": "Answer: it depends",
            "all labels": f"{every}\nAnswer: {self.label}",
            "all labels in a line": f"Answer: {', '.join(names)}",
            "alternatives": f"Answer: {self.label} or {_other(self.label)}",
            "lines": "\n".join(names),
        }
        texts |= {f"constant, wrong, {n}": n for n in names if n != self.label}
        return tuple(Hack(name=name, text=text) for name, text in texts.items())

    def proofs(self) -> tuple[Question, ...]:
        if self.conclusion is None:
            return ()
        return (
            (*self.premises, self.conclusion),
            (*self.premises, negation(self.conclusion)),
        )

    def gold_error(self, outcomes: Sequence[str]) -> str | None:
        if self.conclusion is None:
            return None
        if "unknown" in outcomes:
            return "the solver cannot decide it within its budget"
        proved = OUTCOMES.get((outcomes[0], outcomes[1]))
        if proved is None:
            return "the premises contradict each other"
        if proved != self.label:
            return f"the row says {self.label}, its formulas say {proved}"
        return None

    def draft(self, answer: str) -> Judgement | Question:
        given = labels(answer)
        if not given:
            known = ", ".join(sorted(set(LABELS.values())))
            verdict = Verdict.FAIL if answer.strip() else Verdict.NO_CODE
            return failed(verdict, f"no label was answered; one of {known}", readable=False)
        if len(given) > 1:
            return failed(Verdict.FAIL, f"several labels were answered: {', '.join(given)}")
        if given[0] != self.label:
            return failed(Verdict.FAIL, "the label is another one")
        return passed()


def _other(label: str) -> str:
    return "True" if label != "True" else "False"


def read_label(row: Mapping[str, Any], name: str, *, unproved: str) -> LabelItem:
    """A row with "premises", "conclusion" and "label".

    Raises:
        RowError: it has no label, or no formulas that could prove it (unless ``unproved`` is
            "keep").
    """
    label = LABELS.get(str(row.get("label", "")).lower())
    if label is None:
        raise RowError(
            "bad_row",
            f"a row's label must be one of {', '.join(sorted(set(LABELS.values())))}, got "
            f"{row.get('label')!r:.40}.",
        )
    try:
        premises, conclusion = _formulas(row)
    except RowError:
        if unproved == "keep":
            return LabelItem(name=name, label=label)
        raise
    return LabelItem(name=name, label=label, premises=premises, conclusion=conclusion)


def _formulas(row: Mapping[str, Any]) -> tuple[tuple[Node, ...], Node]:
    repair = bool(row.get("repair_scope", False))
    if row.get("conclusion") is None:
        raise RowError("no_formula", "the conclusion has no formula, so nothing proves the label.")
    premises = read_formulas(row.get("premises"), "premises", repair_scope=repair)
    (conclusion,) = read_formulas([row["conclusion"]], "conclusion", repair_scope=repair)
    symbols_of([*premises, conclusion])
    return premises, conclusion
