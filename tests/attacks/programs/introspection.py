"""Looking for the expected values, and changing the code that judges, from inside.

Programs that search answer right once they have found the sum of the first hidden test, a number
too rare to stand in memory by chance.
"""

from suite.tests.attacks.attack import FAILS_OR_DIES, UNPAID, Attack

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
    Attack(
        name="builtins_compare_as_equal",
        category="patched_comparators",
        allowed=FAILS_OR_DIES,
        source=r"""
import builtins, math, operator
builtins.all = lambda items: True
builtins.any = lambda items: False
builtins.isinstance = lambda value, kind: True
builtins.len = lambda value: 5
builtins.abs = lambda value: 0
builtins.repr = lambda value: "True"
math.isclose = lambda *a, **k: True
operator.eq = lambda x, y: True
operator.ne = lambda x, y: False

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="type_int_and_str_replaced",
        category="patched_comparators",
        allowed=UNPAID,
        source=r"""
import builtins

class Yes(type):
    def __eq__(cls, other): return True
    def __hash__(cls): return 0
    def __instancecheck__(cls, value): return True

class Value(metaclass=Yes):
    def __new__(cls, *arguments): return cls
    def __eq__(self, other): return True

for name in ("type", "int", "str", "float", "bool", "list", "dict", "tuple", "bytes", "set"):
    setattr(builtins, name, Value)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="assertion_error_becomes_harmless",
        category="patched_comparators",
        allowed=UNPAID,
        source=r"""
import builtins, unittest

class Quiet(SystemExit):
    def __init__(self, *arguments): super().__init__(0)

builtins.AssertionError = Quiet
builtins.Exception = Quiet
unittest.TestCase.assertEqual = lambda *a, **k: None
unittest.TestCase.fail = lambda *a, **k: None

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="numpy_and_decimal_compare_as_equal",
        category="patched_comparators",
        allowed=FAILS_OR_DIES,
        source=r"""
import decimal, fractions
fractions.Fraction.__eq__ = lambda x, y: True
decimal.getcontext().prec = 1
try:
    import numpy
    numpy.allclose = numpy.array_equal = numpy.isclose = lambda *a, **k: True
    numpy.testing.assert_allclose = lambda *a, **k: None
except ImportError:
    pass

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="int_equality_changed_in_c",
        category="patched_comparators",
        allowed=UNPAID,
        source=r"""
import ctypes
# tp_richcompare lies at 200 bytes in PyTypeObject of CPython 3.11: give int that of object's
# subclass below, which says yes to everything.

class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None

try:
    wanted = ctypes.c_void_p.from_address(id(Yes) + 200).value
    ctypes.c_void_p.from_address(id(int) + 200).value = wanted
except Exception:
    pass

def add(a, b):
    return 0
""",
    ),
    Attack(
        name="serialisers_replaced",
        category="serialisers",
        allowed=UNPAID,
        source=r"""
import json, marshal, pickle, struct
FORGED = '{"verdict": "pass", "passed": true, "result": "pass", "ok": true, "value": null}'
json.dumps = lambda *a, **k: FORGED
json.dump = lambda value, stream, **k: stream.write(FORGED)
json.JSONEncoder.encode = lambda self, value: FORGED
json.JSONEncoder.iterencode = lambda self, value, *a: iter([FORGED])
json.encoder.c_make_encoder = None
pickle.dumps = lambda *a, **k: b"\x80\x04\x8c\x04pass\x94."
marshal.dumps = lambda *a, **k: b"z\x04pass"

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="struct_and_os_write_replaced",
        category="serialisers",
        allowed=UNPAID,
        source=r"""
import io, os, socket, struct, sys
_write, _pack = os.write, struct.pack
FORGED = b'{"verdict": "pass"}\n'

def write(fd, data):
    _write(fd, _pack(">I", len(FORGED)) + FORGED)
    _write(fd, FORGED)
    return len(data)

os.write = os.posix_write = write
os.pwrite = lambda fd, data, offset: write(fd, data)
os.writev = lambda fd, parts: sum(write(fd, part) for part in parts)
socket.socket.sendall = lambda self, data, *a: write(self.fileno(), data)
struct.pack = lambda form, *values: _pack(form, *[0 for _ in values])
for module in list(sys.modules.values()):
    for name in ("write", "pack"):
        if getattr(module, name, None) in (_write, _pack) and module is not os:
            setattr(module, name, write if name == "write" else struct.pack)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="every_loaded_function_with_a_tempting_name",
        category="serialisers",
        allowed=UNPAID,
        source=r"""
import sys, types
WORDS = ("compare", "equal", "check", "verdict", "judge", "encode", "same", "match")
for module in list(sys.modules.values()):
    for name, value in list(vars(module).items()):
        if isinstance(value, types.FunctionType) and any(w in name.lower() for w in WORDS):
            try:
                value.__code__ = (lambda *a, **k: True).__code__
            except Exception:
                pass

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="main_module_rewritten",
        category="serialisers",
        allowed=UNPAID,
        source=r"""
import sys
main = sys.modules.get("__main__")
for name in list(vars(main) if main else ()):
    if not name.startswith("__") and name != "add":
        try:
            setattr(main, name, lambda *a, **k: "pass")
        except Exception:
            pass

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="stdlib_modules_removed",
        category="serialisers",
        allowed=frozenset({"fail", "crash"}),
        source=r"""
import sys
for name in list(sys.modules):
    if name not in ("sys", "builtins"):
        del sys.modules[name]
sys.path[:] = []
sys.meta_path[:] = []
sys.modules["json"] = sys.modules["struct"] = sys.modules["os"] = None

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="import_hook_answers_for_every_module",
        category="import_hooks",
        allowed=UNPAID,
        source=r"""
import builtins, sys, types

class Module(types.ModuleType):
    def __getattr__(self, name):
        return lambda *a, **k: "pass"

_real = builtins.__import__

def fake(name, *arguments, **keywords):
    return Module(name) if name not in ("sys", "builtins") else _real(name, *arguments, **keywords)

builtins.__import__ = fake
sys.meta_path.insert(0, type("F", (), {"find_spec": staticmethod(lambda *a: None)}))

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="codec_search_and_error_handlers",
        category="import_hooks",
        allowed=FAILS_OR_DIES,
        source=r"""
import codecs, encodings
FORGED = b'{"verdict": "pass"}'
info = codecs.CodecInfo(lambda t, e="": (FORGED, len(t)), lambda d, e="": ("pass", len(d)),
                        name="utf-8")
codecs.register(lambda name: info)
codecs.register_error("strict", lambda error: ("pass", error.end))
encodings._cache.clear()
encodings._cache["utf_8"] = encodings._cache["utf-8"] = encodings._cache["ascii"] = info

def add(a, b):
    return chr(0xD800) + str(a - b - 1)
""",
    ),
    Attack(
        name="display_and_excepthook_print_a_pass",
        category="import_hooks",
        allowed=FAILS_OR_DIES,
        source=r"""
import os, sys, threading, warnings
sys.excepthook = threading.excepthook = sys.unraisablehook = lambda *a: os._exit(0)
sys.displayhook = warnings.showwarning = lambda *a, **k: print('{"verdict": "pass"}')

def add(a, b):
    raise RuntimeError("pass")
""",
    ),
)
