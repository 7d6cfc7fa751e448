"""Swing a pendulum up with a flow policy that clones the demonstrations of a file."""

from dataclasses import replace

from suite.core.task import DATA, Use
from suite.tasks.robotics.pendulum import ID
from suite.tasks.robotics.pendulum import TASK as SCRIPTED

TASK = replace(
    SCRIPTED,
    name="robotics/pendulum_demos",
    contexts=Use("robotics/starts", id=ID, data=DATA, episodes=3, chunk=2),
    base={**(SCRIPTED.base or {}), "num_steps": 800},
    data="robotics/pendulum_expert_rollouts.npz",
)
