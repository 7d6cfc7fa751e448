"""DPO on pairs that the reward labels against PPO with a critic, on tokens."""

from suite.core.task import Arm, Claim

# Tried for both arms on the tuning seed.
RATES = ({"train.learning_rate": 3e-4}, {"train.learning_rate": 1e-3})

CLAIM = Claim(
    name="dpo-ppo",
    paper=63,
    statement=(
        "Learning from pairs that the reward labels answers more held-out problems right than PPO "
        "with a critic on as many samples and passes."
    ),
    task="logic/syllables",
    method=Arm(label="DPO", algo="dpo", grid=RATES),
    baseline=Arm(label="PPO", algo="ppo", grid=RATES),
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
        "train.num_epochs": 2,
        "train.eval_every": 0,
    },
    departures=(
        "problems of logic with a label instead of the sentiment of reviews",
        "pairs are drawn from the policy at each step; the paper's are drawn once",
        "the paper reports at least PPO's reward at each KL; this compares rewards alone",
        "each method keeps its own beta",
    ),
)
