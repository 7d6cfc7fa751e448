"""REBEL against clipped policy gradients (DDPO) on images."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="rebel-images",
    paper=193,
    statement=(
        "Regressing gaps of log-ratios on gaps of reward reaches a higher reward on images than "
        "clipped policy gradients with as many samples and passes."
    ),
    task="image/one_shape",
    method=Arm(label="REBEL", algo="rebel", overrides={"algo.beta": 0.0}, grid=RATES),
    baseline=Arm(label="DDPO", algo="ddpo", grid=RATES),
    metric="reward",
    direction="higher",
    # A share between 0 and 1: three in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.num_epochs": 2, "train.eval_samples": 120},
    departures=(
        "a diffusion model of shapes instead of a consistency model and an aesthetic score",
        "the paper reports that REBEL matches or beats PPO; this asks for more than a match",
        "no KL in either arm; eta stays at 1",
    ),
)
