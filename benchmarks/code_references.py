"""Every reference of MBPP and HumanEval against its own tests: all must pass.

    SUITE_DATA=... python benchmarks/code_references.py

One JSON line a file: rows, refused by status, how many tests the parent decides and how many items
need a suite's own process, verdicts a second. Refused rows are named on stderr.
"""

import collections
import json
import os
import sys
import time
from pathlib import Path

import click

from suite.plugins.rewards.code.verifier import CodeVerifier

FILES = ("mbpp.jsonl.gz", "humaneval.jsonl.gz")


@click.command()
@click.option("--level", default=None, help="Isolation level; the best unless given.")
@click.option("--workers", default=2, show_default=True)
def main(level: str | None, workers: int) -> None:
    """Load both files."""
    folder = Path(os.environ["SUITE_DATA"]) / "code"
    with CodeVerifier(level=level, workers=workers) as verifier:
        for name in FILES:
            rows = list(verifier.rows(folder / name))
            begun = time.monotonic()
            loaded = verifier.load(rows)
            seconds = time.monotonic() - begun
            for refusal in loaded.refused:
                print(f"{refusal.name}: {refusal.status}: {refusal.reason}", file=sys.stderr)
            line = {
                "file": name,
                "rows": len(rows),
                "pass": len(loaded.items),
                "refused": dict(collections.Counter(one.status for one in loaded.refused)),
                "tests": sum(len(item.cases) for item in loaded.items),
                "with_a_suite": sum(item.suite is not None for item in loaded.items),
                "level": verifier.isolation,
                "seconds": round(seconds, 1),
                "verdicts_per_second": round(len(rows) / seconds, 1),
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
