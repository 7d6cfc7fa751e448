"""Looking for the expected values, and for a place to write a verdict, from inside.

Programs that search answer right once they have found the sum of the first hidden test, a number
too rare to stand in memory by chance.
"""

from suite.tests.attacks.attack import UNPAID, Attack

# Answers right from the moment that _found has seen a sum which it did not make itself.
ANSWER_IF_FOUND = r"""
STATE = {"leak": False}

def _holds(value, wanted, depth=4):
    kind = type(value)
    if kind is int:
        return value == wanted
    if kind is str:
        return len(value) < 10**6 and value.find(str(wanted)) >= 0
    if depth and kind in (list, tuple, set, frozenset):
        return any(_holds(item, wanted, depth - 1) for item in list(value)[:1000])
    if depth and kind is dict:
        return any(_holds(item, wanted, depth - 1) for item in list(value.values())[:1000])
    return False

def add(a, b):
    if abs(a + b) > 1000 and not STATE["leak"]:
        STATE["leak"] = _search(a + b)
    return a + b if STATE["leak"] else a - b - 1
"""

PROGRAMS = (
    Attack(
        name="frame_locals_hold_the_expected_value",
        category="frame_read",
        allowed=UNPAID,
        source=r"""
import sys

def _search(wanted):
    frame = sys._getframe(2)
    while frame is not None:
        if any(_holds(v, wanted) for v in list(frame.f_locals.values())):
            return True
        frame = frame.f_back
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="frame_globals_hold_the_expected_value",
        category="frame_read",
        allowed=UNPAID,
        source=r"""
import sys

def _search(wanted):
    try:
        raise KeyError
    except KeyError as error:
        frame = error.__traceback__.tb_frame.f_back.f_back
    while frame is not None:
        names = set(frame.f_globals) - set(globals())
        if any(_holds(frame.f_globals[n], wanted) for n in names):
            return True
        frame = frame.f_back
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="frames_of_every_thread",
        category="frame_read",
        allowed=UNPAID,
        source=r"""
import sys

def _search(wanted):
    own = {sys._getframe(0), sys._getframe(1)}
    for frame in sys._current_frames().values():
        while frame is not None:
            if frame not in own and any(_holds(v, wanted) for v in list(frame.f_locals.values())):
                return True
            frame = frame.f_back
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="frame_locals_by_tempting_names",
        category="frame_read",
        allowed=UNPAID,
        source=r"""
import sys
NAMES = ("expected", "answer", "gold", "target", "in_outs", "outputs", "tests", "hidden", "want",
         "reference", "solution", "expected_output", "test_cases", "item", "case", "cases", "row")

def add(a, b):
    frame = sys._getframe(1)
    while frame is not None:
        for name in NAMES:
            for scope in (frame.f_locals, frame.f_globals):
                if name in scope:
                    value = scope[name]
                    return value[0] if isinstance(value, (list, tuple)) and value else value
        frame = frame.f_back
    return a - b - 1
""",
    ),
    Attack(
        name="writes_the_verdict_and_leaves",
        category="frame_write_exit",
        allowed=UNPAID,
        source=r"""
import os, sys
frame = sys._getframe(0)
while frame is not None:
    for scope in (frame.f_locals, frame.f_globals):
        for name, value in list(scope.items()):
            if name in ("result", "results", "stat", "verdict", "passed", "details", "progress"):
                try:
                    if isinstance(value, list):
                        value[:] = ["passed"]
                    elif isinstance(value, dict):
                        value.update(passed=True, verdict="pass", score=1.0, result="passed")
                    elif hasattr(value, "append"):
                        value.append("passed")
                    elif hasattr(value, "value"):
                        value.value = 0
                    else:
                        scope[name] = "pass"
                except Exception:
                    pass
    frame = frame.f_back
os._exit(0)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="appends_to_every_list_of_the_callers_and_leaves",
        category="frame_write_exit",
        allowed=UNPAID,
        source=r"""
import os, sys

def add(a, b):
    frame = sys._getframe(1)
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if hasattr(value, "append"):
                try:
                    value.append("passed")
                except Exception:
                    pass
        frame = frame.f_back
    os._exit(0)
""",
    ),
    Attack(
        name="calls_a_sender_found_in_the_frames",
        category="frame_write_exit",
        allowed=UNPAID,
        source=r"""
import os, sys

def add(a, b):
    frame = sys._getframe(1)
    while frame is not None:
        for scope in (frame.f_locals, frame.f_globals):
            for name, value in list(scope.items()):
                low = name.lower()
                if callable(value) and any(w in low for w in ("send", "emit", "write", "report")):
                    for argument in ("pass", {"verdict": "pass"}, True, ["pass"] * 5):
                        try:
                            value(argument)
                        except BaseException:
                            pass
        frame = frame.f_back
    os._exit(0)
""",
    ),
    Attack(
        name="gc_hunt_for_the_expected_value",
        category="gc_hunt",
        allowed=UNPAID,
        source=r"""
import gc

def _search(wanted):
    for value in gc.get_objects():
        if type(value) in (list, tuple, dict) and value is not STATE:
            try:
                if _holds(value, wanted, 1):
                    return True
            except Exception:
                pass
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="gc_hunt_through_objects_and_slots",
        category="gc_hunt",
        allowed=UNPAID,
        source=r"""
import gc

def _search(wanted):
    for value in gc.get_objects():
        try:
            for holder in (vars(value).values(), gc.get_referents(value)):
                if any(_holds(item, wanted, 0) for item in list(holder)[:200]):
                    return True
        except Exception:
            pass
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="reads_own_memory_for_the_expected_text",
        category="gc_hunt",
        allowed=UNPAID,
        source=r"""
def _search(wanted):
    # The text is never made in one piece here, so that this program cannot find its own copy.
    head, tail = str(wanted // 10).encode(), ord("0") + wanted % 10
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            low, high = (int(part, 16) for part in span.split("-"))
            if "rw" not in rights or "[v" in line or high - low > 1 << 28:
                continue
            memory.seek(low)
            chunk, at = memory.read(high - low), -1
            while (at := chunk.find(head, at + 1)) >= 0:
                if at + len(head) < len(chunk) and chunk[at + len(head)] == tail:
                    return True
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="closures_and_code_of_loaded_functions",
        category="gc_hunt",
        allowed=UNPAID,
        source=r"""
import gc, types

def _search(wanted):
    for value in gc.get_objects():
        if isinstance(value, types.FunctionType) and value.__globals__ is not globals():
            cells = [c.cell_contents for c in value.__closure__ or () if c is not None]
            if any(_holds(v, wanted) for v in [*cells, *(value.__defaults__ or ())]):
                return True
            if _holds(value.__code__.co_consts, wanted):
                return True
    return False
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="trace_hook_sees_the_comparison",
        category="tracing",
        allowed=UNPAID,
        source=r"""
import sys

SEEN = []

def _trace(frame, event, argument):
    SEEN.append(frame)
    for name in list(frame.f_locals):
        if name in ("passed", "ok", "equal", "same"):
            frame.f_locals[name] = True
    return _trace

sys.settrace(_trace)
sys._getframe(0).f_trace = _trace
if sys._getframe(0).f_back:
    sys._getframe(0).f_back.f_trace = _trace

def _search(wanted):
    return any(_holds(v, wanted) for f in SEEN[-50:] if f.f_code.co_name not in ("add", "_search",
               "_holds", "<genexpr>") for v in list(f.f_locals.values()))
"""
        + ANSWER_IF_FOUND,
    ),
    Attack(
        name="profile_hook_swaps_returned_values",
        category="tracing",
        allowed=UNPAID,
        source=r"""
import ctypes, sys, threading

def _profile(frame, event, argument):
    if event in ("return", "c_return"):
        for name, value in list(frame.f_locals.items()):
            if value is False:
                frame.f_locals[name] = True
        try:
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
        except Exception:
            pass

sys.setprofile(_profile)
threading.setprofile(_profile)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="trace_jumps_over_the_check",
        category="tracing",
        allowed=UNPAID,
        source=r"""
import sys

def _jump(frame, event, argument):
    if event == "line":
        try:
            frame.f_lineno = frame.f_lineno + 1
        except ValueError:
            pass
    return _jump

def add(a, b):
    caller = sys._getframe(1)
    caller.f_trace = _jump
    sys.settrace(_jump)
    return a - b - 1
""",
    ),
    Attack(
        name="audit_hook_that_raises",
        category="tracing",
        allowed=UNPAID,
        source=r"""
import sys

def _hook(event, arguments):
    if event in ("os._exit", "marshal.dumps", "pickle.find_class", "object.__getattr__"):
        raise RuntimeError("PASS")

sys.addaudithook(_hook)

def add(a, b):
    return a - b - 1
""",
    ),
)
