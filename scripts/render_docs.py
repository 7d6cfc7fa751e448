"""Render what is made in docs/: papers, claims, commands, matrix, quick table, blocks of domains.

    python scripts/render_docs.py            write them
    python scripts/render_docs.py --check    write nothing; exit 1 when a page is not current

A page is a function without arguments that returns text; add one to PAGES.
"""

import difflib
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
from domain_blocks import block, chart, with_block

from suite.cli import main as suite_command
from suite.core import matrix, registry
from suite.core.bench import Line, bench_page, default_folder, domains, line_of
from suite.core.claim_result import Result, claim_result
from suite.core.claim_text import claims_page, markdown_table
from suite.core.claims import all_claims
from suite.core.papers import coverage, papers_page, read_papers

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 100  # of help texts, whatever the terminal


def claims() -> str:
    """docs/claims.md, from the cells below docs/claims/."""
    return claims_page(_results())


def papers() -> str:
    """docs/papers.md, from the manifests, the cells and docs/papers/papers.jsonl."""
    rows = read_papers(DOCS / "papers" / "papers.jsonl")
    return papers_page(coverage(rows, _results(), DOCS))


def _results() -> list[Result]:
    return [claim_result(claim, DOCS / "claims") for claim in all_claims()]


def commands() -> str:
    """docs/cli.md: the help of every command."""
    settings: dict[str, Any] = {**suite_command.context_settings, "terminal_width": WIDTH}
    lines = ["# Commands", "", "What `suite COMMAND --help` prints.", ""]
    for context in _contexts(click.Context(suite_command, info_name="suite", **settings)):
        lines += [f"## {context.command_path}", "", "```", context.get_help(), "```", ""]
    return "\n".join(lines)


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """A command and those below it, each as if it had been typed."""
    yield context
    if isinstance(context.command, click.Group):
        for name, command in sorted(context.command.commands.items()):
            settings: dict[str, Any] = dict(command.context_settings)
            yield from _contexts(click.Context(command, context, name, **settings))


def algorithms_by_policies() -> str:
    """docs/matrix.md: which algorithm runs on which policy family."""
    built_in = {(e.kind, e.name) for e in registry.entries() if e.built_in}
    cells = [
        cell
        for cell in matrix.cells()
        if {("algorithm", cell.algorithm), ("policy", cell.policy)} <= built_in
    ]
    header, *rows = matrix.table(cells)
    lines = [
        "# Algorithms and policies",
        "",
        "What `suite matrix` prints: where an algorithm does not run, the capability that the",
        "policy lacks.",
        "",
        *markdown_table(header, rows),
        "",
    ]
    return "\n".join(lines)


def domain_page(name: str) -> str:
    """docs/domains/NAME.md with its block made anew, from the cells below docs/bench/."""
    page = (DOCS / "domains" / f"{name}.md").read_text(encoding="utf-8")
    return with_block(page, block(_line(name), DOCS / "images" / "samples"))


def domain_chart(name: str) -> str:
    """docs/images/bench/NAME.svg."""
    return chart(_line(name))


def _line(name: str) -> Line:
    return line_of(name, default_folder())


PAGES: Mapping[str, Callable[[], str]] = {
    "papers.md": papers,
    "claims.md": claims,
    "cli.md": commands,
    "matrix.md": algorithms_by_policies,
    "bench.md": bench_page,
    **{f"domains/{name}.md": partial(domain_page, name) for name in domains()},
    **{f"images/bench/{name}.svg": partial(domain_chart, name) for name in domains()},
}


def rendered() -> dict[Path, str]:
    """Every page by its file, as it ought to be."""
    return {DOCS / name: page() for name, page in PAGES.items()}


def outdated(pages: Mapping[Path, str]) -> dict[Path, str]:
    """The pages whose files say something else, each with the first lines that differ."""
    found = {}
    for path, wanted in pages.items():
        written = path.read_text(encoding="utf-8") if path.is_file() else ""
        if written != wanted:
            lines = difflib.unified_diff(
                written.splitlines(), wanted.splitlines(), "written", "current", n=0, lineterm=""
            )
            found[path] = "\n".join(list(lines)[:12])
    return found


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a page is not current.")
def main(check: bool) -> None:
    """Render the pages of docs/ that are made from what the suite is."""
    changed = outdated(pages := rendered())
    for path, difference in changed.items():
        name = path.relative_to(DOCS.parent)
        if check:
            click.echo(f"{name} is not current:\n{difference}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[path], encoding="utf-8")
            click.echo(f"wrote {name}")
    if check and changed:
        click.echo("Run `python scripts/render_docs.py` and commit what it writes.")
        sys.exit(1)


if __name__ == "__main__":
    main()
