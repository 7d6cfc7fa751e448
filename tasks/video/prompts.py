"""Clips of real prompts that stand still, for a video pipeline of diffusers that the user names.

The counterpart of image/prompts: what changes little from frame to frame compresses well, and no
model of videos is needed to say so. The held-out reward compares frames three apart, on prompts
that training never sees.
"""

from suite.core.task import DATA, Task, Use

TASK = Task(
    name="video/prompts",
    summary="Clips of a prompt list that stand still; name a video pipeline by policy.model.",
    contexts=Use("image/prompts", data=DATA),
    reward=Use("video/steadiness"),
    held_out_reward=Use("video/steadiness", lag=3),
    policy=Use("diffusers/pipeline"),
    codec=Use("video/clip"),
    default_algo="grpo",
    data="images/parti_prompts.tsv.gz",
    settings={
        "train.num_steps": 50,
        "train.num_contexts": 8,
        "train.group_size": 4,
        "train.micro_batch_size": 2,
        "train.sample_batch_size": 4,
        "train.learning_rate": 1e-4,
        "train.eval_samples": 16,
    },
)
