"""A left-to-right GFlowNet on strings of at most four letters."""

from suite.core.task import Task, Use

TASK = Task(
    name="micro/gflownet",
    summary="A left-to-right GFlowNet on strings of at most four letters.",
    contexts=Use("micro/unconditioned"),
    reward=Use("micro/table", length=4, letters=4),
    held_out_reward=Use("micro/table", length=4, letters=4, noise=0.5),
    policy=Use("micro/gflownet", length=4, letters=4, network="tabular"),
    codec=Use("micro/letters", length=4, letters=4),
    default_algo="tb",
    known_rewards=(("AAAA", -1.1258), ("DDDD", 0.4378)),
    settings={
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.num_steps": 40,
        "train.learning_rate": 0.02,
    },
)
