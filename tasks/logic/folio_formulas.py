"""FOLIO: sentences as first-order formulas, equivalence proved by z3; for a pretrained model."""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="logic/folio_formulas",
    summary="A sentence as a first-order formula; stories are held out.",
    contexts=Use("logic/files", data=DATA, ask="formula"),
    reward=Use("logic/formula", ask="formula"),
    held_out_reward=Use("logic/formula", ask="formula"),
    policy=Use("causal_lm/pretrained", num_steps=128),
    codec=Use("text"),
    default_algo="grpo",
    data="logic/folio_train.jsonl.gz",
    settings=recipes.PRETRAINED,
)
