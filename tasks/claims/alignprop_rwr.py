"""AlignProp against reward-weighted regression after as many samples."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = tuple({"train.learning_rate": rate} for rate in (1e-4, 3e-4, 1e-3))

CLAIM = Claim(
    name="alignprop-rwr",
    paper=238,
    statement=(
        "After as many samples, backpropagation of the reward through the sampler reaches a higher "
        "reward than reward-weighted regression."
    ),
    task="image/one_shape",
    method=Arm(label="AlignProp", algo="alignprop", grid=RATES),
    baseline=Arm(label="RWR", algo="rwr", overrides={"algo.temperature": 0.2}, grid=RATES),
    metric="reward",
    direction="higher",
    # A share between 0 and 1: three in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.eval_samples": 120},
    departures=(
        "1e-4 joined the rates after -.051 [-.109, .006]: both arms had chosen the least",
        "a likeness to drawn shapes stands for an aesthetic score",
        "the reward compared is the trained one, as in the paper's figure",
        "twenty updates of 64 samples; all weights are tuned",
    ),
)
