"""Public questions with their databases, databases held out; for a pretrained model."""

from suite.core.task import DATA, Task, Use
from suite.tasks import recipes

TASK = Task(
    name="sql/public",
    summary="Questions about real schemas; databases are held out.",
    contexts=Use("sql/files", data=DATA),
    reward=Use("sql/execution"),
    held_out_reward=Use("sql/execution"),
    policy=Use("causal_lm/pretrained"),
    codec=Use("text"),
    default_algo="grpo",
    data="sql/defog_questions_gen_sqlite.csv",
    settings=recipes.PRETRAINED,
)
