"""Commands that only look: each says what its help promises."""

import re
from collections.abc import Callable

import pytest
from click.testing import Result

from suite.core import registry

Suite = Callable[..., Result]


def test_list_names_every_entry(suite: Suite) -> None:
    everything = suite("list").output
    for entry in registry.entries():
        assert re.search(rf"^  {re.escape(entry.name)} ", everything, re.M), entry.name
    assert suite("list", "tasks").output == suite("list", "task").output


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda e: f"{e.kind}-{e.name}")
def test_show_describes_every_entry(suite: Suite, entry: registry.Entry) -> None:
    result = suite("show", entry.name)
    assert result.exit_code == 0, result.output
    assert f"{entry.kind} {entry.name}\n  {entry.help}" in result.output


def test_show_marks_what_a_preset_sets(suite: Suite) -> None:
    text = suite("show", "rloo").output
    assert "source: " in text
    assert re.search(r"^   \*advantage = leave_one_out ", text, re.M)
    assert re.search(r"^    beta = ", text, re.M)


def test_matrix_says_what_is_missing(suite: Suite) -> None:
    head, *lines = suite("matrix").output.splitlines()
    column = head.split().index("micro/token")
    cells = {line.split()[0]: re.split(r"  +", line.strip()) for line in lines}
    assert cells["rloo"][column] == "yes"
    assert cells["drakes"][column] == "no pathwise"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        (("plugins", "list"), "suite.plugins.samplers.best_of_n.plugin"),
        (("claim", "list"), "raft-sft"),
        (("claim", "show", "raft-sft"), "docs/papers.md"),
        (("doctor",), "torch"),
        (("--version",), "0.1.0"),
        (("--help",), "resume"),
        (("run", "--help"), "--reward-cmd"),
    ],
    ids=str,
)
def test_it_prints(suite: Suite, command: tuple[str, ...], wanted: str) -> None:
    result = suite(*command)
    assert result.exit_code == 0, result.output
    assert wanted in result.output


def test_cache_lists_and_clears(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    from suite.core import cache

    monkeypatch.setenv("SUITE_CACHE", str(tmp_path))
    cache.store("abc", {}, {"task": "some/task", "seconds": 1.5})
    listed = suite("cache", "list").output
    assert "abc  " in listed
    assert "some/task  trained in 1.5 s" in listed
    assert suite("cache", "clear").output == "removed 1 entries\n"
    assert suite("cache", "list").output == f"{tmp_path}\n"


def test_plugins_new_says_what_to_do_next(suite: Suite) -> None:
    result = suite("plugins", "new", "my-domain")
    assert result.exit_code == 0, result.output
    assert "suite run --domain my-domain" in result.output


def test_audit_passes_and_fails_with_its_exit_code(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suite.core import audit

    good = suite("audit", "micro/unmasking")
    assert good.exit_code == 0, good.output
    assert all(line.startswith("ok ") for line in good.output.splitlines())
    monkeypatch.setattr(audit, "TOLERANCE", -1.0)
    bad = suite("audit", "micro/unmasking")
    assert bad.exit_code == 1
    assert "FAIL  known reward of 'AAAA'" in bad.output
