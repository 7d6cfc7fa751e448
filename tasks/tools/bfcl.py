"""Calls of the Berkeley leaderboard from a file, judged by its own rule."""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="tools/bfcl",
    summary="One turn of calls, by a pretrained language model, judged by BFCL's rule.",
    contexts=Use("tools/bfcl", data=DATA),
    reward=Use("tools/calls", rule="bfcl"),
    held_out_reward=Use("tools/calls", rule="bfcl"),
    policy=Use("causal_lm/pretrained"),
    codec=Use("text"),
    default_algo="grpo",
    data="tools/bfcl/BFCL_v4_multiple.json.gz",
    settings=recipes.PRETRAINED,
)
