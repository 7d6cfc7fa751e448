"""tau-bench's retail tasks: the episode is right where it leaves the wanted database.

The user's instruction is given whole in the first turn: no second model plays the user.
"""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="tools/tau_retail",
    summary="A shop's requests in several turns, by a pretrained model, scored on the database.",
    contexts=Use("tools/tau_retail", data=DATA),
    environment=Use("tools/shop", max_steps=30),
    policy=Use("causal_lm/pretrained", num_steps=6144, turns=30),
    codec=Use("text"),
    default_algo="grpo",
    data="tools/tau_bench/retail_tasks_train.jsonl.gz",
    settings={**recipes.PRETRAINED, "train.eval_samples": 32, "train.sample_batch_size": 8},
)
