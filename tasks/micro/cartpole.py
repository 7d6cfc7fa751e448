"""Balance a pole on a cart: the smallest task with an environment between decisions."""

from suite.core.task import Task, Use

TASK = Task(
    name="micro/cartpole",
    summary="Balance a pole on a cart for up to 64 steps.",
    contexts=Use("micro/unconditioned"),
    environment=Use("robotics/gym", id="CartPole-v1", max_steps=64),
    policy=Use("micro/actor", observation=4, actions=2, num_steps=64),
    default_algo="ppo",
    settings={
        "train.num_contexts": 1,
        "train.group_size": 32,
        "train.num_steps": 30,
        "train.learning_rate": 0.003,
        "train.eval_samples": 64,
    },
)
