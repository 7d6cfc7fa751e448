"""AlignProp against DDPO after as many samples, on a reward with a gradient."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = tuple({"train.learning_rate": rate} for rate in (1e-4, 3e-4, 1e-3))

CLAIM = Claim(
    name="alignprop-ddpo",
    paper=238,
    statement=(
        "After as many samples, backpropagation of the reward through the sampler reaches a higher "
        "reward than DDPO's policy gradient."
    ),
    task="image/one_shape",
    method=Arm(label="AlignProp", algo="alignprop", grid=RATES),
    baseline=Arm(label="DDPO", algo="ddpo", grid=RATES),
    metric="reward",
    direction="higher",
    # A share between 0 and 1: three in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.eval_samples": 120},
    departures=(
        "1e-4 joined the rates after -.036 [-.116, .044]: both arms had chosen the least",
        "a likeness to drawn shapes stands for an aesthetic score",
        "the reward compared is the trained one, as in the paper's figure",
        "DDPO passes twice over each collect, AlignProp once: samples are equal, updates are not",
        "twenty updates of 64 samples; all weights are tuned",
    ),
)
