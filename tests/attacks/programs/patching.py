"""Changing from inside the code that compares, sends and imports."""

from suite.tests.attacks.attack import FAILS_OR_DIES, UNPAID, Attack

PROGRAMS = (
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
