"""Results that lie about what they are, and results that are not what was asked."""

from suite.tests.attacks.attack import FAILS, FAILS_OR_DIES, UNPAID, Attack

LARGE = frozenset({"fail", "flood", "oom", "timeout", "crash"})

PROGRAMS = (
    Attack(
        name="always_equal_object",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0

def add(a, b):
    return Any()
""",
    ),
    Attack(
        name="always_equal_int",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Lie(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return 0
    __rsub__ = __sub__
    __hash__ = int.__hash__

def add(a, b):
    return Lie(3)
""",
    ),
    Attack(
        name="int_subclass_of_the_right_value",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Number(int):
    pass

def add(a, b):
    return Number(a + b)
""",
    ),
    Attack(
        name="class_property_claims_int",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Lie:
    __class__ = property(lambda self: int)
    def __eq__(self, other): return True
    def __index__(self): return 0
    def __int__(self): return 0
    def __repr__(self): return "True"

def add(a, b):
    return Lie()
""",
    ),
    Attack(
        name="metaclass_says_yes_to_every_check",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Meta(type):
    def __eq__(cls, other): return True
    def __hash__(cls): return hash(int)
    def __instancecheck__(cls, obj): return True
    def __subclasscheck__(cls, sub): return True

class Lie(metaclass=Meta):
    def __eq__(self, other): return True

def add(a, b):
    return Lie()
""",
    ),
    Attack(
        name="str_subclass_always_equal",
        category="always_equal",
        allowed=FAILS,
        source=r"""
class Text(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def encode(self, *args): return b"null"

def add(a, b):
    return Text(a - b - 1)
""",
    ),
    Attack(
        name="mock_anything",
        category="always_equal",
        allowed=FAILS,
        source=r"""
from unittest.mock import ANY

def add(a, b):
    return ANY
""",
    ),
    Attack(
        name="list_subclass_with_other_items",
        category="container_lies",
        allowed=FAILS_OR_DIES,
        task="even_squares",
        source=r"""
class Lie(list):
    def __len__(self): return 0
    def __iter__(self): return iter(())
    def __eq__(self, other): return True
    def __getitem__(self, index): return self

def even_squares(values):
    return Lie([1])
""",
    ),
    Attack(
        name="dict_with_hostile_keys",
        category="container_lies",
        allowed=UNPAID,
        source=r"""
class Key(str):
    def __hash__(self): raise SystemExit(0)
    def __eq__(self, other): return True

class Lie(dict):
    def items(self):
        while True:
            yield Key("value"), 1

def add(a, b):
    return Lie(value=1)
""",
    ),
    Attack(
        name="tuple_for_list",
        category="container_lies",
        allowed=FAILS,
        task="even_squares",
        source=r"""
def even_squares(values):
    return tuple(v * v for v in values if v % 2 == 0)
""",
    ),
    Attack(
        name="namedtuple_for_list",
        category="container_lies",
        allowed=FAILS,
        task="even_squares",
        source=r"""
import collections

def even_squares(values):
    kept = [v * v for v in values if v % 2 == 0]
    return collections.namedtuple("R", [f"f{i}" for i in range(len(kept))])(*kept)
""",
    ),
    Attack(
        name="reduce_runs_on_pickling",
        category="pickle_payload",
        allowed=FAILS,
        source=r"""
import os

class Payload:
    def __reduce__(self):
        return (os.system, ("echo pwned > {CANARY_DIR}/pickle_{MARKER}",))

def add(a, b):
    return Payload()
""",
    ),
    Attack(
        name="reduce_answers_right_after_transport",
        category="pickle_payload",
        allowed=FAILS,
        source=r"""
class Payload:
    def __init__(self, text): self.text = text
    def __reduce__(self): return (eval, (self.text,))
    def __reduce_ex__(self, protocol): return self.__reduce__()

def add(a, b):
    return Payload(f"{a} + {b}")
""",
    ),
    Attack(
        name="copyreg_hooks_the_pickling_of_ints",
        category="pickle_payload",
        allowed=UNPAID,
        source=r"""
import copyreg, os, pickle

class Forged(int):
    pass

copyreg.pickle(Forged, lambda n: (os.system, ("touch {CANARY_DIR}/copyreg_{MARKER}",)))
copyreg.pickle(int, lambda n: (os.system, ("touch {CANARY_DIR}/copyreg_{MARKER}",)))
pickle.dumps = lambda *a, **k: b"cos\nsystem\n(S'touch {CANARY_DIR}/dumps_{MARKER}'\ntR."

def add(a, b):
    return Forged(a - b - 1)
""",
    ),
    Attack(
        name="json_a_hundred_thousand_deep",
        category="huge_result",
        allowed=LARGE,
        source=r"""
def add(a, b):
    result = a + b
    for _ in range(10**5):
        result = [result]
    return result
""",
    ),
    Attack(
        name="integer_of_a_million_digits",
        category="huge_result",
        allowed=LARGE,
        source=r"""
def add(a, b):
    return 10**1_000_000 + a
""",
    ),
    Attack(
        name="integer_shifted_far",
        category="huge_result",
        allowed=LARGE,
        source="def add(a, b):\n    return (1 << 2_000_000_000) | a\n",
    ),
    Attack(
        name="string_of_a_gigabyte",
        category="huge_result",
        allowed=LARGE,
        source="def add(a, b):\n    return 'x' * 10**9\n",
    ),
    Attack(
        name="list_that_doubles_by_sharing",
        category="huge_result",
        allowed=LARGE,
        source=r"""
def add(a, b):
    result = [a + b]
    for _ in range(60):
        result = [result, result]
    return result
""",
    ),
    Attack(
        name="cyclic_list",
        category="huge_result",
        allowed=LARGE,
        source="def add(a, b):\n    x = [a + b]\n    x.append(x)\n    return x\n",
    ),
    Attack(
        name="cyclic_dict",
        category="huge_result",
        allowed=LARGE,
        source="def add(a, b):\n    x = {'sum': a + b}\n    x['self'] = x\n    return x\n",
    ),
    Attack(
        name="integer_whose_text_is_quadratic",
        category="huge_result",
        allowed=LARGE,
        source=r"""
import sys
sys.set_int_max_str_digits(0)

def add(a, b):
    return (1 << 60_000_000) + a
""",
    ),
    Attack(
        name="nan_always",
        category="nan",
        allowed=FAILS,
        source="def add(a, b):\n    return float('nan')\n",
    ),
    Attack(
        name="decimal_nan_and_inf",
        category="nan",
        allowed=FAILS,
        source=r"""
import decimal

def add(a, b):
    return decimal.Decimal("NaN") if a > b else float("inf")
""",
    ),
    Attack(
        name="one_nan_object_inside_a_list",
        category="nan",
        allowed=FAILS,
        task="even_squares",
        source="import math\ndef even_squares(values):\n    return [math.nan for _ in values]\n",
    ),
    Attack(
        name="negative_zero_for_zero",
        category="negative_zero",
        allowed=FAILS,
        source="def add(a, b):\n    return a + b if a + b else -0.0\n",
    ),
    Attack(
        name="negative_zero_for_everything",
        category="negative_zero",
        allowed=FAILS,
        source="def add(a, b):\n    return float('-0.0')\n",
    ),
    Attack(
        name="float_for_int",
        category="numeric_types",
        allowed=FAILS,
        source="def add(a, b):\n    return float(a + b)\n",
    ),
    Attack(
        name="bool_for_int",
        category="numeric_types",
        allowed=FAILS,
        source="def add(a, b):\n    s = a + b\n    return bool(s) if s in (0, 1) else s\n",
    ),
    Attack(
        name="int_for_bool",
        category="numeric_types",
        allowed=FAILS,
        task="is_leap",
        source="def is_leap(y):\n    return int((y % 4 == 0 and y % 100 != 0) or y % 400 == 0)\n",
    ),
    Attack(
        name="digits_for_int",
        category="numeric_types",
        allowed=FAILS,
        source="def add(a, b):\n    return str(a + b)\n",
    ),
    Attack(
        name="complex_and_fraction_for_int",
        category="numeric_types",
        allowed=FAILS,
        source=r"""
from fractions import Fraction

def add(a, b):
    return complex(a + b, 0) if a > b else Fraction(a + b)
""",
    ),
    Attack(
        name="int_enum_for_int",
        category="numeric_types",
        allowed=FAILS,
        source=r"""
import enum

def add(a, b):
    return enum.IntEnum("Sum", {"VALUE": a + b}).VALUE
""",
    ),
)
