"""Sums with carries, brackets and two unknowns, their working shown before the result.

The embedded default: the base learns from worked answers, the reward reads the last number alone.
The held-out reward is the same judge on problems that neither the base nor training has met.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

TASK = Task(
    name="maths/arithmetic",
    summary="Sums with carries, brackets and two unknowns at two levels, working shown.",
    contexts=Use("maths/problems", slips=0.65, bare=0.1),
    reward=Use("maths/answer", order=("number",)),
    held_out_reward=Use("maths/answer", order=("number",)),
    policy=Use("causal_lm/tiny", num_steps=36, max_prompt=24),
    codec=Use("text"),
    metrics=(Use("maths/form"),),
    default_algo="grpo",
    # The first training problem is 7+8.
    known_rewards=(
        ("7+8=15 #15", 1.0),
        ("#15", 1.0),
        ("7+8=15 #14", 0.0),
        ("", 0.0),
        ("15, or 14", 0.0),
    ),
    known_context=0,
    base=recipes.corpus(num_steps=1400),
    settings={
        **recipes.GRPO,
        "train.num_steps": 70,
        "train.learning_rate": 5e-4,
        "train.schedule": "linear",
    },
)
