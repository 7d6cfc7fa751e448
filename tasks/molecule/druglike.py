"""Drug-like molecules of at most 12 heavy atoms, built atom by atom.

The embedded default: the base learns from molecules made by rule; the reward asks for drug-likeness
(QED), a logP between 1 and 3 and no alert of Brenk or PAINS. The held-out reward shares no formula
with it: synthetic accessibility, from the fragments of known molecules, and the rules of six other
groups on what chemists avoid.
"""

from suite.core.task import Task, Use

TASK = Task(
    name="molecule/druglike",
    summary="Drug-like molecules of at most 12 heavy atoms, built atom by atom.",
    contexts=Use("molecule/made", max_nodes=12),
    reward=Use("molecule/desirability", parts=("qed", "logp", "alerts")),
    held_out_reward=Use("molecule/desirability", parts=("accessibility", "other_rules")),
    policy=Use("gflownet/tiny", valences=(4, 3, 2, 1, 2, 1), max_nodes=12, max_rings=2),
    codec=Use("molecule/graphs", max_nodes=12),
    metrics=(Use("molecule/made_statistics", max_nodes=12),),
    default_algo="relative-tb",
    # Phenol: QED .5147, logP 1.39 within the window, no alert: the cube root of .5147.
    known_rewards=(
        ("c1ccccc1O", 0.8014),
        ("NN=NOO", 0.2268),
        ("OC", 0.4894),
    ),
    base={
        "num_steps": 300,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 100,
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.learning_rate": 1e-3,
        "train.eval_every": 25,
        "train.eval_samples": 256,
    },
    algo_settings={"trajectory_balance": {"algo.beta": 0.05}},
)
