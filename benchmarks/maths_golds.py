"""Every gold of GSM8K, MATH and MAWPS against itself, and golds changed a little against the golds.

One JSON line a file, one for the perturbed golds. A gold must get full marks, a perturbed one none;
what does not is listed by name, and the exit code is 1.

    python benchmarks/maths_golds.py --data DATA
    python benchmarks/maths_golds.py --data DATA --perturbed 20000 --seed 1
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from suite.plugins.rewards.maths.perturb import perturbed
from suite.plugins.rewards.maths.verifier import MathsItem, MathsVerifier

FILES = (
    "gsm8k_train",
    "gsm8k_test",
    "math_test",
    "mawps_addsub",
    "mawps_multiarith",
    "mawps_singleeq",
    "mawps_singleop",
)


def main() -> int:
    """Judge golds and perturbed golds; print counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that has math/")
    parser.add_argument("--perturbed", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    wrong = 0
    items: list[MathsItem] = []
    with MathsVerifier() as verifier:
        for name in FILES:
            start = time.process_time()
            loaded = verifier.load(verifier.rows(options.data / "math" / f"{name}.jsonl.gz"))
            line = {
                "benchmark": "maths_golds",
                "file": name,
                "rows": len(loaded.items) + len(loaded.refused),
                "full_marks": len(loaded.items),
                "refused": [f"{one.name}: {one.status}" for one in loaded.refused],
                "cpu_seconds": round(time.process_time() - start, 2),
            }
            print(json.dumps(line))
            wrong += len(loaded.refused)
            items += loaded.items
        wrong += judge_perturbed(verifier, items, options.perturbed, options.seed)
    return 1 if wrong else 0


def judge_perturbed(verifier: MathsVerifier, items: list[MathsItem], count: int, seed: int) -> int:
    """How many perturbed golds were paid."""
    by_gold = {item.gold: item for item in items}
    triples = perturbed(sorted(by_gold), count, seed)
    answers = [rf"\boxed{{{changed}}}" for _, _, changed in triples]
    judged = verifier.judge(answers, [by_gold[gold] for gold, _, _ in triples])
    paid = [triple for triple, one in zip(triples, judged, strict=True) if one.score > 0]
    line = {
        "benchmark": "maths_golds",
        "perturbed": count,
        "seed": seed,
        "kinds": Counter(kind for _, kind, _ in triples),
        "unreadable": sum(one.parts["format"] == 0 for one in judged),
        "verdicts": Counter(str(one.verdict) for one in judged),
        "paid": paid,
    }
    print(json.dumps(line))
    return len(paid)


if __name__ == "__main__":
    sys.exit(main())
