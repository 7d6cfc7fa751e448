"""One program of every category against the sandbox; benchmarks/attacks.py runs all of them."""

import shutil

import pytest

from suite.benchmarks.attacks import LIMITS, judge_of, warm
from suite.core.execution.levels import Level, why_not
from suite.core.execution.sandbox import Sandbox
from suite.tests.attacks.corpus import CORPUS
from suite.tests.attacks.harness import run_corpus, table
from suite.tests.attacks.mutations import mutants
from suite.tests.attacks.scene import Surroundings

SLOW = frozenset({"hang", "handler_removed", "time_patched", "descriptor_games"})  # seconds each


def slice_of_corpus() -> list[object]:
    """The first program of each category, then each ninth."""
    seen: set[str] = set()
    chosen = []
    for index, attack in enumerate(CORPUS):
        if attack.language == "javascript" and shutil.which("node") is None:
            continue
        first = attack.category not in seen
        seen.add(attack.category)
        if first or (index % 9 == 0 and attack.category not in SLOW):
            chosen.append(attack)
    return chosen


@pytest.mark.parametrize("level", [Level.L1, Level.L2], ids=lambda one: one.name)
def test_no_wrong_pass_and_no_trace(level: Level) -> None:
    if why_not(level) is not None:
        pytest.skip("no user namespaces")
    with Surroundings() as surroundings, Sandbox(level, 1, LIMITS) as sandbox:
        judge = judge_of(sandbox)
        warm(judge)
        chosen = slice_of_corpus()[:: 1 if level is Level.L2 else 3]
        rows = run_corpus(judge, chosen, surroundings=surroundings, settle=0.05, accept_harm=True)
        rows += run_corpus(judge, mutants(count=40), surroundings=surroundings, settle=0.0)
    assert [row.name for row in rows if not row.right] == [], table(rows)
