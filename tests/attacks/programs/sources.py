"""Texts that trouble a reader of source: bytes, nesting, size, headers, missing builtins."""

from suite.tests.attacks.attack import (
    FAILS,
    FAILS_OR_DIES,
    PASSES,
    SIDE,
    UNPAID,
    UNREADABLE,
    Attack,
)

RIGHT = "\ndef add(a, b):\n    return a + b\n"
WRONG = "\ndef add(a, b):\n    return a - b - 1\n"
# A limit on the size of a source is a fair policy, and so is none.
BIG = frozenset({"bad_source", "pass", "oom", "timeout", "crash"})

PROGRAMS = (
    Attack(
        name="deep_parentheses",
        category="unparseable",
        allowed=UNREADABLE,
        source="x = " + "(" * 10_000 + ")" * 10_000 + RIGHT,
    ),
    Attack(
        name="deep_unary_operators",
        category="unparseable",
        # The parser gives up or its stack does.
        allowed=UNREADABLE | {"crash", "oom"},
        source="x = " + "-" * 200_000 + "1" + RIGHT,
    ),
    Attack(
        name="deep_attributes_and_calls",
        category="unparseable",
        allowed=UNREADABLE | {"crash", "oom", "fail"},
        source="x = lambda: f" + "()" * 100_000 + RIGHT,
    ),
    Attack(
        name="deep_blocks",
        category="unparseable",
        allowed=UNREADABLE,
        source="".join(" " * n + "if 1:\n" for n in range(150)) + " " * 150 + "pass\n" + RIGHT,
    ),
    Attack(
        name="nul_byte",
        category="unparseable",
        allowed=UNREADABLE,
        source="x = 1\0\n" + RIGHT,
    ),
    Attack(
        name="nul_byte_in_a_string",
        category="unparseable",
        allowed=UNREADABLE,
        source="x = 'a\0b'\n" + RIGHT,
    ),
    Attack(
        name="syntax_error",
        category="unparseable",
        allowed=UNREADABLE,
        source="def add(a, b)\n    return a + b\n",
    ),
    Attack(
        name="indentation_error",
        category="unparseable",
        allowed=UNREADABLE,
        source="def add(a, b):\nreturn a + b\n",
    ),
    Attack(
        name="javascript_for_python",
        category="unparseable",
        allowed=UNREADABLE,
        source="function add(a, b) { return a + b; }\n",
    ),
    Attack(
        name="prose_for_python",
        category="unparseable",
        allowed=UNREADABLE | {"no_code"},
        source="Here is the function that you asked for: it adds a to b.\n",
    ),
    Attack(
        name="return_outside_a_function",
        category="unparseable",
        allowed=UNREADABLE,
        source="return 3\n" + RIGHT,
    ),
    Attack(
        name="lone_surrogate",
        category="lone_surrogate",
        allowed=UNREADABLE,
        source="x = '\ud800'\n" + RIGHT,
    ),
    Attack(
        name="lone_surrogate_in_a_comment",
        category="lone_surrogate",
        allowed=UNREADABLE,
        source=RIGHT + "# \udfff\n",
    ),
    Attack(
        name="escaped_surrogate_in_a_printed_string",
        category="lone_surrogate",
        # The source is clean; only what it prints cannot be encoded.
        allowed=SIDE - {"timeout", "oom", "flood"},
        source="def add(a, b):\n    print('\\ud800')\n    return a + b\n",
    ),
    Attack(
        name="escaped_surrogate_as_the_result",
        category="lone_surrogate",
        allowed=FAILS_OR_DIES,
        source="def add(a, b):\n    return '\\udcff\\ud800'\n",
    ),
    Attack(
        name="byte_order_mark",
        category="source_oddities",
        allowed=PASSES | UNREADABLE,
        source="\ufeff" + RIGHT,
    ),
    Attack(
        name="coding_cookie_of_another_encoding",
        category="source_oddities",
        allowed=PASSES | UNREADABLE,
        source="# -*- coding: utf-16 -*-\n" + RIGHT,
    ),
    Attack(
        name="coding_cookie_utf_7_hides_a_program",
        category="source_oddities",
        # Read as UTF-7 the comment ends and the function is replaced by one that leaves.
        allowed=PASSES | UNREADABLE,
        source="# coding: utf-7\n" + RIGHT + "# +AAo-import os+AAo-os._exit(0)\n",
    ),
    Attack(
        name="coding_cookie_unknown",
        category="source_oddities",
        allowed=PASSES | UNREADABLE,
        source="# coding: no-such-codec\n" + RIGHT,
    ),
    Attack(
        name="carriage_returns_and_form_feeds",
        category="source_oddities",
        allowed=PASSES | UNREADABLE,
        source="\f\r\n\f# x\rdef add(a, b):\r\n\f    return a + b\r\n",
    ),
    Attack(
        name="other_line_separators",
        category="source_oddities",
        # They end lines for str.splitlines and not for Python.
        allowed=PASSES,
        source="def add(a, b):\n    x = 'a\x85\u2028\u2029\x1c'  # \u2028 return 0\n"
        "    return a + b\n",
    ),
    Attack(
        name="names_that_normalise_to_add",
        category="source_oddities",
        allowed=PASSES,
        source="def \uff41dd(a, b):\n    return a + b\n",
    ),
    Attack(
        name="ten_megabytes_of_comments",
        category="source_oddities",
        allowed=BIG,
        source=RIGHT + "# filler\n" * 1_100_000,
    ),
    Attack(
        name="one_line_of_a_million_terms",
        category="source_oddities",
        allowed=BIG,
        source="x = [" + "0," * 1_000_000 + "]\n" + RIGHT,
    ),
    Attack(
        name="constant_folding_bomb",
        category="source_oddities",
        allowed=SIDE | UNREADABLE,
        source="def unused():\n    return 'x' * 4096 * 4096 * 64, 2 ** 99999999\n" + RIGHT,
    ),
    Attack(
        name="future_annotations_and_string_types",
        category="source_oddities",
        allowed=PASSES,
        source="from __future__ import annotations\n\n"
        "def add(a: 'nope.Missing', b: 1 / 0) -> exit():\n    return a + b\n",
    ),
    Attack(
        name="future_import_of_another_parser",
        category="source_oddities",
        allowed=PASSES | UNREADABLE,
        source="from __future__ import barry_as_FLUFL\n\n"
        "def add(a, b):\n    return a + b if a <> None else 0\n",
    ),
    Attack(
        name="builtins_deleted",
        category="missing_builtins",
        allowed=SIDE - {"timeout", "oom", "flood"},
        source=r"""
import builtins

def add(a, b):
    return a + b

for name in list(vars(builtins)):
    if name not in ("__build_class__", "__import__"):
        del builtins.__dict__[name]
""",
    ),
    Attack(
        name="builtins_of_the_module_replaced",
        category="missing_builtins",
        allowed=FAILS_OR_DIES,
        source="__builtins__ = {}\n__name__ = None\n__import__ = 3\n" + WRONG,
    ),
    Attack(
        name="globals_emptied",
        category="missing_builtins",
        allowed=FAILS_OR_DIES | {"no_code"},
        source="def add(a, b):\n    return a + b\nglobals().clear()\n",
    ),
    Attack(
        name="globals_that_compute_names",
        category="missing_builtins",
        allowed=UNPAID,
        source=r"""
import sys

class Module(type(sys)):
    def __getattribute__(self, name):
        if name == "add":
            return lambda a, b: type("Any", (int,), {"__eq__": lambda s, o: True})()
        return super().__getattribute__(name)

sys.modules[__name__].__class__ = Module
"""
        + WRONG,
    ),
    Attack(
        name="two_functions_of_one_name",
        category="two_definitions",
        allowed=FAILS,
        source=RIGHT + WRONG,
    ),
    Attack(
        name="markdown_fence_inside_a_string",
        category="two_definitions",
        allowed=FAILS | UNREADABLE,
        source="x = '''\n```python\n" + RIGHT + "```\n'''\n" + WRONG,
    ),
    Attack(
        name="replaces_itself_after_the_first_call",
        category="two_definitions",
        allowed=FAILS,
        source=r"""
def add(a, b):
    global add
    add = lambda *x: 0
    return a - b - 1
""",
    ),
    Attack(
        name="closes_the_harness_with_quotes",
        category="template_injection",
        # A runner that pastes the source into a template runs what follows the quotes.
        allowed=UNREADABLE | FAILS_OR_DIES,
        source="\"\"\"'''\nimport os\nos._exit(0)\n'''\"\"\"\n" + WRONG,
    ),
    Attack(
        name="end_of_a_here_document",
        category="template_injection",
        allowed=UNREADABLE | FAILS_OR_DIES,
        source=WRONG + "\nEOF\ntouch {CANARY_DIR}/heredoc_{MARKER}\nexit 0\n",
    ),
    Attack(
        name="braces_percent_and_dollar",
        category="template_injection",
        allowed=PASSES,
        source="x = '{0.__class__} {x!r} %(a)s %s %% $HOME ${x} `id` $(id) {{}}'\n" + RIGHT,
    ),
)
