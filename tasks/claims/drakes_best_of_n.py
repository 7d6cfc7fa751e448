"""DRAKES against best-of-n of the base policy, when both may ask the reward equally often."""

from suite.core.task import Arm, Claim

CLAIM = Claim(
    name="drakes-best-of-n",
    paper=16,
    statement=(
        "Tuning with DRAKES gives samples of a higher held-out reward than the best of n of the "
        "base policy's samples, chosen by the training reward with as many reward calls."
    ),
    task="protein/bundle",
    method=Arm(label="DRAKES", algo="drakes"),
    baseline=Arm(label="best of n", algo="control:best_of_n"),
    metric="held_out",
    direction="higher",
    # kcal/mol per residue: a tenth of the standard deviation (0.06) of the held-out reward among
    # the base's training sequences; 0.34 kcal/mol for a protein of 56 residues.
    minimum_effect=0.006,
    seeds=(1, 2, 3, 4, 5),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 40, "train.eval_every": 0},
    departures=(
        "the paper compares with guidance; best-of-n is the control that needs no tuning at all",
        "reward calls are those of training: DRAKES's are gradients too, best-of-n's are not",
        "neither arm is tuned: best-of-n has nothing to tune",
    ),
)
