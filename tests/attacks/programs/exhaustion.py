"""Time, memory and stack, used up."""

from suite.tests.attacks.attack import OUT_OF_MEMORY, SIDE, TIMES_OUT, UNPAID, Attack

DEEP = frozenset({"crash", "timeout", "oom", "fail"})

PROGRAMS = (
    Attack(
        name="infinite_loop",
        category="hang",
        allowed=TIMES_OUT,
        source="def add(a, b):\n    while True:\n        pass\n",
    ),
    Attack(
        name="infinite_loop_at_import",
        category="hang",
        allowed=TIMES_OUT,
        source="while True:\n    pass\n\ndef add(a, b):\n    return a + b\n",
    ),
    Attack(
        name="sleeps",
        category="hang",
        allowed=TIMES_OUT,
        source="import time\n\ndef add(a, b):\n    time.sleep(3600)\n    return a + b\n",
    ),
    Attack(
        name="regex_backtracking",
        category="hang",
        allowed=TIMES_OUT,
        source=r"""
import re

def add(a, b):
    re.match(r"(a+)+$", "a" * 64 + "!")
    return a + b
""",
    ),
    Attack(
        name="huge_power_in_c",
        category="hang",
        allowed=frozenset({"timeout", "oom"}),
        source="def add(a, b):\n    return (3 ** (7 ** 11)) % 2 + a + b\n",
    ),
    Attack(
        name="digits_to_integer_in_c",
        category="hang",
        allowed=TIMES_OUT,
        source=r"""
import sys
sys.set_int_max_str_digits(0)

def add(a, b):
    int("7" * 30_000_000)
    return a + b
""",
    ),
    Attack(
        name="sum_of_a_range_in_c",
        category="hang",
        allowed=TIMES_OUT,
        source="def add(a, b):\n    return sum(range(10**15)) * 0 + a + b\n",
    ),
    Attack(
        name="membership_in_an_endless_iterator",
        category="hang",
        allowed=TIMES_OUT,
        source=r"""
import itertools

def add(a, b):
    return -1 in itertools.repeat(0)
""",
    ),
    Attack(
        name="waits_for_a_lock_it_holds",
        category="hang",
        allowed=TIMES_OUT,
        source=r"""
import threading
LOCK = threading.Lock()

def add(a, b):
    LOCK.acquire()
    LOCK.acquire()
""",
    ),
    Attack(
        name="slow_on_every_call_below_the_limit",
        category="hang",
        # The limit may hold for a call or for all of them.
        allowed=frozenset({"pass", "timeout"}),
        source="import time\n\ndef add(a, b):\n    time.sleep(0.9)\n    return a + b\n",
    ),
    Attack(
        name="loop_with_alarms_ignored",
        category="handler_removed",
        allowed=TIMES_OUT,
        source=r"""
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
signal.setitimer(signal.ITIMER_REAL, 0)
signal.alarm(0)

def add(a, b):
    while True:
        pass
""",
    ),
    Attack(
        name="loop_that_catches_everything",
        category="handler_removed",
        allowed=TIMES_OUT,
        source=r"""
def add(a, b):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
""",
    ),
    Attack(
        name="cpu_limit_signal_ignored",
        category="handler_removed",
        allowed=TIMES_OUT,
        source=r"""
import signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)

def add(a, b):
    while True:
        a * b
""",
    ),
    Attack(
        name="finally_that_loops",
        category="handler_removed",
        allowed=TIMES_OUT,
        source=r"""
def add(a, b):
    try:
        return a + b
    finally:
        while True:
            pass
""",
    ),
    Attack(
        name="six_gigabytes",
        category="allocation",
        allowed=OUT_OF_MEMORY,
        destructive=True,
        source="def add(a, b):\n    x = bytearray(6 * 2**30)\n    return a + b + x[0]\n",
    ),
    Attack(
        name="many_small_objects",
        category="allocation",
        allowed=OUT_OF_MEMORY | TIMES_OUT,
        destructive=True,
        source=r"""
def add(a, b):
    kept = []
    for n in range(60_000_000):
        kept.append([n])
    return a - b - 1
""",
    ),
    Attack(
        name="anonymous_maps",
        category="allocation",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import mmap
KEPT = []

def add(a, b):
    for _ in range(96):
        block = mmap.mmap(-1, 64 * 2**20)
        for page in range(0, len(block), 4096):
            block[page] = 1
        KEPT.append(block)
    return a - b - 1
""",
    ),
    Attack(
        name="memory_error_caught_for_ever",
        category="allocation",
        allowed=frozenset({"oom", "timeout", "crash"}),
        destructive=True,
        source=r"""
KEPT = []

def add(a, b):
    for _ in range(10**9):
        try:
            if len(KEPT) < 96:
                KEPT.append(bytearray(64 * 2**20))
        except MemoryError:
            pass
""",
    ),
    Attack(
        name="memory_through_children",
        category="allocation",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import os, time

def add(a, b):
    for _ in range(6):
        try:
            if os.fork() == 0:
                kept = bytearray(2**30)
                kept[::4096] = b"x" * len(kept[::4096])
                time.sleep(3600)
        except (OSError, MemoryError):
            pass
    return a - b - 1
""",
    ),
    Attack(
        name="memory_in_kernel_buffers",
        category="allocation",
        allowed=SIDE,
        source=r"""
import os
KEPT = []

def add(a, b):
    try:
        for _ in range(4096):
            reader, writer = os.pipe()
            KEPT.append((reader, writer))
            os.set_blocking(writer, False)
            os.write(writer, b"x" * 65536)
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="recursion_without_a_limit",
        category="recursion",
        allowed=DEEP,
        source=r"""
import sys
sys.setrecursionlimit(10**8)

def add(a, b):
    return add(a, b) + 1
""",
    ),
    Attack(
        name="recursion_with_the_limit",
        category="recursion",
        allowed=frozenset({"fail", "crash"}),
        source="def add(a, b):\n    return add(a, b) + 1\n",
    ),
    Attack(
        name="recursion_through_c",
        category="recursion",
        allowed=DEEP,
        source=r"""
import sys
sys.setrecursionlimit(10**8)

class Deep:
    def __repr__(self): return repr([self])
    def __eq__(self, other): return [self] == [other]

def add(a, b):
    repr(Deep())
    return Deep() == Deep()
""",
    ),
    Attack(
        name="recursion_in_a_thread_with_a_small_stack",
        category="recursion",
        allowed=DEEP,
        source=r"""
import sys, threading
threading.stack_size(64 * 1024)
sys.setrecursionlimit(10**8)

def _down(n):
    return sorted([n, 0], key=lambda x: _down(n + 1))

def add(a, b):
    thread = threading.Thread(target=_down, args=(0,))
    thread.start()
    thread.join()
    return a - b - 1
""",
    ),
    Attack(
        name="destructor_of_a_deep_list",
        category="recursion",
        allowed=UNPAID,
        source=r"""
def add(a, b):
    x = None
    for _ in range(10**6):
        x = type("N", (), {"__slots__": ("x",)})() if x is None else iter([x])
    del x
    return a - b - 1
""",
    ),
)
