"""DPOK against reward-weighted supervised fine-tuning, at as many samples."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="dpok-rwr",
    paper=30,
    statement=(
        "After as many samples, policy gradients with a KL to the base show the caption's shape "
        "more often than reward-weighted supervised fine-tuning."
    ),
    task="image/one_shape",
    method=Arm(label="DPOK", algo="dpok", grid=RATES),
    baseline=Arm(
        label="reward-weighted SFT", algo="rwr", overrides={"algo.temperature": 0.2}, grid=RATES
    ),
    metric="held_out",
    direction="higher",
    # Three pictures in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 20, "train.eval_samples": 240},
    departures=(
        "shapes of 16 by 16 pixels and two readers of them stand for prompts and ImageReward",
        (
            "reward and quality are one number: a detector that shares no step with the reward, on "
            "pairs of colour and shape that no training caption joins"
        ),
        "the baseline draws anew at each step and has no KL of its own",
        "beta stays at the preset's 0.01 and the temperature at 0.2",
    ),
)
