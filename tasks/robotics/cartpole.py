"""Balance a pole on a cart for 200 steps: the embedded default.

The base clones a scripted expert that acts at random at some of its steps.
"""

from suite.core.task import Task, Use

ID = "CartPole-v1"

TASK = Task(
    name="robotics/cartpole",
    summary="Balance a pole on a cart for 200 steps; the return is the number of steps.",
    contexts=Use("robotics/starts", id=ID, episodes=40, steps=200, slip=0.5),
    environment=Use("robotics/gym", id=ID, max_steps=200, video="auto"),
    policy=Use(
        "control/tiny",
        head="categorical",
        observation=4,
        actions=2,
        turns=200,
        std=(0.5, 0.5, 0.1, 0.6),
    ),
    codec=Use("robotics/episode", id=ID),
    metrics=(Use("robotics/success", id=ID),),
    default_algo="ppo",
    base={
        "num_steps": 150,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
    },
    settings={
        "train.num_contexts": 1,
        "train.group_size": 32,
        "train.num_steps": 15,
        "train.learning_rate": 2e-3,
        "train.eval_samples": 64,
    },
    algo_settings={
        "policy_gradient": {
            "algo.kl": "none",
            "algo.discount": 0.99,
            "algo.standardise": True,
            "algo.aggregate": "batch_mean",
            "train.num_epochs": 4,
            "train.num_minibatches": 4,
        }
    },
)
