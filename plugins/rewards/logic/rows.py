"""Rows of FOLIO, and of anybody's own as JSON lines.

    {"premises": [...], "conclusion": ..., "label": ...}     which label follows
    {"formula": ..., "context": [...], "question": ...}      say it as a formula
    {"formulas": [...], "model": {...}}                      give a model of the formulas

FOLIO (v0.0) has texts in "premises" and formulas in "premises-FOL", and no formula of the
conclusion in its training split. As "formula" its sentences are translated one by one, each pair
of a sentence and its formula once.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core.errors import SuiteError
from suite.core.json_lines import json_lines
from suite.plugins.rewards.logic.grammar import parse
from suite.plugins.rewards.logic.tree import FormulaError

FOLIO_FORMULAS = "premises-FOL"


def read_rows(path: Path, ask: str) -> Iterator[Mapping[str, Any]]:
    """The rows of a .jsonl or .jsonl.gz file; FOLIO's as what ``ask`` says.

    Raises:
        SuiteError: the file is missing, cut short, or holds something else.
    """
    rows = _lines(path)
    first = next(rows, None)
    if first is None:
        raise SuiteError(f"'{path}' has no rows.\nGive a file with problems.")
    everything = _chain(first, rows)
    if FOLIO_FORMULAS not in first:
        return everything
    return folio_formulas(everything) if ask == "formula" else map(folio_label, everything)


def _chain(
    first: Mapping[str, Any], rest: Iterator[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    yield first
    yield from rest


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    stem = path.name.partition(".")[0]
    for number, row in json_lines(path):
        yield {"name": f"{stem}:{number}", **row}


def folio_label(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row of FOLIO as a question about its label."""
    return {
        "name": row["name"],
        "question": _story(row),
        "premises": row.get(FOLIO_FORMULAS),
        "conclusion": row.get("conclusion-FOL"),
        "label": row.get("label"),
        "repair_scope": True,
    }


def _story(row: Mapping[str, Any]) -> str:
    premises = "\n".join(str(one).strip() for one in row.get("premises", ()))
    return f"{premises}\nConclusion: {str(row.get('conclusion', '')).strip()}"


def folio_formulas(rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Each sentence of FOLIO with its formula; the vocabulary is that of its row."""
    seen = set()
    for row in rows:
        sentences, formulas = list(row.get("premises", ())), list(row.get(FOLIO_FORMULAS, ()))
        if len(sentences) != len(formulas):
            sentences, formulas = [], []  # which formula says which sentence is not known
        if row.get("conclusion-FOL") is not None:
            sentences.append(row.get("conclusion", ""))
            formulas.append(row["conclusion-FOL"])
        context = [formula for formula in formulas if _reads(formula)]
        for number, pair in enumerate(zip(sentences, formulas, strict=True), 1):
            if pair not in seen:
                seen.add(pair)
                yield {
                    "name": f"{row['name']}.{number}",
                    "question": str(pair[0]).strip(),
                    "formula": pair[1],
                    "context": context,
                    "repair_scope": True,
                }


def _reads(formula: str) -> bool:
    try:
        parse(formula, repair_scope=True)
    except FormulaError:
        return False
    return True
