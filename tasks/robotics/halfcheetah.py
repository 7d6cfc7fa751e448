"""Run with a planar robot of six joints (MuJoCo), 100 steps an episode.

The base clones a gait of open-loop sines that acts at random at some of its steps. The policy sees
no clock, so that the clone has to read from its joints where in the gait it is, and runs slower.
"""

from suite.core.task import Task, Use

ID = "HalfCheetah-v5"

TASK = Task(
    name="robotics/halfcheetah",
    summary="Run forwards for 100 steps; the return is the way covered less the cost of control.",
    contexts=Use("robotics/starts", id=ID, episodes=40, steps=100, slip=0.1),
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
    base={
        "num_steps": 800,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
    },
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
