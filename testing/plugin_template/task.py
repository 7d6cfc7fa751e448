"""Words whose neighbouring letters all differ, from a base that likes to repeat them."""

from suite.core.task import Task, Use
from suite.testing.plugin_template.codec import ALPHABET, LENGTH

TASK = Task(
    name="my-domain/alternate",
    summary="Words whose neighbouring letters all differ.",
    contexts=Use("my-domain/words"),
    reward=Use("my-domain/alternation"),
    # No held-out reward: this one is exact, so that climbing it cannot mislead. A learned reward
    # needs one that shares nothing with it.
    policy=Use("discrete_diffusion/micro", length=LENGTH, letters=len(ALPHABET), num_steps=LENGTH),
    codec=Use("my-domain/letters"),
    default_algo="rloo",
    base={"num_steps": 150, "num_contexts": 64, "group_size": 1, "learning_rate": 1e-2},
    settings={
        "train.num_steps": 30,
        "train.num_contexts": 1,
        "train.group_size": 64,
        "train.learning_rate": 3e-3,
    },
    known_rewards=(
        ("AAAAAAAA", 0.0),
        ("AAAABBBB", 1.0),
        ("ABCDABCD", 7.0),
    ),
)
