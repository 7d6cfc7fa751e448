"""Functions over a list from a description, families held out.

The embedded default: the base learns from programs of which a share misreads the description.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

WORDS = (
    "def f(xs):\n", " t=", " for x in ", "xs:\n", "xs[::2]:\n", "  if ", ":\n", "   break\n",
    "  t+=", "   t+=", "  t*=", "   t*=", "  t.append(", "   t.append(", ")\n", "  t=", "   t=",
    " return t", "[]\n", "x%2==", "x>", "x<", "x!=", "x==", "x*2", "x*x", "x+", "-x",
    "sum of ", "count of ", "product of ", "list of ", "last of ", "doubles of ", "squares of ",
    " plus ", "negatives of ", "even numbers", "odd numbers", "numbers", " above ", " below ",
    " but ", " until ", " at even places",
)  # fmt: skip

TASK = Task(
    name="coding/functions",
    summary="Small functions over a list from a description; families are held out.",
    contexts=Use("coding/programs", slips=0.6, largest=9, num_train=6144),
    reward=Use("code/tests"),
    held_out_reward=Use("code/tests"),
    policy=Use("causal_lm/tiny", num_steps=40, max_prompt=16, words=WORDS),
    codec=Use("text"),
    default_algo="grpo",
    # The first training problem: count of doubles of numbers below 6 at even places.
    known_rewards=(
        ("def f(xs):\n t=0\n for x in xs[::2]:\n  if x<6:\n   t+=1\n return t", 1.0),
        ("def f(xs):\n return sum(x < 6 for x in xs[::2])", 1.0),
        ("def f(xs):\n return sum(x < 6 for x in xs)", 0.0),
        ("def f(xs):\n return 0", 0.0),
        ("def f(xs)", 0.0),
        ("", 0.0),
    ),
    known_context=0,
    base=recipes.corpus(num_steps=800),
    settings=recipes.GRPO,
)
