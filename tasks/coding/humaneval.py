"""HumanEval: the head of a function with its docstring, for a pretrained model to go on with."""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="coding/humaneval",
    summary="Functions continued from their docstring, judged by hidden tests.",
    contexts=Use("coding/files", data=DATA),
    reward=Use("code/tests"),
    held_out_reward=Use("code/tests"),
    policy=Use("causal_lm/pretrained"),
    codec=Use("text"),
    default_algo="grpo",
    data="code/humaneval.jsonl.gz",
    settings=recipes.PRETRAINED,
)
