"""Swing a pendulum up and hold it: a flow policy with chunks of two actions.

The base clones a scripted expert that acts at random at some of its steps.
"""

from suite.core.task import Task, Use

ID = "Pendulum-v1"

TASK = Task(
    name="robotics/pendulum",
    summary="Swing a pendulum up and hold it; the return is minus angle, speed and torque squared.",
    contexts=Use("robotics/starts", id=ID, episodes=60, steps=200, slip=0.5, chunk=2),
    environment=Use("robotics/gym", id=ID, max_steps=200, video="auto"),
    policy=Use(
        "control/tiny",
        head="flow",
        observation=3,
        actions=1,
        chunk=2,
        turns=100,
        std=(0.7, 0.7, 3.0),
    ),
    codec=Use("robotics/episode", id=ID, chunk=2),
    metrics=(Use("robotics/success", id=ID, chunk=2),),
    default_algo="reinflow",
    base={
        "num_steps": 1200,
        "num_contexts": 64,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
    },
    settings={
        "train.num_contexts": 1,
        "train.group_size": 32,
        "train.num_steps": 25,
        "train.learning_rate": 1e-3,
        "train.eval_samples": 64,
    },
)
