"""Gaussian diffusion on the plane against the distance to a point."""

from suite.core.task import Task, Use

TASK = Task(
    name="micro/gaussian",
    summary="Gaussian diffusion on the plane against the distance to a point.",
    contexts=Use("micro/unconditioned"),
    reward=Use("micro/point", x=1.0, y=0.0),
    held_out_reward=Use("micro/point", x=1.0, y=0.2),
    policy=Use("micro/gaussian"),
    default_algo="rloo",
    known_rewards=(((1.0, 0.0), 0.0), ((0.0, 1.0), -2.0)),
    settings={
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.num_steps": 40,
        "train.learning_rate": 0.005,
    },
)
