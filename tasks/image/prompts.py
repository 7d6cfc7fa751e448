"""Pictures of real prompts that compress well, for a pipeline of diffusers that the user names.

Compressibility is what DDPO began with (Black et al., arXiv:2305.13301, section 5.1): it needs no
model of images. The held-out reward is the same quantity at another quality of the encoder, on
prompts that training never sees.
"""

from suite.core.task import DATA, Task, Use

TASK = Task(
    name="image/prompts",
    summary="Pictures of a prompt list that compress well; name a pipeline by policy.model.",
    contexts=Use("image/prompts", data=DATA),
    reward=Use("image/jpeg"),
    held_out_reward=Use("image/jpeg", quality=60),
    policy=Use("diffusers/pipeline"),
    codec=Use("image/picture"),
    default_algo="grpo",
    data="images/parti_prompts.tsv.gz",
    settings={
        "train.num_steps": 50,
        "train.num_contexts": 8,
        "train.group_size": 4,
        "train.micro_batch_size": 4,
        "train.sample_batch_size": 8,
        "train.learning_rate": 1e-4,
        "train.eval_samples": 32,
    },
)
