"""Which of the 285 papers of docs/papers/papers.jsonl the suite covers, and how it knows.

A status is never written by hand: it follows from what a built-in manifest provides under the
paper's number, from a claim that is measured for it, or from a mapping page for a survey.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suite.core import registry
from suite.core.catalog import Entry
from suite.core.claim_result import Result
from suite.core.claim_text import markdown_table
from suite.core.errors import SuiteError
from suite.core.presets import resolve

METHOD, REWARD, STUDY = "method", "reward or environment", "study"
SURVEY, NOT_COVERED = "survey mapping", "not covered yet"
STATUSES = (METHOD, REWARD, STUDY, SURVEY, NOT_COVERED)
# What a manifest entry of each kind makes of its paper; a claim alone makes it a study.
KIND_STATUS = {
    "algorithm": METHOD,
    "sampler": METHOD,
    "policy": METHOD,
    "reward": REWARD,
    "environment": REWARD,
    "metric": REWARD,
    "contexts": REWARD,
    "task": REWARD,
    "claim": STUDY,
}
MAPPINGS = "surveys"  # docs/surveys/<id>.md says where a survey's topics are in the suite


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One row of papers.jsonl, as far as the table shows it."""

    id: int
    name: str
    title: str
    kind: str

    @property
    def label(self) -> str:
        """The title, after the short name where it does not begin with it."""
        known = self.title.lower().startswith(self.name.lower())
        return self.title if known else f"{self.name}: {self.title}"


@dataclass(frozen=True, kw_only=True)
class Covered:
    """A paper and what the suite has of it.

    Attributes:
        status: one of STATUSES; provided: "algorithm raft"; claims: "drakes-no-kl: holds".
    """

    paper: Paper
    status: str
    provided: tuple[str, ...]
    claims: tuple[str, ...]


def read_papers(path: Path) -> list[Paper]:
    """Every row, in order of its number.

    Raises:
        SuiteError: a line is no JSON, or numbers are not 1, 2, 3, ...
    """
    papers = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            paper = Paper(id=row["id"], name=row["name"], title=row["title"], kind=row["kind"])
        except (ValueError, KeyError, TypeError) as error:
            raise SuiteError(f"{path}, line {number}: {error}.\nMend that line.") from error
        if paper.id != number:
            raise SuiteError(f"{path}, line {number} has the id {paper.id}.\nNumber rows by line.")
        papers.append(paper)
    return papers


def paper_of(entry: Entry) -> int | None:
    """The paper that an entry stands for: its manifest's, or its preset's."""
    return entry.paper if entry.preset is None else resolve(entry.name).paper


def coverage(papers: Sequence[Paper], results: Sequence[Result], docs: Path) -> list[Covered]:
    """The status of every paper.

    Args:
        papers: from ``read_papers``.
        results: of every claim.
        docs: the folder that may hold surveys/<id>.md.

    Raises:
        SuiteError: a manifest or a claim names a paper that is not in the list.
    """
    entries: dict[int, list[Entry]] = {}
    for entry in registry.entries():
        number = paper_of(entry) if entry.built_in else None
        if number is not None:
            entries.setdefault(number, []).append(entry)
    verdicts: dict[int, list[str]] = {}
    for result in results:
        said = f"{result.claim.name}: {result.word}"
        verdicts.setdefault(result.claim.paper, []).append(said)
    unknown = sorted({*entries, *verdicts} - {paper.id for paper in papers})
    if unknown:
        raise SuiteError(
            f"manifests or claims name papers {', '.join(map(str, unknown))}, which are not among "
            f"the {len(papers)} of docs/papers/papers.jsonl.\nCorrect `paper` there."
        )
    return [_covered(p, entries.get(p.id, []), verdicts.get(p.id, []), docs) for p in papers]


def _covered(paper: Paper, entries: list[Entry], verdicts: list[str], docs: Path) -> Covered:
    found = {KIND_STATUS[entry.kind] for entry in entries if entry.kind in KIND_STATUS}
    if (docs / MAPPINGS / f"{paper.id}.md").is_file():
        found.add(SURVEY)
    status = next((status for status in STATUSES if status in found), NOT_COVERED)
    provided = [f"{entry.kind} `{entry.name}`" for entry in entries if entry.kind != "claim"]
    return Covered(
        paper=paper, status=status, provided=tuple(provided), claims=tuple(sorted(verdicts))
    )


def papers_page(covered: Sequence[Covered]) -> str:
    """The whole of docs/papers.md."""
    counts = Counter(one.status for one in covered)
    rows = [
        [
            str(one.paper.id),
            one.paper.label,
            one.paper.kind,
            one.status,
            ", ".join(one.provided),
            "; ".join(one.claims),
        ]
        for one in covered
    ]
    lines = [
        "# Papers",
        "",
        f"The {len(covered)} papers that the suite is measured against, and what it has of each.",
        "Rendered by `python scripts/render_docs.py` from the manifests, the stored claims and",
        "docs/papers/papers.jsonl. A paper counts as covered when a manifest provides something",
        "under its number, and for no other reason.",
        "",
        *markdown_table(["status", "papers"], [[s, str(counts[s])] for s in STATUSES]),
        "",
        *markdown_table(["#", "paper", "kind", "status", "in the suite", "claims"], rows),
        "",
    ]
    return "\n".join(lines)
