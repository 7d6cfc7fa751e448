"""Run with a planar robot of six joints (MuJoCo), 100 steps an episode, from scratch.

No demonstrations and no expert: the base is the untrained policy.
"""

from suite.core.task import Task, Use

ID = "HalfCheetah-v5"

TASK = Task(
    name="robotics/halfcheetah",
    summary="Run forwards for 100 steps; the return is the way covered less the cost of control.",
    contexts=Use("robotics/starts", id=ID),
    environment=Use("robotics/gym", id=ID, max_steps=100, video="auto"),
    policy=Use(
        "control/tiny",
        head="gaussian",
        observation=17,
        actions=6,
        turns=100,
        std=(0.2, 0.3, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 1.0, 0.8, 2.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0),
    ),
    codec=Use("robotics/episode", id=ID),
    metrics=(Use("robotics/success", id=ID),),
    default_algo="ppo",
    settings={
        "train.num_contexts": 1,
        "train.group_size": 32,
        "train.num_steps": 60,
        "train.learning_rate": 1e-3,
        "train.eval_samples": 32,
    },
    algo_settings={
        "policy_gradient": {
            "algo.kl": "none",
            "algo.discount": 0.99,
            "algo.standardise": True,
            "algo.aggregate": "batch_mean",
            "train.num_epochs": 6,
            "train.num_minibatches": 4,
        }
    },
)
