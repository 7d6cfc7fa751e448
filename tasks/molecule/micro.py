"""Molecules of at most three heavy atoms of C, N and O, sampled in proportion to a reward.

The space can be enumerated, so that how far a balance method is from its target is known. There is
no held-out reward: the reward is exact, and nothing can be gained by misleading it.
"""

from suite.core.task import Task, Use

TASK = Task(
    name="molecule/micro",
    summary="Molecules of at most three atoms of C, N and O, in proportion to exp(QED).",
    contexts=Use("molecule/scratch"),
    reward=Use("molecule/qed"),
    policy=Use("gflownet/micro", valences=(4, 3, 2), max_nodes=3, max_rings=1, min_ring=3),
    codec=Use("molecule/graphs", max_nodes=3, elements=("C", "N", "O")),
    default_algo="tb",
    known_rewards=(("C", 0.3598), ("CCO", 0.4068)),
    settings={
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.num_steps": 100,
        "train.learning_rate": 1e-2,
    },
    algo_settings={"trajectory_balance": {"algo.beta": 0.1}},
)
