"""Real handwritten digits of 8 by 8 pixels from one word.

The base learns from digits of which a share has another's caption, as in a corpus that people
labelled. A small network trained on one half of the digits pays, and has a gradient; a support
vector machine trained on the other half holds out.
"""

from suite.core.task import Task, Use

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

TASK = Task(
    name="image/digits",
    summary="Handwritten digits of 8 by 8 pixels from one word.",
    contexts=Use("image/digits", slips=0.4),
    reward=Use("image/digit_likelihood"),
    held_out_reward=Use("image/digit_judge"),
    policy=Use(
        "diffusion/tiny", words=WORDS, max_words=1, size=8, channels=1, patch=2, width=48, layers=2
    ),
    codec=Use("image/digits"),
    default_algo="drakes",
    # The caption is "three".
    known_rewards=(("three", 0.0), ("eight", -8.042), ("zero", -28.694)),
    known_context=3,
    base={
        "num_steps": 900,
        "num_contexts": 32,
        "group_size": 1,
        "learning_rate": 3e-3,
        "schedule": "cosine",
        "warmup_updates": 20,
    },
    settings={
        "train.num_steps": 24,
        "train.num_contexts": 40,
        "train.group_size": 1,
        "train.learning_rate": 1e-3,
        "train.schedule": "linear",
        "train.eval_every": 0,
        "train.eval_samples": 400,
    },
    algo_settings={"drakes": {"algo.beta": 0.005, "algo.last_steps": 8}},
)
