"""ToolRL's graded reward of tool calls against all or nothing."""

from suite.core.task import Arm, Claim

# What the reward ``tools/toolrl`` stands for.
GRADED = {"reward.rule": "toolrl", "reward.notation": "any", "reward.partial": True}

CLAIM = Claim(
    name="toolrl",
    paper=54,
    statement=(
        "GRPO on a reward of names, parameters and values apart makes more held-out requests "
        "entirely right than GRPO on a reward for entirely right calls alone."
    ),
    task="tools/requests",
    method=Arm(label="graded", algo="grpo", overrides=GRADED),
    baseline=Arm(label="all or nothing", algo="grpo"),
    metric="held_out",
    direction="higher",
    # Three answers in a hundred.
    minimum_effect=0.03,
    seeds=(1, 2, 3),
    tuning_seed=0,
    minutes=5.0,
    settings={"train.num_steps": 25, "train.eval_every": 0},
    departures=(
        "a model of 0.3 million parameters that starts from calls with slips, and does not think",
        "the form that is rewarded is calls or speech as wanted, not the paper's tags",
        "its comparison with SFT and its length rewards are not measured",
        "three seeds; neither arm is tuned, for GRPO divides a group's rewards by their spread",
    ),
)
