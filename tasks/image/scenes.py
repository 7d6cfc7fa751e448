"""Scenes of one or two coloured shapes from captions, attribute pairs held out.

The embedded default: the base learns from captioned pictures of which a share is of another scene.
One detector trains, the other, which shares no step with it, holds out.
"""

from suite.core.task import Task, Use

WORDS = (
    "red", "green", "blue", "yellow", "circle", "square", "triangle",
    "top-left", "top-right", "bottom-left", "bottom-right", "and",
)  # fmt: skip

TASK = Task(
    name="image/scenes",
    summary="Scenes of one or two coloured shapes from captions; attribute pairs are held out.",
    contexts=Use("image/captions", slips=0.3, most_objects=2),
    reward=Use("image/likeness"),
    held_out_reward=Use("image/scene", detector="measured"),
    policy=Use("diffusion/tiny", words=WORDS, max_words=11, guidance=3.0),
    codec=Use("image/picture"),
    metrics=(Use("image/objects"),),
    default_algo="reward-backprop",
    # The first training caption: yellow square bottom-right and yellow triangle top-left.
    known_rewards=(
        ("yellow square bottom-right and yellow triangle top-left", 1.0),
        ("yellow square bottom-right and yellow circle top-left", 0.75),
        ("yellow square bottom-right", 0.5),
        ("red circle top-right", 0.0),
    ),
    known_context=0,
    base={
        "num_steps": 1800,
        "num_contexts": 32,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 20,
        "train.num_contexts": 16,
        "train.group_size": 8,
        "train.learning_rate": 1e-4,
        "train.warmup_updates": 5,
        "train.num_epochs": 1,
        "train.eval_every": 10,
        "train.eval_samples": 128,
    },
)
