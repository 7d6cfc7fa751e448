"""RAFT against supervised fine-tuning on tokens."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="raft-tokens",
    paper=252,
    statement=(
        "Likelihood training on the best of the policy's own answers gets more held-out problems "
        "right than as many steps of likelihood training on demonstrations."
    ),
    task="logic/syllables",
    method=Arm(label="RAFT", algo="raft", grid=RATES),
    baseline=Arm(label="SFT", algo="sft", grid=RATES),
    metric="held_out",
    direction="higher",
    # Three answers in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={
        "train.num_steps": 15,
        "train.num_contexts": 32,
        "train.group_size": 8,
        "train.num_epochs": 1,
        "train.eval_every": 0,
    },
    departures=(
        "problems of logic with a label instead of dialogue and a reward model",
        "the best quarter of eight answers is kept, the paper's best of K is one",
        "demonstrations are those that the base was trained on, slips included",
    ),
)
