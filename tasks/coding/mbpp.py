"""MBPP, or one's own problems: words and a first assert, for a pretrained model."""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="coding/mbpp",
    summary="Python functions to a description, judged by hidden tests.",
    contexts=Use("coding/files", data=DATA),
    reward=Use("code/tests"),
    held_out_reward=Use("code/tests"),
    policy=Use("causal_lm/pretrained"),
    codec=Use("text"),
    default_algo="grpo",
    data="code/mbpp.jsonl.gz",
    settings=recipes.PRETRAINED,
)
