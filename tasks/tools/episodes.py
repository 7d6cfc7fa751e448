"""Errands in an office: up to three calls, each of which may need the answer before it.

The base learns from a careless clerk's log; the environment scores the database that an episode
leaves, and the word that ends it.
"""

from suite.core.task import Task, Use
from suite.tasks import recipes

CALL = '{"name": "%s", "arguments": {"%s": '
FIRSTS = (
    ("find_person", "name"), ("find_order", "person"), ("find_meeting", "person"),
    ("cancel_order", "order"), ("rush_order", "order"), ("move_meeting", "meeting"),
    ("send_note", "person"), ("set_vip", "person"), ("book_room", "room"), ("add_stock", "item"),
)  # fmt: skip
WORDS = (
    *(CALL % first for first in FIRSTS),
    ', "day": "', ', "topic": "', ', "on": ', '", "hour": ', '", "count": ', "}}", '"}}',
    '{"person": ', '{"order": ', '{"meeting": ', ', "sent": true}', ', "sent": false}',
    "ok", "error: not json", "error: no such tool", "error: wrong arguments", "error: not found",
    "true", "false", "done", "no", "keep sent orders; ",
    "cancel_order", "rush_order", "move_meeting", "send_note", "set_vip", "book_room", "add_stock",
    "cancel order of ", "rush order of ", "move meeting of ", " to ", "note to ", " about ",
    "vip ", " on", " off", "book ", " at ", "add ",
    "ann", "bob", "eva", "tim", "ida", "leo", "mia", "sam", "zoe", "max", "kim", "jon",
    "hall", "lab", "attic", "studio", "paper", "pens", "chairs", "lamps", "cables",
    "monday", "tuesday", "friday", "sunday", "budget", "travel", "audit", "party",
)  # fmt: skip

TASK = Task(
    name="tools/episodes",
    summary="Errands of several turns with ten typed tools, scored on the final database.",
    contexts=Use("tools/errands", slips=0.5),
    environment=Use("tools/office", max_steps=6),
    policy=Use(
        "causal_lm/tiny",
        num_steps=48,
        max_prompt=24,
        turns=6,
        words=WORDS,
        alphabet='0123456789abcdefghijklmnopqrstuvwxyz{}[]",:;? _',
    ),
    codec=Use("text"),
    default_algo="grpo",
    base=recipes.corpus(num_steps=2000, num_contexts=32, learning_rate=4e-3),
    settings=recipes.GRPO,
)
