"""Balance a pole on a cart, from a clone of the first demonstration of a file."""

from dataclasses import replace

from suite.core.task import DATA, Use
from suite.tasks.robotics.cartpole import ID
from suite.tasks.robotics.cartpole import TASK as SCRIPTED

TASK = replace(
    SCRIPTED,
    name="robotics/cartpole_demos",
    contexts=Use("robotics/starts", id=ID, data=DATA, episodes=1),
    base={**(SCRIPTED.base or {}), "num_steps": 40},  # 60 would clone the expert to perfection
    data="robotics/cartpole_expert_rollouts.npz",
)
