"""Chains of rules about syllables that mean nothing, problems held out.

The embedded default: the base learns from worked answers of which a share ends in a wrong label.
Words are shared between the parts, because a policy that reads whole words knows no others.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

WORDS = (
    "Abe", "Ada", "Amy", "Ann", "Ben", "Bob", "Cal", "Dan", "Deb", "Eli", "Eva", "Fay",
    "ba", "bi", "bo", "bu", "de", "di", "du", "fe", "fi", "fo", "fu", "ga",
    " is not ", " is ", "all ", " are ", "no ", "some ", ". ", ": ", "not ", ", ", "nothing",
    "Answer: ", "True", "False", "Uncertain",
)  # fmt: skip

TASK = Task(
    name="logic/syllables",
    summary="Does the conclusion follow from rules about syllables? Problems are held out.",
    contexts=Use(
        "logic/problems",
        share_words=True,
        num_words=12,
        depths=(1, 2),
        held_out_depths=(1, 2),
        slips=0.4,
        num_demonstrations=65536,
    ),
    reward=Use("logic/formula"),
    held_out_reward=Use("logic/formula"),
    policy=Use(
        "causal_lm/tiny",
        num_steps=20,
        max_prompt=40,
        words=WORDS,
        alphabet="abcdefghijklmnopqrstuvwxyzATFUN.,:? ",
    ),
    codec=Use("text"),
    default_algo="grpo",
    # The first training problem: all ba are fu. no fi is fu. Dan is ba. Dan is fu?
    known_rewards=(
        ("ba: fu. Answer: True", 1.0),
        ("Answer: True", 1.0),
        ("ba: fu. Answer: False", 0.0),
        ("Answer: Uncertain", 0.0),
        ("", 0.0),
    ),
    known_context=0,
    base=recipes.corpus(num_steps=1200),
    settings=recipes.GRPO,
)
