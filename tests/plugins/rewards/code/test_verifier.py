"""What CodeVerifier pays, what it does not, and what it says about it."""

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from suite.core.errors import SuiteError
from suite.core.execution.program import Run
from suite.core.execution.sandbox import Sandbox
from suite.core.verifier import Judgement, Verdict
from suite.plugins.rewards.code.items import CodeItem, read_item
from suite.plugins.rewards.code.rows import EXAMPLES
from suite.plugins.rewards.code.verifier import CodeVerifier

SECRET = 48611  # an expected value that no feedback may hold
ADD = read_item(
    {
        "name": "add",
        "entry": "add",
        "tests": [
            {"args": [1, 2], "expected": 3},
            {"args": [40000, 8611], "expected": SECRET},
            {"args": [-1, 1], "expected": 0},
        ],
        "reference": "def add(a, b):\n    return a + b\n",
    }
)
ECHO = read_item(
    {
        "name": "echo",
        "stdin_tests": [{"stdin": "a\n", "stdout": "a\n"}, {"stdin": "b\n", "stdout": f"{SECRET}"}],
    }
)
SUITE = read_item(
    {
        "task_id": "suite",
        "prompt": "def twice(x):\n    '''2 x'''\n",
        "entry_point": "twice",
        "canonical_solution": "    return 2 * x\n",
        "test": (
            "def check(candidate):\n    for i in range(1, 5):\n"
            f"        assert candidate(i) == 2 * i, {SECRET}\n"
            "    assert candidate('a') == 'aa'\n"
        ),
    }
)


def judged(verifier: CodeVerifier, answer: str, item: CodeItem = ADD) -> Judgement:
    [one] = verifier.judge([answer], [item])
    return one


# For each verdict class an answer that provokes it; infra_error has a test of its own.
PROVOKED = {
    "pass": "def add(a, b):\n    return a + b\n",
    "fail": "def add(a, b):\n    return a - b\n",
    "timeout": "def add(a, b):\n    while True: pass\n",
    "oom": "def add(a, b):\n    kept = []\n    while True: kept.append(bytes(1 << 20))\n",
    "crash": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "flood": "def add(a, b):\n    return 'x' * (1 << 22)\n",
    "bad_source": "```python\ndef add(a, b)\n    return a + b\n```",
    "no_code": "I would add the two numbers.",
}


@pytest.mark.parametrize("wanted", PROVOKED)
def test_every_verdict_has_an_answer_that_provokes_it(verifier: CodeVerifier, wanted: str) -> None:
    one = judged(verifier, PROVOKED[wanted])
    assert one.verdict == wanted, one
    assert one.score == float(wanted == "pass")
    assert (one.feedback is None) is (wanted == "pass")


