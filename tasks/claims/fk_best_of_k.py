"""FK steering against best-of-k of the same base at as many model calls."""

from suite.core.task import Arm, Claim

CLAIM = Claim(
    name="fk-best-of-k",
    paper=198,
    statement=(
        "At equal model calls, the best of a few particles that were resampled by intermediate "
        "rewards shows the caption's shape more often than the best of independent draws."
    ),
    task="image/one_shape",
    method=Arm(
        label="FK steering",
        algo="sampler:fk_steering",
        overrides={
            "sampler.particles": 8,
            "sampler.rounds": 3,
            "sampler.resample_below": 1.0,
            "sampler.keep": "best",
        },
        grid=({"sampler.strength": 5.0}, {"sampler.strength": 20.0}),
    ),
    # Eight particles call the network in 8 steps and 3 rounds: 88 calls, as 11 draws of 8 steps.
    baseline=Arm(label="best of 11", algo="sampler:best_of_n", grid=({"sampler.n": 11},) * 2),
    metric="held_out",
    direction="higher",
    # Three pictures in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=2.0,
    settings={"train.eval_samples": 240},
    departures=(
        "shapes of 16 by 16 pixels and a detector stand for text-to-image and human preference",
        "rounds ask the network again, which is counted: best-of-n has 11 draws for 8 particles",
        "model calls are equal and reward calls are not: 32 a picture against 11",
    ),
)
