"""Scenes of one or two coloured shapes from captions, attribute pairs held out.

The embedded default: the base learns from captioned pictures of which half are of another scene,
and is sampled without guidance, so that more of the same corpus teaches it no better captions. The
reward is the distance to the nearest right drawing, which has a gradient; a detector that shares no
step with it holds out.
"""

from suite.core.task import Task, Use

WORDS = (
    "red", "green", "blue", "yellow", "circle", "square", "triangle",
    "top-left", "top-right", "bottom-left", "bottom-right", "and",
)  # fmt: skip

TASK = Task(
    name="image/scenes",
    summary="Scenes of one or two coloured shapes from captions; attribute pairs are held out.",
    contexts=Use("image/captions", slips=0.5, most_objects=2),
    reward=Use("image/nearness"),
    held_out_reward=Use("image/scene", detector="measured"),
    policy=Use("diffusion/tiny", words=WORDS, max_words=11, patch=8, width=128),
    codec=Use("image/picture"),
    metrics=(Use("image/objects"),),
    default_algo="drakes",
    # The first training caption: yellow square bottom-right and yellow triangle top-left.
    known_rewards=(
        ("yellow square bottom-right and yellow triangle top-left", 0.0),
        ("yellow square bottom-right and yellow circle top-left", -84.0),
        ("yellow square bottom-right", -100.0),
        ("red circle top-right", -380.0),
    ),
    known_context=0,
    base={
        "num_steps": 2500,
        "num_contexts": 32,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 60,
        "train.num_contexts": 48,
        "train.group_size": 1,
        "train.learning_rate": 3e-4,
        "train.schedule": "linear",
        "train.eval_every": 20,
        "train.eval_samples": 512,
    },
    # All eight steps: which scene is drawn is decided in the first ones.
    algo_settings={"drakes": {"algo.beta": 0.005, "algo.last_steps": 8}},
)
