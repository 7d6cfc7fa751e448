"""Verdicts per second of the SQL verifier, on one database and with its perturbed copy: JSON lines.

    python benchmarks/sql_speed.py [DATA/sql]

Answers are golds and wrong golds in equal parts, judged in batches of 256 by 2 workers: of the
embedded shop, and with a data folder of the defog questions. A last line: memory over many
verdicts.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from suite.plugins.rewards.sql.items import SqlItem
from suite.plugins.rewards.sql.verifier import SqlVerifier

BATCH, BATCHES, WARMUP = 256, 8, 1
WORKERS = 2
MANY = 20_000  # verdicts between two looks at the workers' memory


def main() -> None:
    """Time each data set without and with copies, then memory."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for name, data in (("shop", None), ("defog", folder)):
        if name == "defog" and folder is None:
            continue
        for copies in (0, 6):
            with SqlVerifier(copies=copies, workers=WORKERS) as verifier:
                items = verifier.load(verifier.rows(data)).items
                print(json.dumps({"data": name, "copies": copies, **rate(verifier, items)}))
    with SqlVerifier(workers=WORKERS) as verifier:
        items = verifier.load(verifier.rows(None)).items
        print(json.dumps({"data": "shop", **memory(verifier, items)}))


def pairs(items: Sequence[SqlItem]) -> list[tuple[str, SqlItem]]:
    """Every gold for its own item, and for the next item, where it is wrong."""
    following = [*items[1:], *items[:1]]
    right = [(gold, item) for item in items for gold in item.golds]
    wrong = [
        (gold, other) for item, other in zip(items, following, strict=True) for gold in item.golds
    ]
    return [pair for both in zip(right, wrong, strict=True) for pair in both]


def rate(verifier: SqlVerifier, items: Sequence[SqlItem]) -> dict[str, object]:
    """Median and quartiles of verdicts per second over batches."""
    cases = islice(cycle(pairs(items)), BATCH * (BATCHES + WARMUP))
    batches = [list(islice(cases, BATCH)) for _ in range(BATCHES + WARMUP)]
    rates, passed = [], 0
    for batch in batches:
        started = time.perf_counter()
        judged = verifier.judge([text for text, _ in batch], [item for _, item in batch])
        rates.append(BATCH / (time.perf_counter() - started))
        passed += sum(one.score == 1.0 for one in judged)
    low, median, high = statistics.quantiles(rates[WARMUP:], n=4)
    return {
        "verdicts_per_second": round(median),
        "quartiles": [round(low), round(high)],
        "workers": WORKERS,
        "share_passed": round(passed / (BATCH * len(batches)), 3),
    }


def memory(verifier: SqlVerifier, items: Sequence[SqlItem]) -> dict[str, object]:
    """Resident megabytes of this process and its children at the start and after MANY verdicts."""
    cases = cycle(pairs(items))
    rate(verifier, items)
    before = resident_mb()
    for _ in range(MANY // BATCH):
        batch = list(islice(cases, BATCH))
        verifier.judge([text for text, _ in batch], [item for _, item in batch])
    return {"verdicts": MANY // BATCH * BATCH, "resident_mb": [before, resident_mb()]}


def resident_mb() -> float:
    """Of this process and its direct children."""
    me = os.getpid()
    children = Path(f"/proc/{me}/task").glob("*/children")
    pids = {me, *(int(pid) for file in children for pid in file.read_text().split())}
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return round(sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


if __name__ == "__main__":
    main()
