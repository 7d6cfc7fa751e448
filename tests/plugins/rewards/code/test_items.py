"""Rows of three formats become items, or are refused by name."""

from pathlib import Path
from typing import Any

import pytest

from suite.core.errors import SuiteError
from suite.core.execution import languages
from suite.plugins.rewards.code.items import RowError, read_item
from suite.plugins.rewards.code.verifier import CodeVerifier

OWN: dict[str, Any] = {
    "name": "add",
    "entry": "add",
    "tests": [{"args": [1, 2], "expected": 3}],
    "reference": "def add(a, b):\n    return a + b\n",
}
MBPP: dict[str, Any] = {
    "task_id": 7,
    "text": "Add.",
    "code": "def add(a, b):\r\n    return a + b",
    "test_list": ["assert add(1, 2) == 3"],
    "test_setup_code": "",
    "challenge_test_list": ["assert add(0, 0) == 0"],
}
HUMANEVAL: dict[str, Any] = {
    "task_id": "HumanEval/x",
    "prompt": "from typing import List\n\ndef add(a, b):\n    '''sum'''\n",
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}


def test_the_three_formats_are_known_by_their_keys() -> None:
    own, mbpp, human = read_item(OWN), read_item(MBPP), read_item(HUMANEVAL)
    assert own.name == "add"
    assert mbpp.name == "MBPP/7"
    assert len(mbpp.cases) == 2
    assert mbpp.reference == "def add(a, b):\n    return a + b"
    assert human.opening == "from typing import List\n\n"
    assert human.reference is not None
    assert human.reference.endswith("return a + b\n")


def test_what_json_lacks_is_written_with_tags() -> None:
    args = [{"$tuple": [1, {"$set": [2]}]}, {"$dict": [[1, "a"]]}, {"$float": "nan"}]
    item = read_item({**OWN, "tests": [{"args": args, "expected": {"$bytes": "00ff"}}]})
    [case] = item.cases
    assert case.call.args[:2] == ((1, {2}), {1: "a"})
    assert case.call.args[2] != case.call.args[2]
    assert case.check.holds(b"\x00\xff")


BAD = [
    ({**OWN, "tests": []}, "no_tests", "no tests"),
    ({**OWN, "testz": []}, "bad_row", "unknown key 'testz'"),
    ({**OWN, "tests": [{"args": [1]}]}, "bad_tests", "'args' and 'expected'"),
    ({**OWN, "tests": [{"args": 1, "expected": 1}]}, "bad_tests", "must be a list"),
    ({**OWN, "tests": [{"args": [{"$float": "x"}], "expected": 1}]}, "bad_tests", "cannot be read"),
    ({**OWN, "tests": "x"}, "bad_row", "must be a list"),
    ({**OWN, "entry": 3}, "bad_row", "must be text"),
    ({**OWN, "compare": "loosely"}, "bad_row", "'compare'"),
    ({**OWN, "stdin_tests": [{"stdin": "", "stdout": ""}]}, "bad_row", "not both"),
    ({"name": "s", "stdin_tests": [{"stdin": "1"}]}, "bad_tests", "'stdin' and 'stdout'"),
    ({**OWN, "language": "cobol"}, "bad_row", "cobol"),
    ({**OWN, "language": "verilog"}, "bad_row", "no functions"),
    ({"name": "x"}, "no_tests", "no tests"),
    ({**MBPP, "test_list": []} | {"challenge_test_list": []}, "no_tests", "no tests"),
    ({**MBPP, "test_list": ["assert add(1, 2) =="]}, "bad_tests", "not Python"),
    ({**MBPP, "test_list": [3]}, "bad_tests", "text of an assert"),
    ({key: MBPP[key] for key in MBPP if key != "code"}, "bad_row", "lacks the key 'code'"),
    ({**HUMANEVAL, "entry_point": "other"}, "bad_row", "does not define 'other'"),
    ({**HUMANEVAL, "test": "assert True"}, "bad_tests", "not one"),
]


@pytest.mark.parametrize(("row", "status", "why"), BAD)
def test_rows_that_are_none_are_refused_with_a_reason(
    row: dict[str, Any], status: str, why: str
) -> None:
    with pytest.raises(RowError, match=why) as raised:
        read_item(row)
    assert raised.value.status == status


def test_load_counts_refusals_and_a_wrong_reference(verifier: CodeVerifier) -> None:
    wrong = {**OWN, "name": "wrong", "reference": "def add(a, b):\n    return a - b\n"}
    hangs = {**OWN, "name": "hangs", "reference": "def add(a, b):\n    while True: pass\n"}
    bare = {key: OWN[key] for key in OWN if key != "reference"}
    loaded = verifier.load([OWN, wrong, {"name": "x"}, hangs, bare])
    assert [item.name for item in loaded.items] == ["add", "add"]
    found = {one.name: (one.status, one.reason) for one in loaded.refused}
    assert found["x"][0] == "no_tests"
    assert found["wrong"] == ("gold_error", "its reference: fail, a wrong answer on add(1, 2)")
    assert found["hangs"][0] == "gold_error"
    assert "timeout" in found["hangs"][1]


@pytest.mark.parametrize(("language", "program"), [("javascript", "node"), ("verilog", "iverilog")])
def test_a_missing_program_is_a_named_refusal(
    language: str, program: str, verifier: CodeVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "programs", dict)
    row = {"name": "v", "language": language, "stdin_tests": [{"stdin": "", "stdout": ""}]}
    [refusal] = verifier.load([row]).refused
    assert refusal.status == "missing_program"
    assert f"v is in {language} and needs {program}" in refusal.reason
    assert "apt-get install" in refusal.reason


def test_a_file_that_is_none_is_one_clear_error(verifier: CodeVerifier, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"{")
    with pytest.raises(SuiteError, match="line 1, is not JSON"):
        list(verifier.rows(path))
