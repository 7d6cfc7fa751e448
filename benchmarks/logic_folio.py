"""FOLIO through the logic verifier: which labels its formulas prove, and how fast. JSON lines.

    python benchmarks/logic_folio.py --data DATA
    python benchmarks/logic_folio.py --data DATA --answers 4000

A line a split: rows, those that are read, labels reproduced, and the rest by name and reason; then
what a constant answer earns. A line a split for its sentences as formulas to write. A last line:
verdicts per second on golds and on formulas of other sentences. The exit code is 1 if a gold that
was loaded misses full marks.
"""

import argparse
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

from suite.core.verifier import Loaded
from suite.plugins.rewards.logic.formula import FormulaItem
from suite.plugins.rewards.logic.items import LogicItem
from suite.plugins.rewards.logic.label import LabelItem
from suite.plugins.rewards.logic.verifier import LogicVerifier
from suite.plugins.rewards.logic.writing import write

SPLITS = ("train", "validation")
LABELS = ("True", "False", "Uncertain")
WARMUP, BATCH = 200, 200


def main() -> int:
    """Load each split twice, as labels and as formulas, and time the judging."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that has logic/")
    parser.add_argument("--answers", type=int, default=2000, help="to judge for the speed")
    options = parser.parse_args()
    wrong = 0
    formulas: list[LogicItem] = []
    for split in SPLITS:
        path = options.data / "logic" / f"folio_{split}.jsonl.gz"
        with LogicVerifier() as verifier:
            loaded = verifier.load(verifier.rows(path))
            wrong += missed(verifier, loaded)
            constant = constants(verifier, loaded)
        print(json.dumps({"benchmark": "logic_folio", "split": split, **labels(loaded)} | constant))
        with LogicVerifier(ask="formula") as verifier:
            started = time.perf_counter()
            loaded = verifier.load(verifier.rows(path))
            seconds = time.perf_counter() - started
            wrong += missed(verifier, loaded)
        formulas += loaded.items
        line = {"benchmark": "logic_folio", "split": split, "ask": "formula", **counts(loaded)}
        print(json.dumps({**line, "load_seconds": round(seconds, 2)}))
    print(json.dumps({"benchmark": "logic_folio", **speed(formulas, options.answers)}))
    return 1 if wrong else 0


def missed(verifier: LogicVerifier, loaded: Loaded[LogicItem]) -> int:
    """How many golds miss full marks."""
    pairs = [(gold, item) for item in loaded.items for gold in verifier.golds(item)]
    judged = verifier.judge([gold for gold, _ in pairs], [item for _, item in pairs])
    return sum(one.score < 1.0 for one in judged)


def counts(loaded: Loaded[LogicItem]) -> dict[str, object]:
    """Rows, those loaded, and the refused by status and reason."""
    by_status = Counter(one.status for one in loaded.refused)
    unreadable = [one for one in loaded.refused if one.status == "unreadable"]
    return {
        "rows": len(loaded.items) + len(loaded.refused),
        "loaded": len(loaded.items),
        "refused": by_status,
        "unreadable": Counter(one.reason.partition(":")[0] for one in unreadable),
        "named": [f"{one.name}: {one.reason}" for one in loaded.refused if is_told(one.status)],
    }


def is_told(status: str) -> bool:
    """Rows without a formula are too many to name."""
    return status != "no_formula"


def labels(loaded: Loaded[LogicItem]) -> dict[str, object]:
    """As ``counts``, and of what was read: labels reproduced, disagreements, left open."""
    errors = [one.reason for one in loaded.refused if one.status == "gold_error"]
    kinds = Counter(
        "unknown" if "decide" in one else "contradictory" if "contradict" in one else "disagrees"
        for one in errors
    )
    return {
        "ask": "label",
        **counts(loaded),
        "read": len(loaded.items) + len(errors),
        "reproduced": len(loaded.items),
        "not_reproduced": kinds,
    }


def constants(verifier: LogicVerifier, loaded: Loaded[LogicItem]) -> dict[str, object]:
    """The share of the loaded rows that one answer for all of them earns."""
    items = [item for item in loaded.items if isinstance(item, LabelItem)]
    if not items:
        return {}
    earned = {
        label: sum(one.score for one in verifier.judge([label] * len(items), items)) / len(items)
        for label in LABELS
    }
    return {"constant_answer": {label: round(share, 3) for label, share in earned.items()}}


def speed(items: list[LogicItem], count: int) -> dict[str, object]:
    """Verdicts per second with two workers; every second answer is another sentence's formula.

    Wrong answers are taken from rows with the same vocabulary, so that the solver must decide.
    """
    written = [item for item in items if isinstance(item, FormulaItem)]
    groups: dict[str, list[FormulaItem]] = {}
    for item in written:
        groups.setdefault(json.dumps(sorted(item.vocabulary)), []).append(item)
    wrong = [
        (write(other.gold), item)
        for group in groups.values()
        for number, item in enumerate(group)
        for other in group[number + 1 :]
    ]
    golds = [(write(item.gold), item) for item in written]
    result: dict[str, object] = {"pairs": {"gold": len(golds), "other": len(wrong)}}
    for name, pairs in (("gold", golds), ("other", wrong)):
        before = cpu_seconds()
        with LogicVerifier() as verifier:
            timed_pairs = pairs[: WARMUP + count]
            result[name] = timed(verifier, timed_pairs)
        # After closing, so that the workers' time counts; start and warm-up are in it.
        per_cpu = len(timed_pairs) / (cpu_seconds() - before)
        result[f"{name}_per_cpu_second"] = round(per_cpu, 1)
    return result


def cpu_seconds() -> float:
    """CPU time of this process and of its ended children."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def timed(verifier: LogicVerifier, pairs: list[tuple[str, FormulaItem]]) -> dict[str, object]:
    """Judge the pairs in batches after a warm-up."""
    verifier.judge([text for text, _ in pairs[:WARMUP]], [item for _, item in pairs[:WARMUP]])
    rest = pairs[WARMUP:]
    verdicts: Counter[str] = Counter()
    started = time.perf_counter()
    for start in range(0, len(rest), BATCH):
        batch = rest[start : start + BATCH]
        judged = verifier.judge([text for text, _ in batch], [item for _, item in batch])
        verdicts.update(str(one.verdict) for one in judged)
    seconds = time.perf_counter() - started
    return {"verdicts": verdicts, "per_second": round(len(rest) / seconds, 1)}


if __name__ == "__main__":
    sys.exit(main())
