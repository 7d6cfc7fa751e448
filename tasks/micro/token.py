"""Left-to-right strings of four letters against a table of rewards."""

from suite.core.task import Task, Use

TASK = Task(
    name="micro/token",
    summary="Left-to-right strings of four letters against a table of rewards.",
    contexts=Use("micro/unconditioned"),
    reward=Use("micro/table", length=4, letters=4),
    held_out_reward=Use("micro/table", length=4, letters=4, noise=0.5),
    policy=Use("micro/token", length=4, letters=4, network="tabular"),
    codec=Use("micro/letters", length=4, letters=4),
    default_algo="rloo",
    known_rewards=(("AAAA", -1.1258), ("DDDD", 0.4378)),
    settings={
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.num_steps": 40,
        "train.learning_rate": 0.02,
    },
)
