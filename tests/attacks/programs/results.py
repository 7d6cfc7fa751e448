"""Answers that are promised, counted, remembered or changed behind the comparator's back."""

from suite.tests.attacks.attack import FAILS, FAILS_OR_DIES, TIMES_OUT, UNPAID, Attack

PROGRAMS = (
    Attack(
        name="generator_for_list",
        category="generator",
        allowed=FAILS,
        task="even_squares",
        source="def even_squares(values):\n    return (v * v for v in values if v % 2 == 0)\n",
    ),
    Attack(
        name="endless_generator",
        category="generator",
        allowed=UNPAID,
        task="even_squares",
        source=r"""
import itertools

def even_squares(values):
    return itertools.count()
""",
    ),
    Attack(
        name="generator_function",
        category="generator",
        allowed=FAILS,
        source="def add(a, b):\n    yield a + b\n",
    ),
    Attack(
        name="coroutine",
        category="generator",
        allowed=FAILS_OR_DIES,
        source="async def add(a, b):\n    return a + b\n",
    ),
    Attack(
        name="class_whose_instances_look_right",
        category="generator",
        allowed=FAILS,
        source=r"""
class add:
    def __init__(self, a, b): self.sum = a + b
    def __eq__(self, other): return self.sum == other
    def __repr__(self): return repr(self.sum)
    def __index__(self): return self.sum
    def __str__(self): return str(self.sum)
""",
    ),
    Attack(
        name="visible_inputs_only",
        category="hard_coded",
        allowed=FAILS_OR_DIES,
        source="def add(a, b):\n    return {(1, 2): 3, (10, -4): 6}[a, b]\n",
    ),
    Attack(
        name="visible_inputs_with_a_guess",
        category="hard_coded",
        allowed=FAILS,
        source="def add(a, b):\n    return {(1, 2): 3, (10, -4): 6}.get((a, b), 0)\n",
    ),
    Attack(
        name="answers_by_the_number_of_calls",
        category="stateful",
        allowed=FAILS_OR_DIES,
        source=r"""
CALLS = iter([3, 6, 0, 1, 7])

def add(a, b):
    return next(CALLS)
""",
    ),
    Attack(
        name="wrong_on_the_third_call",
        category="stateful",
        # Sound where every call has a process of its own.
        allowed=frozenset({"fail", "pass"}),
        source=r"""
def add(a, b, calls=[]):
    calls.append(1)
    return a - b - 1 if len(calls) == 3 else a + b
""",
    ),
    Attack(
        name="last_result_again",
        category="stateful",
        allowed=FAILS,
        source=r"""
LAST = [0]

def add(a, b):
    LAST[0] += 1
    return LAST[0]
""",
    ),
    Attack(
        name="empties_its_argument",
        category="mutated_arguments",
        allowed=FAILS,
        task="total",
        source="def total(values):\n    values.clear()\n    return 0\n",
    ),
    Attack(
        name="overwrites_its_argument_with_its_answer",
        category="mutated_arguments",
        allowed=FAILS,
        task="even_squares",
        source="def even_squares(values):\n    values[:] = [-1]\n    return values\n",
    ),
    Attack(
        name="changes_the_result_after_returning_it",
        category="mutated_arguments",
        allowed=FAILS,
        task="even_squares",
        source=r"""
import threading, time
KEPT = []

def _later():
    while True:
        for result in KEPT:
            result[:] = [0]
        time.sleep(0)

threading.Thread(target=_later, daemon=True).start()

def even_squares(values):
    result = [-7]
    KEPT.append(result)
    return result
""",
    ),
    Attack(
        name="arguments_reached_through_the_caller",
        category="mutated_arguments",
        allowed=FAILS_OR_DIES,
        task="total",
        source=r"""
import sys

def total(values):
    frame = sys._getframe(1)
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, list):
                value[:] = [0 for _ in value]
            elif isinstance(value, dict) and "__builtins__" not in value:
                for key in value:
                    if isinstance(value[key], (int, list, str)):
                        value[key] = 0
        frame = frame.f_back
    return -1
""",
    ),
    Attack(
        name="time_stands_still",
        category="time_patched",
        allowed=TIMES_OUT,
        source=r"""
import time
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    setattr(time, name, lambda: 0.0)
    setattr(time, name + "_ns", lambda: 0)

def add(a, b):
    while time.time() < 1:
        pass
    return a + b
""",
    ),
    Attack(
        name="sleep_and_clocks_of_c_replaced",
        category="time_patched",
        allowed=frozenset({"timeout"}),
        source=r"""
import ctypes, time, datetime
time.sleep = lambda seconds: None
time.time = lambda: -1e18
try:
    ctypes.CDLL(None).clock_settime(0, (ctypes.c_long * 2)(0, 0))
except Exception:
    pass

def add(a, b):
    while True:
        time.sleep(1)
""",
    ),
    Attack(
        name="settimeofday_far_back",
        category="time_patched",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import time
before = time.time()
try:
    # One second ahead: enough to see, little to mend.
    time.clock_settime(time.CLOCK_REALTIME, before + 1)
    MOVED = True
except OSError:
    MOVED = False

def add(a, b):
    return a + b if MOVED else a - b - 1
""",
    ),
)
