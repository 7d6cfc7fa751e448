"""Reasoning-SQL's partial rewards against execution alone."""

from suite.core.task import Arm, Claim

# What the reward ``sql/reasoning_sql`` stands for.
PARTIAL = {"execution": 3.0, "schema": 1.0, "ngrams": 1.0, "executes": 1.0}

CLAIM = Claim(
    name="reasoning-sql",
    paper=195,
    statement=(
        "GRPO on execution with partial rewards for wrong queries gets more held-out questions "
        "right, by execution alone, than GRPO on execution alone."
    ),
    task="sql/questions",
    method=Arm(label="partial rewards", algo="grpo", overrides={"reward.weights": PARTIAL}),
    baseline=Arm(label="execution alone", algo="grpo"),
    metric="held_out",
    direction="higher",
    # Three answers in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 25, "train.eval_every": 0},
    departures=(
        "a model of 0.3 million parameters that starts from queries with slips, and does not think",
        "no judge by a language model and no reward for a layout; a right query gets full marks",
        "three seeds; neither arm is tuned, for GRPO divides a group's rewards by their spread",
    ),
)
