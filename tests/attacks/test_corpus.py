"""The corpus is what it says: enough programs, every category, names and placeholders valid."""

import ast
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from suite.tests.attacks.attack import PLACEHOLDERS, VERDICTS, Attack, filled, placeholders
from suite.tests.attacks.corpus import (
    CORPUS,
    FURTHER_CATEGORIES,
    KNOWN_CATEGORIES,
    MODULES,
    by_category,
)
from suite.tests.attacks.mutations import is_pure, is_wrong, mutants
from suite.tests.attacks.tasks import REFERENCES, TASKS

PYTHON = [attack for attack in CORPUS if attack.language == "python"]
VALUES = {
    "CANARY_DIR": "/nowhere/canary",
    "CANARY_PORT": "9",
    "SECRET_NAME": "ABSENT",
    "SECRET_ADDRESS": "4096",
    "SECRET_DIGEST": "0" * 64,
    "PARENT_PID": "999999999",
    "MARKER": "mk0123456789",
}


def test_there_are_enough_programs_and_two_in_every_category() -> None:
    assert len(CORPUS) >= 160
    assert sum(attack.language == "javascript" for attack in CORPUS) >= 10
    counts = by_category()
    missing = [name for name in (*KNOWN_CATEGORIES, *FURTHER_CATEGORIES) if name not in counts]
    assert missing == []
    assert {name: count for name, count in counts.items() if count < 2} == {}


def test_every_module_of_programs_is_in_the_corpus() -> None:
    files = {path.stem for path in (Path(__file__).parent / "programs").glob("*.py")}
    assert files == {module.__name__.rsplit(".", 1)[1] for module in MODULES}


def test_names_and_programs_are_unique() -> None:
    assert len({attack.name for attack in CORPUS}) == len(CORPUS)
    assert len({(attack.source, attack.language) for attack in CORPUS}) == len(CORPUS)


def test_placeholders_are_known_and_each_is_used() -> None:
    used = [placeholders(attack.source) for attack in CORPUS]
    assert frozenset().union(*used) == PLACEHOLDERS == set(VALUES)


def test_filling_leaves_other_braces_alone() -> None:
    assert filled("f'{x} {MARKER}_{n}' {A}", {"MARKER": "mk"}) == "f'{x} mk_{n}' {A}"
    with pytest.raises(KeyError, match="MARKERS"):
        filled("{MARKERS}", {"MARKER": "mk"})


@pytest.mark.parametrize("attack", CORPUS, ids=lambda attack: attack.name)
def test_allowed_verdicts_are_sane(attack: Attack) -> None:
    assert attack.allowed, "no verdict is right"
    assert attack.allowed <= VERDICTS
    assert "infra_error" not in attack.allowed, "a program must not be able to have itself masked"
    assert attack.task in TASKS
    if attack.category in {"correct", "honest_files"}:
        assert attack.allowed == {"pass"}
    if attack.category in {"empty", "wrong", "hard_coded", "always_equal", "frame_read", "nan"}:
        assert "pass" not in attack.allowed


@pytest.mark.parametrize("attack", PYTHON, ids=lambda attack: attack.name)
def test_python_programs_parse_unless_bad_source_is_right(attack: Attack) -> None:
    """A slip of the pen would make an attack harmless: it would be refused and look defended."""
    if "bad_source" in attack.allowed or len(attack.source) > 10**6:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(filled(attack.source, VALUES))
    if "no_code" not in attack.allowed:
        assert TASKS[attack.task].function in {_name(node) for node in ast.walk(tree)}


def _name(node: ast.AST) -> str | None:
    """The name that a node defines; identifiers are normalised by the parser."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    return node.id if isinstance(node, ast.Name) else None


@pytest.mark.parametrize(
    "attack",
    [attack for attack in PYTHON if attack.allowed == {"bad_source"}],
    ids=lambda attack: attack.name,
)
def test_unreadable_programs_are_unreadable(attack: Attack) -> None:
    with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)):
        compile(attack.source.encode("utf-8"), "program", "exec")


def test_javascript_programs_parse_unless_bad_source_is_right(tmp_path: Path) -> None:
    """All in one run of node: a program that does not parse is named."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node")
    programs = [a for a in CORPUS if a.language == "javascript" and "bad_source" not in a.allowed]
    for attack in programs:
        (tmp_path / attack.name).write_text(filled(attack.source, VALUES))
    check = (
        "const fs = require('fs'), vm = require('vm');"
        "for (const name of fs.readdirSync('.')) try {"
        " new vm.Script(fs.readFileSync(name, 'utf8')) } catch (e) { console.log(name, e) }"
    )
    done = subprocess.run(
        [node, "-e", check], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


# --- tasks and mutations -------------------------------------------------------------------------


def test_hidden_tests_are_not_the_visible_ones() -> None:
    for task in TASKS.values():
        assert not {repr(a) for a, _ in task.hidden} & {repr(a) for a, _ in task.visible}
    assert len(TASKS["add"].hidden) == 5


def test_the_tasks_sums_are_what_they_should_be() -> None:
    assert [wanted for _, wanted in TASKS["add"].hidden] == [120003, 0, 1, 40002, -42042]
    assert [wanted for _, wanted in TASKS["is_leap"].hidden] == [False, True, False, True, False]
    assert TASKS["split_at"].hidden[0] == (([4, 9, 1], 4), [[1], [4, 9]])


def test_five_hundred_mutants_are_different_wrong_and_pure() -> None:
    found = mutants(count=500, seed=0)
    assert len({attack.source for attack in found}) == 500
    assert {attack.task for attack in found} == {task.__name__ for task in REFERENCES}
    assert all(is_pure(ast.parse(attack.source)) for attack in found)
    assert all(is_wrong(attack.source, TASKS[attack.task]) for attack in found)
    assert all("pass" not in attack.allowed for attack in found)


def test_mutants_follow_from_the_seed() -> None:
    assert mutants(count=40, seed=3) == mutants(count=40, seed=3)
    assert mutants(count=40, seed=3) != mutants(count=40, seed=4)


def test_a_right_program_is_not_taken_for_wrong() -> None:
    assert not is_wrong("def add(a, b):\n    return b + a\n", TASKS["add"])
    assert is_wrong("def add(a, b):\n    return float(a + b)\n", TASKS["add"])
    leap = "def is_leap(y):\n    return abs((y % 4 == 0 and y % 100 != 0) or y % 400 == 0)\n"
    assert is_wrong(leap, TASKS["is_leap"]), "1 for True"


@pytest.mark.parametrize(
    "source",
    [
        "import os\n",
        "def add(a, b):\n    return __import__('os')\n",
        "def add(a, b):\n    while a:\n        pass\n",
        "def add(a, b):\n    return a.__class__\n",
        "def total(values):\n    for v in values:\n        values.append(v)\n",
    ],
)
def test_what_leaves_the_small_language_is_not_run(source: str) -> None:
    with pytest.raises(ValueError, match="only pure programs"):
        is_wrong(source, TASKS["add"])
