"""Measure some stored cells of claims again: ``python scripts/repeat_claims.py COMMIT``.

The commit's hash picks them, so that every commit is checked on others. Exits 1 when a number
does not come out within one in ten thousand on the same processor and torch; on another machine the
difference is printed and is no failure, because sums there may be taken in another order.
"""

import sys
from pathlib import Path

import click

from suite.core.claims import Repeat, rerun_cells

# Named, because an installed suite has no docs beside it.
CELLS = Path(__file__).resolve().parents[1] / "docs" / "claims"


@click.command()
@click.argument("commit")
@click.option("--count", type=click.IntRange(min=1), default=2, show_default=True)
def main(commit: str, count: int) -> None:
    """Measure COUNT stored cells again, picked by COMMIT's hash."""
    repeats = rerun_cells(commit, count, CELLS)
    for repeat in repeats:
        click.echo(describe(repeat))
    if not repeats:
        click.echo(f"none of {count} repeated: no stored cell is current. `suite claim list`")
    elif len(repeats) < count:
        click.echo(f"{len(repeats)} of {count} repeated: no other cell is current and can repeat")
    if any(repeat.same_machine and not repeat.ok for repeat in repeats):
        sys.exit(1)


def describe(repeat: Repeat) -> str:
    """One line a cell, and one a number that differs."""
    where = "same machine and torch" if repeat.same_machine else "another machine or torch"
    lines = [f"{repeat.cell}: {'the same' if repeat.ok else 'DIFFERS'} ({where})"]
    lines += [f"  {name}: stored {old}, now {new}" for name, old, new in repeat.different]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
