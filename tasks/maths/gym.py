"""A dataset of reasoning-gym, by name, scored by its own verifier; for a pretrained model."""

from suite.core.task import Task, Use
from suite.tasks import recipes

TASK = Task(
    name="maths/gym",
    summary="Problems of a dataset of reasoning-gym, answered by a pretrained model.",
    contexts=Use("maths/gym", dataset="basic_arithmetic"),
    reward=Use("maths/gym_answer"),
    held_out_reward=Use("maths/gym_answer"),
    policy=Use("causal_lm/pretrained", num_steps=128),
    codec=Use("text"),
    metrics=(Use("maths/form"),),
    default_algo="grpo",
    settings=recipes.PRETRAINED,
)
