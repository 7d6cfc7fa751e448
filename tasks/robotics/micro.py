"""Six steps of a pendulum with a flow policy of at most 5,000 parameters: for tests."""

from suite.core.task import Task, Use

ID = "Pendulum-v1"

TASK = Task(
    name="robotics/micro",
    summary="Six steps of a pendulum; the return is minus angle, speed and torque squared.",
    contexts=Use("robotics/starts", id=ID),
    environment=Use("robotics/gym", id=ID, max_steps=6),
    policy=Use("control/micro", head="flow", observation=3, actions=1, turns=6),
    codec=Use("robotics/episode", id=ID),
    metrics=(Use("robotics/success", id=ID),),
    default_algo="reinflow",
    settings={"train.num_contexts": 1, "train.group_size": 16, "train.num_steps": 4},
)
