"""RAFT against supervised fine-tuning on the base's own demonstrations."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="raft-sft",
    paper=252,
    statement=(
        "Likelihood training on the best of the policy's own samples reaches a higher held-out "
        "reward than as many steps of likelihood training on demonstrations."
    ),
    task="protein/bundle",
    method=Arm(label="RAFT", algo="raft", grid=RATES),
    baseline=Arm(label="SFT", algo="sft", grid=RATES),
    metric="held_out",
    direction="higher",
    # kcal/mol per residue: a tenth of the standard deviation (0.06) of the held-out reward among
    # the base's training sequences; 0.34 kcal/mol for a protein of 56 residues.
    minimum_effect=0.006,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={
        "train.num_steps": 20,
        "train.num_contexts": 8,
        "train.group_size": 8,
        "train.eval_every": 0,
    },
    departures=(
        "sequences for a backbone instead of replies to a prompt",
        "the likelihood is the bound of an unmasking policy, and not exact",
        "the best quarter of eight samples is kept, the paper's best of K is one",
        "SFT learns from 64 demonstrations a step and RAFT from the 16 that it keeps of 64",
        "demonstrations are those that the base was trained on, so SFT is more of the same",
    ),
)
