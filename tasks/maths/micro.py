"""Short answers to one sum, for a model of 5,000 parameters: does a method run at all?"""

from suite.core.task import Task, Use

TASK = Task(
    name="maths/micro",
    summary="Short answers to one sum.",
    contexts=Use(
        "maths/problems",
        kinds=("sum",),
        levels=(1,),
        held_out_levels=(1,),
        num_train=1,
        num_held_out=1,
        num_demonstrations=0,
        num_held_out_demonstrations=0,
    ),
    reward=Use("maths/brevity", half=4.0),
    held_out_reward=Use("maths/brevity", half=8.0),
    policy=Use("causal_lm/micro", num_steps=12, max_prompt=8),
    codec=Use("text"),
    default_algo="rloo",
    known_rewards=(("", 1.0), ("9999", 0.5)),
    settings={
        "train.num_contexts": 1,
        "train.num_steps": 20,
        "train.group_size": 16,
        "train.eval_samples": 16,
    },
)
