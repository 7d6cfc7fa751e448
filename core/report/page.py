"""The page: one HTML file that needs no network, no script and no other file.

Its content policy forbids everything but its own style sheet, so that even a mistake in escaping
could not run or fetch anything.
"""

import os
from pathlib import Path

from suite.core.errors import SuiteError
from suite.core.report.curves import diagnostics, frontier, learning_curves
from suite.core.report.folder import Run
from suite.core.report.markup import Markup, clip, join, tag
from suite.core.report.panel import hacking_panel, key_figures, lede
from suite.core.report.provenance import (
    checks_section,
    config_section,
    files_section,
    machine_section,
)
from suite.core.report.reading import read_run
from suite.core.report.samples import parts_section, samples_section
from suite.core.report.style import style_sheet

REPORT_NAME = "report.html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_report(folder: Path) -> Path:
    """Read a run folder and write its report.html.

    Args:
        folder: a run folder of schema 1, finished or not.

    Returns:
        The path of the page.

    Raises:
        SuiteError: the folder is no run folder, a file is damaged, or the page cannot be written.
    """
    run = read_run(folder)
    return write_page(folder / REPORT_NAME, report_page(run))


def report_page(run: Run) -> str:
    """The whole page of one run as text."""
    title = f"{clip(run.task, 80)}, tuned with {clip(run.algo, 40)}"
    header = [
        tag("p", f"suite run report \u00b7 seed {clip(run.seed, 20)}", class_="eyebrow"),
        tag("h1", title),
        lede(run),
        *(tag("p", note, class_="note warn") for note in run.notes),
        key_figures(run),
    ]
    sections = [
        section("curves", "Learning curves", learning_curves(run)),
        section("panel", "Hacking panel", hacking_panel(run)),
        section("frontier", "Reward against distance", frontier(run)),
        section("samples", "Samples before and after", samples_section(run)),
        section("parts", "Score parts", parts_section(run)),
        section("checks", "Self-checks", checks_section(run)),
        section("diagnostics", "Diagnostics", diagnostics(run)),
        section("machine", "What it ran on", machine_section(run)),
        section("config", "Settings", config_section(run)),
        section("files", "Files", files_section(run)),
    ]
    return document(title, header=join(header), body=join(sections))


def section(name: str, title: str, *content: Markup) -> Markup:
    """A part of the page under its own heading."""
    heading = tag("h2", title, id=f"{name}-title")
    return tag("section", heading, *content, id=name, aria_labelledby=f"{name}-title")


def document(title: str, *, header: Markup, body: Markup) -> str:
    """An HTML document around a header and a body."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name_="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(style_sheet())),
    )
    footer = tag("footer", "Written by suite. The page holds no script and loads nothing.")
    page = tag(
        "html", head, tag("body", tag("header", header), tag("main", body), footer), lang="en"
    )
    return f"<!doctype html>\n{page}\n"


def write_page(path: Path, text: str) -> Path:
    """Write a text file whole or not at all.

    Raises:
        SuiteError: the folder does not exist or cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SuiteError(
            f"cannot write '{path}': {error.strerror}.\n"
            "Name a folder that exists and that you may write to."
        ) from error
    return path
