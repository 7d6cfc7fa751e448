"""How many text-to-SQL questions load, and why the others do not: JSON lines.

    python benchmarks/sql_load.py DATA/sql

One line a file (questions, items, refused by status, golds with LIMIT), one a refusal, one that
says what the perturbed copies tell, one with the audit's hacks, and one that says how many of
Spider's golds parse (its databases are not there).
"""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from suite.core.verifier import Loaded
from suite.plugins.rewards.sql.analysis import ParseError, parse, shape
from suite.plugins.rewards.sql.items import SqlItem
from suite.plugins.rewards.sql.verifier import SqlVerifier

SPIDER = "spider_dev_gold.txt.gz"


def main() -> None:
    """Load every file and print."""
    folder = Path(sys.argv[1])
    items: list[SqlItem] = []
    with SqlVerifier() as verifier:
        for path in sorted(folder.glob("defog_*_sqlite.csv")):
            rows = list(verifier.rows(path))
            loaded = verifier.load(rows)
            items += loaded.items
            show_file(path.name, len(rows), loaded)
        show_copies(verifier, items)
        show_judged(verifier, items)
    show_spider(folder / SPIDER)


def show_file(name: str, num_rows: int, loaded: Loaded[SqlItem]) -> None:
    """One line for the file and one for each refusal."""
    shapes = [shape(parse(gold, "sqlite")) for item in loaded.items for gold in item.golds]
    line = {
        "file": name,
        "questions": num_rows,
        "items": len(loaded.items),
        "refused": dict(Counter(one.status for one in loaded.refused)),
        "golds": len(shapes),
        "golds_ordered": sum(one.ordered for one in shapes),
        "golds_limited": sum(one.limited for one in shapes),
        "items_with_several_golds": sum(len(item.golds) > 1 for item in loaded.items),
    }
    print(json.dumps(line))
    for refusal in loaded.refused:
        print(json.dumps(vars(refusal)))


def show_copies(verifier: SqlVerifier, items: Sequence[SqlItem]) -> None:
    """What the perturbed copies say of the golds, and the golds that were dropped."""
    prepared = [verifier.prepared(item) for item in items]
    notes = Counter(gold.copy_note for one in prepared for gold in one.golds)
    dropped = Counter(status for one in prepared for status, _, _ in one.dropped)
    print(json.dumps({"copies": dict(notes), "golds_dropped": dict(dropped)}))


def show_judged(verifier: SqlVerifier, items: Sequence[SqlItem]) -> None:
    """Verdicts on every gold and every hack, each as an answer."""
    golds = [("gold", text, item) for item in items for text in verifier.golds(item)]
    hacks = [(hack.name, hack.text, item) for item in items for hack in verifier.hacks(item)]
    cases = [*golds, *hacks]
    judged = verifier.judge([text for _, text, _ in cases], [item for *_, item in cases])
    for kind in dict.fromkeys(name for name, _, _ in cases):
        verdicts = [
            str(one.verdict)
            for (name, _, _), one in zip(cases, judged, strict=True)
            if name == kind
        ]
        print(json.dumps({"answer": kind, "verdicts": dict(Counter(verdicts))}))


def show_spider(path: Path) -> None:
    """How many of Spider's golds parse."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    golds = [line.split("\t")[0] for line in lines if line.strip()]
    failed = []
    for gold in golds:
        try:
            parse(gold, "sqlite")
        except ParseError as error:
            failed.append(f"{gold[:80]}: {error}")
    print(json.dumps({"file": path.name, "golds": len(golds), "unparsed": failed}))


if __name__ == "__main__":
    main()
