"""FOLIO: does a conclusion follow from a story? For a pretrained model.

The training file has no formulas of its conclusions, so labels stand on the data's word.
"""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="logic/folio",
    summary="Does the conclusion follow from the story? Stories are held out.",
    contexts=Use("logic/files", data=DATA),
    reward=Use("logic/formula", unproved="keep"),
    held_out_reward=Use("logic/formula", unproved="keep"),
    policy=Use("causal_lm/pretrained", num_steps=128),
    codec=Use("text"),
    default_algo="grpo",
    data="logic/folio_train.jsonl.gz",
    settings=recipes.PRETRAINED,
)
