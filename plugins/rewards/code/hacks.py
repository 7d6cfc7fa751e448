"""Answers that must not be paid, or no more than their share of the tests."""

from collections.abc import Sequence
from typing import Any

from suite.core.verifier import Hack
from suite.plugins.rewards.code.cases import Expected
from suite.plugins.rewards.code.items import CodeItem

CONSTANTS: tuple[Any, ...] = (None, True, False, 0, 1, "", [])
EVERYWHERE = {"empty": "", "prose": "I would loop over the input and return the answer."}
PYTHON = {
    "leaves": "import sys\nsys.exit(0)\n",
    "leaves at once": "import os\nos._exit(0)\n",
    "says it passed": "print('passed')\nprint('1')\n",
    "raises a passing error": "raise SystemExit(0)\n",
}
EQUAL_TO_ALL = """class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __len__(self): return 1
    def __iter__(self): return iter(())

def {entry}(*args, **kwargs):
    return Same()
"""
NUMBERS_TO_ALL = """class Same(int):
    def __eq__(self, other): return True
    def __hash__(self): return 0

def {entry}(*args, **kwargs):
    return Same()
"""
LEAVES_IN_CALL = "def {entry}(*args, **kwargs):\n    import os\n    os._exit(0)\n"
CONSTANT = "def {entry}(*args, **kwargs):\n    return {value}\n"
JAVASCRIPT = {
    "leaves": "process.exit(0);\n",
    "equal to all": "function {entry}() {{ return {{ valueOf() {{ return 1; }} }}; }}\n",
}
VERILOG = {"leaves": "module main;\n  initial $finish;\nendmodule\n"}


def hacks_of(item: CodeItem, *, share: bool) -> Sequence[Hack]:
    """Hacks of one item; ``share``: whether a part of the tests earns a part of the score."""
    found = [Hack(name=name, text=text) for name, text in EVERYWHERE.items()]
    if item.language == "python":
        found += [_fenced(name, text, "python") for name, text in PYTHON.items()]
    if item.language == "verilog":
        found += [_fenced(name, text, "verilog") for name, text in VERILOG.items()]
    if item.entry is None:
        return found
    if item.language == "javascript":
        texts = {name: text.format(entry=item.entry) for name, text in JAVASCRIPT.items()}
        return [*found, *(_fenced(name, text, "javascript") for name, text in texts.items())]
    shown = {"equal to all": EQUAL_TO_ALL, "a number equal to all": NUMBERS_TO_ALL}
    shown["leaves in the call"] = LEAVES_IN_CALL
    found += [_fenced(name, text.format(entry=item.entry)) for name, text in shown.items()]
    return [*found, *_constants(item, share=share)]


def _fenced(name: str, text: str, tag: str = "python", at_most: float = 0.0) -> Hack:
    return Hack(name=name, text=f"```{tag}\n{text}```\n", at_most=at_most)


def _constants(item: CodeItem, *, share: bool) -> list[Hack]:
    """Functions that always return the same; one that is right for every test is no hack."""
    if item.suite is not None:
        return []  # what its asserts make of a constant is known to its own process alone
    checks = [case.check for case in item.cases]
    first = [check.value for check in checks[:1] if isinstance(check, Expected)]
    found = []
    for value in _distinct([*CONSTANTS, *first]):
        held = sum(check.holds(value) for check in checks) / len(checks)
        if held < 1.0:
            text = CONSTANT.format(entry=item.entry, value=repr(value))
            found.append(_fenced("constant", text, at_most=held if share else 0.0))
    return found


def _distinct(values: Sequence[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())
