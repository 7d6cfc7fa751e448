"""Questions of GSM8K, MATH, MAWPS or one's own file, for a pretrained model."""

from suite.core.task import DATA, Task, Use

TASK = Task(
    name="maths/questions",
    summary="Questions from a file, answered by a pretrained language model.",
    contexts=Use("maths/questions", data=DATA),
    reward=Use("maths/answer"),
    held_out_reward=Use("maths/answer"),
    policy=Use("causal_lm/pretrained"),
    codec=Use("text"),
    metrics=(Use("maths/form"),),
    default_algo="grpo",
    data="math/gsm8k_train.jsonl.gz",
    settings={
        "train.num_contexts": 8,
        "train.group_size": 8,
        "train.num_steps": 100,
        "train.learning_rate": 1e-6,
    },
)
