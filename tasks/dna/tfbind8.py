"""8-mers that a factor binds: the whole space is measured, so the optimum is known.

There is no held-out reward: the reward is the measurement itself, of every sequence there is.
"""

from suite.core.task import DATA, Task, Use

TASK = Task(
    name="dna/tfbind8",
    summary="8-mers that a factor binds, measured for every one of them (SIX6 by default).",
    contexts=Use("dna/weak_binders", data=DATA),
    reward=Use("dna/tfbind8", data=DATA),
    policy=Use("discrete_diffusion/tiny", network="transformer", length=8, letters=4, num_steps=8),
    codec=Use("dna/letters"),
    metrics=(Use("dna/tfbind8_optimum", data=DATA),),
    data="dna/tfbind8_SIX6_REF_R1.tsv.gz",
    default_algo="drakes",
    known_rewards=(("AAAAAAAA", 0.03), ("AAAAAAAC", -0.12351)),  # the first lines of the table
    base={
        "num_steps": 300,
        "num_contexts": 128,
        "group_size": 1,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 100,
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.learning_rate": 2e-3,
        "train.eval_every": 25,
        "train.eval_samples": 256,
    },
    algo_settings={"pathwise": {"algo.last_steps": 4, "algo.beta": 0.02}},
)
