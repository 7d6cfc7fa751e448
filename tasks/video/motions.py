"""Clips of a shape that moves or falls from captions, one motion in five is held out.

The embedded default: the base learns from captioned clips of which half show another motion, and
is sampled without guidance, so that more of the same corpus teaches it no better captions. The
reward is the distance to the nearest right drawing, which has a gradient; a detector that shares
no step with it holds out.
"""

from suite.core.task import Task, Use

WORDS = (
    "red", "green", "blue", "ball", "box", "left", "right", "up", "down", "falls", "slow", "fast",
)  # fmt: skip

TASK = Task(
    name="video/motions",
    summary="Clips of a shape that moves or falls, from captions; one motion in five is held out.",
    contexts=Use("video/captions", slips=0.5),
    reward=Use("video/nearness"),
    held_out_reward=Use("video/motion", detector="measured"),
    # Three channels are a frame: the clip is denoised as a whole.
    policy=Use("diffusion/tiny", size=16, channels=24, words=WORDS, max_words=4),
    codec=Use("video/clip"),
    metrics=(Use("video/tracks"),),
    default_algo="drakes",
    # The first training caption: red box right slow.
    known_rewards=(
        ("red box right slow", 0.0),
        ("red ball right slow", -16.329),
        ("red box left fast", -145.98),
        ("blue ball falls", -224.251),
    ),
    known_context=0,
    base={
        "num_steps": 3000,
        "num_contexts": 32,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 45,
        "train.num_contexts": 48,
        "train.group_size": 1,
        "train.learning_rate": 2e-4,
        "train.schedule": "linear",
        "train.eval_every": 15,
        "train.eval_samples": 512,
    },
    # All eight steps: which motion is drawn is decided in the first ones.
    algo_settings={"drakes": {"algo.beta": 0.005, "algo.last_steps": 8}},
)
