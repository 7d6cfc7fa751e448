"""Verdicts cannot be forged, and a suite sees the candidate through typed values alone."""

import textwrap

import pytest

from suite.core.execution.program import Program
from suite.core.execution.sandbox import Sandbox
from suite.tests.core.execution.programs import called, one

# --- forgery --------------------------------------------------------------------------------------


FORGED = {
    "an answer before the question": """
        import os, json, struct
        body = json.dumps({"k": "value", "v": ["int", "3"], "i": 0, "n": "0" * 16}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "infra_error": """
        import os, json, struct
        body = json.dumps({"k": "infra", "m": "mask me"}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        os._exit(70)
    """,
    "ready again": """
        import os, json, struct
        body = json.dumps({"k": "ready"}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "a frame without end": """
        import os
        os.write(3, b"\\xff\\xff\\xff\\xff")
        def f(a): return a
    """,
    "deep json": """
        import os, struct
        body = b"[" * 60000
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "a million digits": """
        import os, struct
        body = b'{"k": "value", "v": ' + b"9" * 60000 + b"}"
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "an object as a value": """
        import os
        def f(a):
            import sys
            frame = sys._getframe()
            while "channel" not in frame.f_locals: frame = frame.f_back
            asked = frame.f_locals["asked"]
            message = {"k": "value", "v": {"a": 1}, "i": asked["i"], "n": asked["n"]}
            frame.f_locals["channel"].send(message)
            os._exit(0)
    """,
    "a closed channel": """
        import os
        def f(a):
            os.close(3)
            return a
    """,
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_message_ends_the_program(strong: Sandbox, forgery: str) -> None:
    run = one(strong, called(FORGED[forgery], 1))
    assert (run.verdict, run.results) == ("crash", ()), run


def test_an_answer_to_one_call_is_not_an_answer_to_the_next(strong: Sandbox) -> None:
    source = """
        import sys, time
        def f(a):
            frame = sys._getframe()
            while "channel" not in frame.f_locals: frame = frame.f_back
            asked = frame.f_locals["asked"]
            for i in range(3):
                message = {"k": "value", "v": ["int", "9"], "i": i, "n": asked["n"]}
                frame.f_locals["channel"].send(message)
            time.sleep(1)
    """
    program = Program(
        source=textwrap.dedent(source), entry="f", calls=tuple(((i,), {}) for i in range(3))
    )
    run = one(strong, program)
    assert run.verdict == "crash"
    assert [result.value for result in run.results] in ([], [9])


def test_an_endless_stream_of_messages_is_neither_read_nor_kept(strong: Sandbox) -> None:
    source = "import os\ndef f():\n while True: os.write(3, b'\\0' * 65536)\n"
    assert one(strong, called(source)).verdict == "crash"


def test_always_equal_objects_are_errors_not_values(strong: Sandbox) -> None:
    source = """
        class Liar(int):
            def __eq__(self, other): return True
            __hash__ = int.__hash__
        def f(): return Liar(3)
    """
    error = one(strong, called(source)).results[0].error
    assert error is not None
    assert (error.kind, error.message) == ("ResultError", "it returned a value of type Liar")


def test_an_error_whose_text_is_hostile_is_still_told(strong: Sandbox) -> None:
    source = """
        class E(Exception):
            def __str__(self): raise SystemExit(0)
        def f(): raise E
    """
    error = one(strong, called(source)).results[0].error
    assert error is not None
    assert error.kind == "E"


# --- suites and stubs -----------------------------------------------------------------------------


def test_a_suite_calls_the_candidate_in_another_process(strong: Sandbox) -> None:
    suite = Program(
        source="def check(n):\n    return [candidate(i) == i * i for i in range(n)]\n",
        entry="check",
        calls=(((4,), {}),),
        stub="candidate",
    )
    good = Program(source="def square(x):\n    return x * x\n", entry="square")
    spy = Program(
        source="import gc\ndef square(x):\n"
        "    return [t for t in map(repr, gc.get_objects()) if 'kcehc fed'[::-1] in t] or x * x\n",
        entry="square",
    )
    stuck = Program(source="def square(x):\n    while True: pass\n", entry="square")
    raising = Program(source="def square(x):\n    raise KeyError(x)\n", entry="square")
    runs = strong.run_suites([(suite, one) for one in (good, spy, stuck, raising)])
    assert [run.verdict for run in runs] == ["pass", "pass", "timeout", "pass"]
    assert [run.results[0].value for run in runs[:2]] == [[True] * 4] * 2
    error = runs[3].results[0].error
    assert error is not None
    assert error.kind == "KeyError"
