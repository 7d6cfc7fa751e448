"""Variants of GB1 at four sites, against 149,361 measured ones.

The reward is an oracle that has seen no variant fitter than the wild type; the designs are looked
up in the measured table.
"""

from suite.core.task import DATA, Task, Use

TASK = Task(
    name="protein/gb1",
    summary="Four sites of GB1: an oracle of low-fitness variants, designs looked up in the assay.",
    contexts=Use("protein/gb1_variants", data=DATA),
    reward=Use("protein/gb1_oracle", data=DATA, half="low"),
    held_out_reward=Use("protein/gb1_oracle", data=DATA, half="judge"),
    policy=Use("discrete_diffusion/tiny", network="transformer", length=4, letters=20, num_steps=8),
    codec=Use("protein/letters"),
    metrics=(Use("protein/gb1_measured", data=DATA), Use("protein/design_statistics")),
    data="protein/gb1_four_sites.csv.gz",
    template="VDGV",
    default_algo="drakes",
    base={
        "num_steps": 400,
        "num_contexts": 256,
        "group_size": 1,
        "learning_rate": 2e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 120,
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.learning_rate": 2e-3,
        "train.eval_every": 30,
        "train.eval_samples": 256,
    },
    algo_settings={"pathwise": {"algo.last_steps": 4, "algo.beta": 0.02}},
)
