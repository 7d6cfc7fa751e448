"""ReFT against more supervised fine-tuning."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="reft-sft",
    paper=183,
    statement=(
        "After a warm-up on worked answers, PPO on the answer's correctness gets more held-out "
        "problems right than as many steps of further training on worked answers."
    ),
    task="maths/arithmetic",
    method=Arm(label="ReFT", algo="reft", overrides={"reward.readable": 0.1}, grid=RATES),
    baseline=Arm(label="SFT", algo="sft", grid=RATES),
    metric="held_out",
    direction="higher",
    # Three answers in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.eval_every": 0},
    departures=(
        "a model of 0.3 million parameters, sums for word problems; its base is the warm-up",
        "worked answers hold slips, as the base's do; the paper's are all right",
        "greedy, voted and reranked answers are not told apart: answers are sampled once",
        "three seeds",
    ),
)
