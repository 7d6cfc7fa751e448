"""How fast a small language model answers: CPU seconds and tokens a CPU second, one thread.

256 answers of 36 tokens at most to 32 different prompts, by the cached sampler that every run uses.

    python benchmarks/answers.py
"""

import json
import resource
import statistics

import torch

from suite.core import registry
from suite.core.randomness import Streams
from suite.core.records import Context
from suite.core.rollout import rollout_in_batches

ROWS, PROMPTS, TOKENS = 256, 32, 36
WARMUP, REPEATS = 1, 7


def main() -> None:
    """Sample, discard the warm-up, print."""
    torch.set_num_threads(1)
    policy = registry.make_policy("causal_lm/tiny", {"num_steps": TOKENS, "max_prompt": 24})
    asked = ({"prompt": f"{i % PROMPTS}+{3 * (i % PROMPTS)}="} for i in range(ROWS))
    context = Context(index=torch.arange(ROWS), native=tuple(asked))
    seconds, tokens = [], []
    for repeat in range(WARMUP + REPEATS):
        before = cpu()
        streams = Streams(0, repeat, "answers", range(ROWS))
        record = rollout_in_batches(policy, context, streams, batch_size=ROWS)
        seconds.append(cpu() - before)
        tokens.append(int(record.mask.sum()) / seconds[-1])
    low, median, high = statistics.quantiles(seconds[WARMUP:], n=4)
    result = {
        "benchmark": "answers",
        "cpu_seconds": round(median, 3),
        "quartiles": [round(low, 3), round(high, 3)],
        "tokens_a_second": round(statistics.median(tokens[WARMUP:])),
    }
    print(json.dumps({**result, "torch": torch.__version__}))


def cpu() -> float:
    """CPU seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
