"""A paper's status follows from manifests, claims and mapping pages, and from nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from suite.core import papers as papers_module
from suite.core import registry
from suite.core.catalog import Entry
from suite.core.claim_arms import load_claim
from suite.core.claim_result import claim_result
from suite.core.errors import DISTRIBUTION, SuiteError
from suite.core.papers import Covered, Paper, coverage, papers_page, read_papers

THREE = [Paper(id=i, name=f"P{i}", title=f"Paper {i}", kind="algorithm") for i in (1, 2, 3)]


def entry(kind: str, name: str, paper: int | None, distribution: str = DISTRIBUTION) -> Entry:
    return Entry(
        kind=kind, name=name, help="", paper=paper, module="m", manifest=Path("m.toml"),
        distribution=distribution,
    )  # fmt: skip


def with_entries(monkeypatch: pytest.MonkeyPatch, *found: Entry) -> None:
    monkeypatch.setattr(registry, "entries", lambda kind=None: list(found))


def statuses(covered: list[Covered]) -> list[str]:
    return [one.status for one in covered]


def test_nothing_is_covered_without_a_manifest_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_entries(monkeypatch, entry("algorithm", "plain", None))
    assert statuses(coverage(THREE, [], tmp_path)) == ["not covered yet"] * 3


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("algorithm", "method"),
        ("sampler", "method"),
        ("reward", "reward or environment"),
        ("environment", "reward or environment"),
        ("claim", "study"),
    ],
)
def test_the_kind_of_an_entry_is_the_status_of_its_paper(
    kind: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_entries(monkeypatch, entry(kind, "thing", 2))
    found = coverage(THREE, [], tmp_path)
    assert statuses(found) == ["not covered yet", status, "not covered yet"]


def test_a_method_counts_more_than_its_claim_and_both_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = claim_result(replace(load_claim("raft-sft"), paper=2), tmp_path)
    with_entries(monkeypatch, entry("claim", "raft-sft", 2), entry("algorithm", "raft", 2))
    found = coverage(THREE, [result], tmp_path)[1]
    assert found.status == "method"
    assert found.provided == ("algorithm `raft`",)
    assert found.claims == ("raft-sft: not measured",)


def test_a_strangers_plugin_covers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_entries(monkeypatch, entry("algorithm", "theirs", 2, "someone-else"))
    assert statuses(coverage(THREE, [], tmp_path)) == ["not covered yet"] * 3


def test_a_survey_counts_when_its_mapping_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_entries(monkeypatch)
    (tmp_path / papers_module.MAPPINGS).mkdir()
    (tmp_path / papers_module.MAPPINGS / "3.md").write_text("# Mapping\n")
    found = coverage(THREE, [], tmp_path)
    assert statuses(found) == ["not covered yet", "not covered yet", "survey mapping"]


def test_a_number_that_no_paper_has_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_entries(monkeypatch, entry("algorithm", "odd", 286))
    with pytest.raises(SuiteError, match="name papers 286, which are not among the 3"):
        coverage(THREE, [], tmp_path)


def test_a_preset_may_name_its_paper_itself() -> None:
    """A preset's own number counts where its manifest entry has none, and they never disagree."""
    presets = [e for e in registry.entries("algorithm") if e.built_in and e.preset is not None]
    assert presets
    for one in presets:
        assert one.paper in (None, papers_module.paper_of(one))


def test_the_page_counts_every_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_entries(monkeypatch, entry("algorithm", "one", 1), entry("reward", "two", 2))
    page = papers_page(coverage(THREE, [], tmp_path))
    assert "| method | 1 |" in page
    assert "| reward or environment | 1 |" in page
    assert "| not covered yet | 1 |" in page
    assert "| 1 | P1: Paper 1 | algorithm | method | algorithm `one` |  |" in page


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: "),
        ('{"id": 2}', "line 2: 'name'"),
        (json.dumps({"id": 7, "name": "", "title": "", "kind": ""}), "line 2 has the id 7"),
    ],
)
def test_a_broken_row_is_named_by_its_line(line: str, said: str, tmp_path: Path) -> None:
    first = json.dumps({"id": 1, "name": "a", "title": "b", "kind": "c"})
    (tmp_path / "papers.jsonl").write_text(f"{first}\n{line}\n")
    with pytest.raises(SuiteError) as caught:
        read_papers(tmp_path / "papers.jsonl")
    assert said in str(caught.value)


def test_all_285_papers_are_there(repository: Path) -> None:
    found = read_papers(repository / "docs" / "papers" / "papers.jsonl")
    assert [paper.id for paper in found] == list(range(1, 286))
    assert found[15].name == "DRAKES"
    assert found[251].name == "RAFT"