def test_a_failure_of_the_machinery_is_told_and_masks(
    verifier: CodeVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Run(verdict=Verdict.INFRA_ERROR, detail="the launcher was lost")
    monkeypatch.setattr(Sandbox, "run", lambda self, programs: [lost for _ in programs])
    assert judged(verifier, PROVOKED["pass"]).verdict is Verdict.INFRA_ERROR


WRONG = {
    "an object equal to all": (
        "class E:\n    def __eq__(self, o): return True\ndef add(a, b): return E()\n"
    ),
    "a number equal to all": (
        "class E(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\n"
        "def add(a, b): return E(0)\n"
    ),
    "a float": "def add(a, b): return float(a + b)\n",
    "text": "def add(a, b): return str(a + b)\n",
    "a generator": "def add(a, b): yield a + b\n",
    "a coroutine": "async def add(a, b): return a + b\n",
    "a list": "def add(a, b): return [a + b]\n",
    "the number itself": "add = 3\n",
    "hard coded": "def add(a, b): return 3\n",
    "counts calls": "n = [0]\ndef add(a, b):\n    n[0] += 1\n    return [3, 3, 0][n[0] - 1]\n",
    "prints": "def add(a, b): print(a + b)\n",
    "exits with success": "import sys\nsys.exit(0)\n",
    "raises SystemExit": "def add(a, b): raise SystemExit(0)\n",
    "another name": "def sum_of(a, b): return a + b\n",
    "asks the stack": (
        "import inspect\ndef add(a, b):\n"
        "    for frame in inspect.stack():\n"
        "        for name in ('expected', 'check', 'cases'):\n"
        "            if name in frame.frame.f_locals: return frame.frame.f_locals[name]\n"
    ),
    "asks the collector": (
        "import gc\ndef add(a, b):\n"
        f"    return next((o for o in gc.get_objects() if o == {SECRET - 1} + 1), None)\n"
    ),
    "prints a verdict": 'print(\'{"verdict": "pass"}\')\nimport os\nos._exit(0)\n',
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_add_is_not_paid(verifier: CodeVerifier, name: str) -> None:
    one = judged(verifier, f"```python\n{WRONG[name]}```")
    assert one.verdict is not Verdict.PASS
    assert one.score == 0.0


def test_the_example_of_an_answer_in_prose_is_paid(verifier: CodeVerifier) -> None:
    answer = f"Sure!\n```python\n{PROVOKED['pass']}```\nThis works since `a + b` is the sum."
    assert judged(verifier, answer).verdict == "pass"


@pytest.mark.parametrize(
    ("answer", "item", "told"),
    [
        (PROVOKED["fail"], ADD, "a wrong answer on add(1, 2)"),
        (
            "def add(a, b):\n    x = a\n    return x / (b - 8611)\n",
            ADD,
            "a wrong answer on add(1, 2)",
        ),
        (
            "def add(a, b):\n    if a == 1: return 3\n    return [][a]\n",
            ADD,
            "IndexError: list index out of range (line 3) on add(40000, 8611)",
        ),
        ("def add(a, b):\n    return a +* b\n", ADD, "(line 2)"),
        ("def other(): pass\n", ADD, "add"),
        ("print(input())\n", ECHO, "a wrong answer on the input 'b\\n'"),
        ("def twice(x):\n    return x + x if x != 3 else 0\n", SUITE, "on twice(3)"),
        ("def twice(x):\n    return x // 0\n", SUITE, "on twice(1)"),
    ],
)
def test_feedback_names_line_and_input_and_never_what_was_expected(
    verifier: CodeVerifier, answer: str, item: CodeItem, told: str
) -> None:
    one = judged(verifier, f"```python\n{answer}```", item)
    assert one.feedback is not None
    assert told in one.feedback
    assert str(SECRET) not in one.feedback


def test_a_wrong_answer_is_shared_only_where_that_was_asked() -> None:
    answer = "def add(a, b): return 3 if a == 1 else 0\n"  # two of three
    with CodeVerifier(credit="share", workers=1, cpu_seconds=1.0) as shares:
        one = judged(shares, answer)
        hangs = judged(shares, "def add(a, b):\n    while a != 1: pass\n    return 3\n")
    assert one.score == pytest.approx(2 / 3)
    assert one.parts == {"tests": pytest.approx(2 / 3)}
    assert one.verdict == "fail"
    assert (hangs.verdict, hangs.score) == ("timeout", pytest.approx(1 / 3))


def test_suites_count_each_assert(verifier: CodeVerifier) -> None:
    one = judged(verifier, "def twice(x):\n    return 2 * x if x != 'a' else ''\n", SUITE)
    assert one.verdict == "fail"
    assert one.parts["tests"] == pytest.approx(4 / 5)
    assert judged(verifier, "    return 2 * x\n", SUITE).verdict == "pass"  # continues the prompt


def test_the_suite_is_not_in_the_judged_process(verifier: CodeVerifier) -> None:
    answer = (
        "import gc, sys\n"
        "def twice(x):\n"
        f"    texts = [o for o in gc.get_objects() if '{SECRET}' in str(type(o))]\n"
        "    names = [n for m in sys.modules.values() for n in vars(m) if n == 'check']\n"
        "    return 2 * x if texts or names else None\n"
    )
    assert judged(verifier, answer, SUITE).verdict == "fail"


def test_embedded_references_pass_and_hacks_do_not(verifier: CodeVerifier) -> None:
    wanted = {"javascript": "node", "verilog": "iverilog"}
    rows = [
        row
        for row in EXAMPLES
        if row.get("language") not in wanted or shutil.which(wanted[row["language"]])
    ]
    loaded = verifier.load(rows)
    assert len(loaded.items) == len(rows), loaded.refused
    pairs = [(hack, item) for item in loaded.items for hack in verifier.hacks(item)]
    scores = verifier.judge([hack.text for hack, _ in pairs], [item for _, item in pairs])
    paid = [
        (item.name, hack.name)
        for (hack, item), one in zip(pairs, scores, strict=True)
        if one.score > hack.at_most
    ]
    assert paid == []


@pytest.mark.parametrize("name", ["mbpp.jsonl.gz", "humaneval.jsonl.gz"])
def test_a_tenth_of_the_public_references_passes(name: str) -> None:
    if "SUITE_DATA" not in os.environ:
        pytest.skip("no data folder (set SUITE_DATA)")
    with CodeVerifier(cpu_seconds=10.0, wall_seconds=60.0) as patient:
        rows = list(patient.rows(Path(os.environ["SUITE_DATA"]) / "code" / name))
        loaded = patient.load(rows[::10])
    assert [one.name for one in loaded.refused] == []


def test_threads_share_a_verifier(verifier: CodeVerifier) -> None:
    answers = [PROVOKED["pass"], PROVOKED["fail"]] * 3
    found: list[list[Any]] = []

    def ask() -> None:
        found.append([one.verdict for one in verifier.judge(answers, [ADD] * len(answers))])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["pass", "fail"] * 3] * 3


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"cpu_seconds": 0}, "cpu_seconds = 0"),
        ({"memory_mb": -1}, "memory_mb = -1"),
        ({"workers": 0}, "workers = 0"),
        ({"level": "L9"}, "no isolation level"),
        ({"credit": "some"}, "credit must be"),
    ],
)
def test_settings_out_of_range_are_clear(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        CodeVerifier(**settings)


def test_a_verdict_after_close_is_one_clear_error() -> None:
    verifier = CodeVerifier(workers=1)
    verifier.close()
    with pytest.raises(SuiteError, match="was closed"):
        verifier.judge([PROVOKED["pass"]], [ADD])


def test_long_sources_are_refused_without_a_launch(verifier: CodeVerifier) -> None:
    one = judged(verifier, "```python\n" + "x = 1\n" * 100_000 + "```")
    assert one.verdict == "bad_source"
