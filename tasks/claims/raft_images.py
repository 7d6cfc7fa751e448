"""RAFT against supervised fine-tuning on images."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="raft-images",
    paper=252,
    statement=(
        "Likelihood training on the best of the policy's own pictures shows the caption's shape "
        "more often than as many steps of likelihood training on captioned pictures."
    ),
    task="image/one_shape",
    method=Arm(label="RAFT", algo="raft", grid=RATES),
    baseline=Arm(label="SFT", algo="sft", grid=RATES),
    metric="held_out",
    direction="higher",
    # Three pictures in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.eval_samples": 240},
    departures=(
        "shapes of 16 by 16 pixels stand for CIFAR-like images and an aesthetic score",
        "the best quarter of eight samples is kept, the paper's best of K is one",
        "demonstrations are those that the base was trained on, slips included",
    ),
)
