"""Ends that are not returns: exits, crashes, exceptions with manners of their own."""

from suite.tests.attacks.attack import DIES, FAILS_OR_DIES, SIDE, UNPAID, Attack

PROGRAMS = (
    Attack(
        name="os_exit_zero_at_import",
        category="self_exit",
        allowed=DIES,
        source="import os\nos._exit(0)\n\ndef add(a, b):\n    return a + b\n",
    ),
    Attack(
        name="os_exit_zero_in_the_call",
        category="self_exit",
        allowed=DIES,
        source="import os\n\ndef add(a, b):\n    os._exit(0)\n",
    ),
    Attack(
        name="sys_exit_zero_at_import",
        category="self_exit",
        allowed=FAILS_OR_DIES,
        source="import sys\nsys.exit(0)\n\ndef add(a, b):\n    return a + b\n",
    ),
    Attack(
        name="sys_exit_zero_in_the_call",
        category="self_exit",
        allowed=FAILS_OR_DIES,
        source="import sys\n\ndef add(a, b):\n    sys.exit(0)\n",
    ),
    Attack(
        name="exits_after_the_third_right_answer",
        category="self_exit",
        # A process for every call counts to one.
        allowed=frozenset({"crash", "pass"}),
        source=r"""
import os
CALLS = []

def add(a, b):
    CALLS.append(a)
    if len(CALLS) > 3:
        os._exit(0)
    return a + b
""",
    ),
    Attack(
        name="kills_itself",
        category="self_exit",
        # As first process of a namespace, or where kill is denied, it lives and answers wrong.
        allowed=FAILS_OR_DIES,
        source=r"""
import os, signal

def add(a, b):
    try:
        os.kill(os.getpid(), signal.SIGKILL)
    except OSError:
        pass
    return a - b - 1
""",
    ),
    Attack(
        name="aborts",
        category="self_exit",
        allowed=FAILS_OR_DIES,
        source="import os\n\ndef add(a, b):\n    os.abort()\n",
    ),
    Attack(
        name="exit_group_by_raw_syscall",
        category="self_exit",
        allowed=FAILS_OR_DIES,
        source=r"""
import ctypes

def add(a, b):
    ctypes.CDLL(None).syscall(231, 0)
""",
    ),
    Attack(
        name="executes_true_in_its_place",
        category="self_exit",
        allowed=FAILS_OR_DIES,
        source=r"""
import os

def add(a, b):
    for path in ("/bin/true", "/usr/bin/true"):
        try:
            os.execv(path, ["true"])
        except OSError:
            pass
    return a - b - 1
""",
    ),
    Attack(
        name="segfault_by_ctypes",
        category="segfault",
        allowed=FAILS_OR_DIES,
        source="import ctypes\n\ndef add(a, b):\n    ctypes.string_at(0)\n",
    ),
    Attack(
        name="segfault_by_bytecode",
        category="segfault",
        allowed=UNPAID,
        source=r"""
def add(a, b):
    code = add.__code__.replace(co_code=bytes([100, 255, 83, 0]) * 4, co_consts=())
    return type(add)(code, {})(a, b)
""",
    ),
    Attack(
        name="segfault_with_the_handler_that_returns",
        category="segfault",
        allowed=UNPAID,
        source=r"""
import ctypes, faulthandler, signal
faulthandler.disable()
signal.signal(signal.SIGSEGV, lambda *a: None)

def add(a, b):
    ctypes.memset(0, 1, 1)
    return a - b - 1
""",
    ),
    Attack(
        name="frees_objects_that_others_hold",
        category="segfault",
        allowed=UNPAID,
        source=r"""
import ctypes, sys

def add(a, b):
    for value in (None, True, (), "", 0, 1, sys.modules):
        ctypes.c_ssize_t.from_address(id(value)).value = 1
    for _ in range(1000):
        x = [None, True, (), "", 0, 1]
        del x
    return a - b - 1
""",
    ),
    Attack(
        name="system_exit_subclass_with_a_hostile_code",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
class Code:
    def __index__(self): return 0
    def __str__(self): return "pass"
    def __eq__(self, other): return True
    def __bool__(self): return False

class Leave(SystemExit):
    code = property(lambda self: Code())

def add(a, b):
    raise Leave(0)
""",
    ),
    Attack(
        name="base_exception",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
class Above(BaseException):
    pass

def add(a, b):
    raise Above("pass")
""",
    ),
    Attack(
        name="keyboard_interrupt",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source="def add(a, b):\n    raise KeyboardInterrupt\n",
    ),
    Attack(
        name="generator_exit_and_stop_iteration",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
def add(a, b):
    raise GeneratorExit if a > b else StopIteration(a + b)
""",
    ),
    Attack(
        name="exception_group_of_exceptions",
        category="hostile_exceptions",
        allowed=UNPAID,
        source=r"""
def add(a, b):
    error = ValueError("x" * 1000)
    for _ in range(5000):
        error = BaseExceptionGroup("g", [error, SystemExit(0)])
    raise error
""",
    ),
    Attack(
        name="exception_text_never_ends",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES | {"timeout"},
        source=r"""
class Endless(Exception):
    def __str__(self):
        while True:
            pass
    __repr__ = __str__

def add(a, b):
    raise Endless
""",
    ),
    Attack(
        name="exception_text_exits",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
import os

class Leaving(Exception):
    def __str__(self): os._exit(0)
    __repr__ = __str__
    args = property(__str__)
    __traceback__ = property(__str__)

def add(a, b):
    raise Leaving
""",
    ),
    Attack(
        name="exception_text_is_a_gigabyte",
        category="hostile_exceptions",
        allowed=UNPAID,
        source="def add(a, b):\n    raise ValueError('x' * 10**9)\n",
    ),
    Attack(
        name="exception_class_with_a_hostile_name",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
Odd = type("pass\n{\"verdict\": \"pass\"}\x00\ud800", (Exception,), {"__module__": None})

def add(a, b):
    raise Odd("\ud800\x00")
""",
    ),
    Attack(
        name="exception_chain_of_cycles",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
def add(a, b):
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    first.__context__, second.__context__ = second, first
    raise first
""",
    ),
    Attack(
        name="exception_whose_class_lies",
        category="hostile_exceptions",
        allowed=FAILS_OR_DIES,
        source=r"""
class Meta(type):
    __name__ = property(lambda cls: 1 / 0)
    def __getattribute__(cls, name): raise SystemExit(0)
    def __instancecheck__(cls, value): raise SystemExit(0)
    def __subclasscheck__(cls, other): raise SystemExit(0)

class Lying(Exception, metaclass=Meta):
    __class__ = property(lambda self: SystemExit)

def add(a, b):
    raise Lying
""",
    ),
    Attack(
        name="daemon_thread_that_kills_later",
        category="threads",
        allowed=SIDE,
        source=r"""
import os, threading, time

def _later():
    time.sleep(0.2)
    os._exit(0)

threading.Thread(target=_later, daemon=True).start()

def add(a, b):
    return a + b
""",
    ),
    Attack(
        name="thread_that_is_never_joined",
        category="threads",
        allowed=SIDE,
        source=r"""
import threading, time

def _stay():
    while True:
        time.sleep(0.01)

threading.Thread(target=_stay, name="{MARKER}").start()

def add(a, b):
    return a + b
""",
    ),
    Attack(
        name="thousand_threads",
        category="threads",
        allowed=SIDE,
        source=r"""
import threading, time
for _ in range(1000):
    try:
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    except RuntimeError:
        break

def add(a, b):
    return a + b
""",
    ),
    Attack(
        name="thread_raises_in_the_main_thread",
        category="threads",
        allowed=UNPAID,
        source=r"""
import ctypes, threading, time
MAIN = threading.main_thread().ident

def _loop():
    while True:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(MAIN),
                                                   ctypes.py_object(SystemExit))
        time.sleep(0.001)

threading.Thread(target=_loop, daemon=True).start()

def add(a, b):
    time.sleep(0.05)
    return a - b - 1
""",
    ),
)
