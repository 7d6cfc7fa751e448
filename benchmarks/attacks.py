"""The hostile corpus and the mutants against the sandbox, level by level, and other guards.

    python benchmarks/attacks.py --level L2            # every program and 500 mutants at one level
    python benchmarks/attacks.py --every 7 --level L3  # a slice, for a quick look

A program is right if its verdict is one of those that its author, who had not seen the sandbox,
wrote beside it, and if nothing of it is found outside half a second after the verdict. Prints a
line a category, every row that is not right, and one JSON line with the counts.

Run it on a machine, or in a container, that may be hurt: programs here try to.
"""

import json
import time
from typing import Any

import click

from suite.core.execution.levels import Level
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program, Run
from suite.core.execution.sandbox import Sandbox
from suite.tests.attacks.attack import Task
from suite.tests.attacks.corpus import CORPUS
from suite.tests.attacks.harness import Judge, Row, run_corpus, table
from suite.tests.attacks.mutations import mutants
from suite.tests.attacks.scene import Surroundings
from suite.tests.attacks.tasks import TASKS

LIMITS = Limits(cpu_seconds=2.0, wall_seconds=4.0, memory_mb=256, output_bytes=1 << 16)


def judge_of(sandbox: Sandbox) -> Judge:
    """The verdict on a program by its hidden inputs; expected values stay in this process."""

    def judge(source: str, task: Task) -> str:
        program = Program(
            source=source,
            language=task.language,
            entry=task.function,
            calls=tuple((arguments, {}) for arguments, _ in task.hidden),
        )
        [run] = sandbox.run([program])
        return verdict(run, task)

    return judge


def warm(judge: Judge) -> None:
    """Start the launcher, which would else count as what the first program left behind."""
    judge("1", TASKS["add"])


def verdict(run: Run, task: Task) -> str:
    """pass: it ran to the end, and every answer has the type and the value of the hidden one."""
    if run.verdict.value != "pass":
        return run.verdict.value
    answers = [result.value if result.ok else _Failed for result in run.results]
    expected = [answer for _, answer in task.hidden]
    same = len(answers) == len(expected) and all(map(_same, answers, expected))
    return "pass" if same else "fail"


class _Failed:
    """In the place of an answer that an error took."""


def _same(got: Any, expected: Any) -> bool:
    if type(got) is not type(expected):
        return False
    if isinstance(expected, list):
        return len(got) == len(expected) and all(map(_same, got, expected))
    return bool(got == expected)


def summary(name: str, rows: list[Row], seconds: float) -> dict[str, Any]:
    """Counts for a table."""
    return {
        "guard": name,
        "programs": len(rows),
        "right": sum(row.right for row in rows),
        "wrong_pass": sum(row.wrong_pass for row in rows),
        "effects": sum(bool(row.effects) for row in rows),
        "other_verdict": sum(row.verdict not in row.allowed and not row.wrong_pass for row in rows),
        "seconds": round(seconds, 1),
    }


@click.command()
@click.option("--level", "names", multiple=True, default=["L1", "L2", "L3"], show_default=True)
@click.option("--every", default=1, help="Only each n-th program.", show_default=True)
@click.option("--mutants", "count", default=500, show_default=True)
@click.option("--contained", is_flag=True, help="This runs in a container that may be hurt.")
@click.option("--name", "only", default="", help="Only programs whose name holds this.")
def main(names: tuple[str, ...], every: int, count: int, contained: bool, only: str) -> None:
    """Print the table of each level."""
    if "L0" in names and not contained:
        raise click.UsageError("at L0 programs here harm the machine: use a container, --contained")
    corpus = [attack for attack in CORPUS if only in attack.name][::every]
    for name in names:
        with Surroundings() as surroundings, Sandbox(Level[name], 1, LIMITS) as sandbox:
            judge = judge_of(sandbox)
            warm(judge)
            begun = time.monotonic()
            rows = run_corpus(judge, corpus, surroundings=surroundings, accept_harm=True)
            if not only:
                wrong = mutants(count=count)
                rows += run_corpus(judge, wrong, surroundings=surroundings, settle=0.0)
        click.echo(f"--- {name}\n{table(rows)}")
        click.echo(json.dumps(summary(name, rows, time.monotonic() - begun)))


if __name__ == "__main__":
    main()
