"""Four by four pixels that should be as bright as possible: does a method run at all?"""

from suite.core.task import Task, Use

TASK = Task(
    name="image/micro",
    summary="Four by four pixels of one brightness.",
    contexts=Use("micro/unconditioned"),
    reward=Use("image/brightness", level=0.5),
    held_out_reward=Use("image/brightness", level=0.6),
    policy=Use("diffusion/micro"),
    codec=Use("image/picture"),
    default_algo="rloo",
    known_rewards=(([[[0.5] * 4] * 4], 0.0), ([[[0.0] * 4] * 4], -0.25)),
    settings={
        "train.num_contexts": 1,
        "train.num_steps": 20,
        "train.group_size": 16,
        "train.eval_samples": 16,
    },
)
