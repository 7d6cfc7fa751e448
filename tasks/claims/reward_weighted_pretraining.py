"""Reward-weighted likelihood with and without the pre-training loss."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="reward-weighted-pretraining",
    paper=104,
    statement=(
        "Dropping the pre-training loss beside the reward-weighted likelihood costs fidelity: "
        "samples are less likely under the base."
    ),
    task="image/one_shape",
    method=Arm(label="with pre-training loss", algo="reward-weighted-t2i", grid=RATES),
    baseline=Arm(
        label="without", algo="reward-weighted-t2i", overrides={"algo.beta": 0.0}, grid=RATES
    ),
    metric="nll",
    direction="lower",
    # Nats of a picture of 768 numbers: a hundredth of a nat each.
    minimum_effect=7.68,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 30, "train.eval_samples": 240},
    departures=(
        "the base's own bound on likelihood stands for a Frechet distance of features",
        "a reward of drawn shapes stands for the network fitted to people's labels",
        "demonstrations are those that the base was trained on, slips included",
    ),
)
