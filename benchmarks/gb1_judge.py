"""How both GB1 oracles rank the variants that nobody learnt from.

    python benchmarks/gb1_judge.py TABLE

One JSON line an oracle: the Spearman with the measured fitness over the unseen variants above the
wild type, and at which place it puts the best of them.
"""

import json
import sys

import torch

from suite.core.oracle_metrics import spearman
from suite.core.records import Context, Samples
from suite.domains.protein.gb1 import load_gb1, split_gb1
from suite.domains.protein.gb1_task import gb1_oracle


def main(path: str) -> None:
    """Train or load both oracles and print."""
    torch.set_num_threads(1)
    table = load_gb1(path)
    unseen = split_gb1(table).unseen
    fitness = table.fitness[unseen]
    context = Context(index=torch.zeros(len(unseen), dtype=torch.long))
    for half in ("judge", "low"):
        oracle = gb1_oracle(data=path, half=half)
        value = oracle(Samples(tokens=table.tokens[unseen]), context).value
        place = 1 + int((value > value[fitness.argmax()]).sum())
        result = {
            "benchmark": "gb1_judge",
            "oracle": half,
            "variants": len(unseen),
            "spearman": round(spearman(value, fitness), 3),
            "place_of_best": place,
        }
        print(json.dumps({**result, "torch": torch.__version__}))


if __name__ == "__main__":
    main(sys.argv[1])
