"""One shape of 16 by 16 pixels from a caption of two words: small, so that methods are compared.

The base learns from captioned pictures of which a share shows another shape.
"""

from suite.core.task import Task, Use

WORDS = ("red", "green", "blue", "yellow", "circle", "square", "triangle")

TASK = Task(
    name="image/one_shape",
    summary="One coloured shape of 16 by 16 pixels from a caption of two words.",
    contexts=Use("image/one_shape", slips=0.4),
    reward=Use("image/shape_likeness"),
    held_out_reward=Use("image/shape_detector"),
    policy=Use(
        "diffusion/tiny", words=WORDS, max_words=2, size=16, width=48, layers=2, num_steps=8
    ),
    codec=Use("image/one_shape"),
    default_algo="grpo",
    # The first training caption: green circle.
    known_rewards=(("green circle", 0.8666), ("blue square", 0.0)),
    known_context=0,
    base={
        "num_steps": 700,
        "num_contexts": 32,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 20,
        "train.num_contexts": 8,
        "train.group_size": 8,
        "train.learning_rate": 3e-4,
        "train.warmup_updates": 2,
        "train.num_epochs": 1,
        "train.eval_every": 0,
        "train.eval_samples": 120,
    },
)
