"""Partial rewards of an answer, beside execution (after Reasoning-SQL, arXiv:2503.23157).

Its language-model judge of failed queries is left out, for it cannot be checked. Each part is in
[0, 1]; what is compared with a gold is the best over the golds.
"""

import re
from collections.abc import Mapping, Sequence

from suite.core.errors import SuiteError, unknown_name
from suite.plugins.rewards.sql.analysis import ParseError, jaccard, names_used, ngrams, parse

EXECUTION = "execution"
OF_TEXT = ("schema", "ngrams", "syntax")
PARTS = (EXECUTION, *OF_TEXT, "executes", "format")
DEFAULT_WEIGHTS = {EXECUTION: 1.0}
# Execution dominates, as in Reasoning-SQL; the numbers are ours. Its layout is not in it, for a
# policy that was not shown the tags would be fined for their absence: set weights.format.
REASONING_SQL = {EXECUTION: 3.0, "schema": 1.0, "ngrams": 1.0, "executes": 1.0}
LAYOUT = re.compile(r"\s*<think>.*?</think>\s*<answer>.*?</answer>\s*", re.DOTALL)


def checked_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights that count.

    Raises:
        SuiteError: a part does not exist, a weight is negative, or execution has none.
    """
    for name, weight in weights.items():
        if name not in PARTS:
            raise unknown_name("part of a SQL reward", name, PARTS, next_step="Correct 'weights'.")
        if not 0 <= weight < float("inf"):
            raise SuiteError(f"the weight of '{name}' must be 0 or more, got {weight}.")
    if not weights.get(EXECUTION, 0.0) > 0:
        raise SuiteError(
            "the weight of 'execution' must be above 0: the other parts do not look at the rows.\n"
            "Set weights.execution, for example to 1."
        )
    return {name: float(weight) for name, weight in weights.items() if weight > 0}


def text_parts(
    sql: str, golds: Sequence[str], dialect: str, asked: Mapping[str, float]
) -> dict[str, float]:
    """The parts among ``asked`` that need no execution.

    schema: |A & G| / |A | G| of the tables and columns named; ngrams: the same of runs of two
    tokens; syntax: 1 for one query that parses. All are 0 for what is no query.
    """
    wanted = [name for name in asked if name in OF_TEXT]
    if not wanted:
        return {}
    try:
        tree = parse(sql, dialect)
    except ParseError:
        return dict.fromkeys(wanted, 0.0)
    values = {"syntax": 1.0}
    if "schema" in wanted:
        used = names_used(tree)
        values["schema"] = max(jaccard(used, names_used(parse(gold, dialect))) for gold in golds)
    if "ngrams" in wanted:
        runs = ngrams(sql, dialect)
        values["ngrams"] = max(jaccard(runs, ngrams(gold, dialect)) for gold in golds)
    return {name: values[name] for name in wanted}


def run_parts(answer: str, *, ran: bool, asked: Mapping[str, float]) -> dict[str, float]:
    """The parts among ``asked`` that compare nothing with a gold.

    executes: 1 for a query that returns rows, or none, without an error; format: 1 for an answer
    that is <think>...</think><answer>...</answer> and nothing else.
    """
    values = {"executes": float(ran), "format": float(LAYOUT.fullmatch(answer) is not None)}
    return {name: value for name, value in values.items() if name in asked}


def most_of_wrong(weights: Mapping[str, float]) -> float:
    """What no wrong answer's score is above: below 1, the score of every right one."""
    return 1.0 - weights[EXECUTION] / sum(weights.values())


def score(parts: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """1 where execution agrees, else sum(w_i part_i) / sum(w_i), below 1 as execution weighs.

    A right query that is written otherwise than the gold loses nothing.
    """
    if parts[EXECUTION] == 1.0:
        return 1.0
    total = sum(weights.values())
    return sum(weight * parts.get(name, 0.0) for name, weight in weights.items()) / total
