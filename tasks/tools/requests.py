"""One to three typed calls, or none where no offered tool serves, requests held out.

The embedded default: the base learns from a careless assistant's log.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

WORDS = (
    'set_lamp(room="', "set_alarm(hour=", 'heat(room="', 'call(person="', 'weather(place="',
    'buy(item="', 'meet(person="', 'lock(room="', "timer(minutes=", 'book(place="',
    '",on=', '",degrees=', '",days=', '",count=', '",day="', '",closed=', '",people=',
    "),", '"),', ")]", '")]', "True", "False", "no tool",
    "set_lamp", "set_alarm", "heat", "call", "weather", "buy", "meet", "lock", "timer", "book",
    "kitchen", "hall", "bath", "office", "ann", "bob", "eva", "tim", "oslo", "rome", "lima", "bonn",
    "milk", "bread", "tea", "rice", "monday", "friday", "sunday",
    "lamp ", "alarm ", "warm ", " by ", "phone ", " days", "get ", "see ", "timer ", "table ",
    " for ", "lock ", " on", " off", "weather ", "; ",
)  # fmt: skip

TASK = Task(
    name="tools/requests",
    summary="One to three typed calls, or none where no offered tool serves.",
    contexts=Use("tools/requests", slips=0.5),
    reward=Use("tools/calls", partial=False),
    held_out_reward=Use("tools/calls", partial=False),
    policy=Use(
        "causal_lm/tiny",
        num_steps=24,
        max_prompt=48,
        words=WORDS,
        alphabet="0123456789abcdefghijklmnopqrstuvwxyz()[]=,;.\"'? :_",
    ),
    codec=Use("text"),
    default_algo="grpo",
    # The first training request asks for a timer, and none is on offer.
    known_rewards=(
        ("no tool", 1.0),
        ("[timer(minutes=8)]", 0.0),
        ("[set_alarm(hour=8)]", 0.0),
        ("[]", 0.0),
    ),
    known_context=0,
    base=recipes.corpus(num_steps=2400, num_contexts=32, learning_rate=4e-3),
    settings=recipes.GRPO,
)
