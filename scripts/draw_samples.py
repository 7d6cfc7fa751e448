"""The first held-out samples of a run, before and after, for its domain's page.

    python scripts/draw_samples.py RUN       # writes docs/images/samples/DOMAIN.svg or .md

Nothing is picked: samples stand in file order. A run with pictures gives a picture, one with texts
a table.
"""

import json
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from suite.core.report.markup import Markup, clip, tag
from suite.core.report.pictures import safe_picture
from suite.core.run_folder import RunFolder

SAMPLES = Path(__file__).resolve().parents[1] / "docs" / "images" / "samples"
NUM_PICTURES, NUM_TEXTS = 6, 4
SIDE, GAP, LINE = 96, 16, 13
LABEL_WIDTH, LABEL_LINES, LONGEST_TEXT = 18, 4, 220  # letters, lines, letters
NAMES = ("before", "after")


@click.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(run: Path) -> None:
    """Write the samples of RUN."""
    domain = RunFolder(run).info()["task"].partition("/")[0]
    sides = {name: _rows(run / f"samples_{name}.jsonl") for name in NAMES}
    if not all(sides.values()):
        raise click.UsageError(f"{run} has written no samples.\nName a run that is complete.")
    SAMPLES.mkdir(parents=True, exist_ok=True)
    if "picture" in sides["before"][0]:
        path, text = SAMPLES / f"{domain}.svg", drawing(sides)
    else:
        path, text = SAMPLES / f"{domain}.md", table(sides)
    path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path.relative_to(SAMPLES.parents[2])}")


def _rows(path: Path) -> list[dict[str, Any]]:
    """The samples of a file, none where it is not there."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return [json.loads(line) for line in text.splitlines()]


def drawing(sides: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Two rows of pictures, the held-out score below each."""
    width = NUM_PICTURES * (SIDE + GAP) + GAP
    row = LINE + GAP + SIDE + (LABEL_LINES + 2) * LINE
    parts = [
        part
        for at, name in enumerate(NAMES)
        for part in _row_of_pictures(name, sides[name], top=at * row)
    ]
    style = tag("style", "text{font:11px system-ui,sans-serif;fill:#57606a}")
    size = f"0 0 {width} {2 * row}"
    return str(tag("svg", style, *parts, xmlns="http://www.w3.org/2000/svg", viewBox=size)) + "\n"


def _row_of_pictures(name: str, rows: Sequence[Mapping[str, Any]], *, top: int) -> list[Markup]:
    parts = [tag("text", name, x=GAP, y=top + LINE)]
    for at, one in enumerate(rows[:NUM_PICTURES]):
        x, y = GAP + at * (SIDE + GAP), top + LINE + GAP // 2
        source = safe_picture(str(one["picture"]))
        if source is not None:
            parts.append(
                tag("image", href=source, x=x, y=y, width=SIDE, height=SIDE,
                    style="image-rendering:pixelated")
            )  # fmt: skip
        asked = str(one.get("prompt") or one["text"])
        label = textwrap.wrap(asked, LABEL_WIDTH, max_lines=LABEL_LINES, placeholder="...")
        for line, text in enumerate((_score(one), *label)):
            parts.append(tag("text", text, x=x, y=y + SIDE + LINE * (line + 1)))
    return parts


def _score(one: Mapping[str, Any]) -> str:
    held_out = one.get("held_out")
    return "" if held_out is None else f"held-out {held_out:.3g}"


def table(sides: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """A Markdown table; of texts that answer no prompt, one column less."""
    before, after = (sides[name][:NUM_TEXTS] for name in NAMES)
    asks = any(one.get("prompt") for one in before)
    header = (["asked"] if asks else []) + ["before", "score", "after", "score"]
    lines = [
        "The first held-out samples of one run:",
        "",
        _line(header),
        _line(["---"] * len(header)),
    ]
    for first, second in zip(before, after, strict=True):
        cells = [_code(first["prompt"])] if asks else []
        for one in (first, second):
            cells += [_code(one["text"]), f"{one.get('held_out', float('nan')):.3g}"]
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """Text in a table's cell: a model wrote it, so nothing in it may be read as markup."""
    shown = clip(text, LONGEST_TEXT).replace("`", "'").replace("|", "\\|")
    lines = [line for line in shown.splitlines() if line.strip()] or [" "]
    return "<br>".join(f"`{line}`" for line in lines)


if __name__ == "__main__":
    main()
