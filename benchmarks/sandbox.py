"""The sandbox's speed, its bill for hostile programs, and its memory: one JSON line a measurement.

    python benchmarks/sandbox.py                    # throughput at every level that works
    python benchmarks/sandbox.py --hostile          # what programs that never end cost
    python benchmarks/sandbox.py --verdicts 100000  # memory over that many verdicts

``throughput`` runs programs of five calls, one launch each; ``cost`` is wall time times workers
over the sum of the limits that the programs ran into (the aim is at most 1.2; other work on the
machine counts), ``cpu_cost`` the same in the programs' own CPU time; ``memory`` is the
resident set of this process and of its launchers, in MiB, at tenths of the way.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from suite.core.execution.levels import Level, best_level, why_not
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program
from suite.core.execution.sandbox import Sandbox

SOURCE = "def add(a, b):\n    total = a + b\n    return [total, str(total), {total: (a, b)}]\n"
EASY = Program(source=SOURCE, entry="add", calls=tuple(((i, 2), {}) for i in range(5)))
WORKERS = 2
HOSTILE = (
    "while True: pass",
    "import time\ntime.sleep(1000)",
    "import re\nre.match('(a+)+$', 'a' * 64 + 'b')",
    "import signal\nfor n in (1, 2, 14, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    "sum(range(10**12))",
    "import threading\n[threading.Thread(target=lambda: sum(range(10**11))).start() for _ in '12']",
    "while True:\n try:\n  while True: pass\n except BaseException: pass",
    "10 ** 10 ** 9",
)


def line(name: str, **found: object) -> None:
    """One measurement."""
    machine = {"cores": os.cpu_count(), "kernel": platform.release()}
    print(json.dumps({"benchmark": f"sandbox_{name}", **found, **machine}), flush=True)


def throughput(programs: int, repeats: int) -> None:
    """Programs a second, median and quartiles after a warm-up."""
    for level in Level:
        if why_not(level) is not None:
            line("throughput", level=level.name, reason=why_not(level))
            continue
        with Sandbox(level, workers=WORKERS) as sandbox:
            sandbox.run([EASY] * 20)
            rates = []
            for _ in range(repeats):
                start = time.perf_counter()
                runs = sandbox.run([EASY] * programs)
                rates.append(programs / (time.perf_counter() - start))
                assert all(run.verdict == "pass" for run in runs)
        low, median, high = statistics.quantiles(rates, n=4)
        found = {"median_per_s": round(median, 1), "quartiles": [round(low, 1), round(high, 1)]}
        line("throughput", level=level.name, workers=WORKERS, calls=5, **found)


def hostile(copies: int) -> None:
    """What programs that never end cost, beside what they were allowed."""
    limits = Limits(cpu_seconds=1.0, wall_seconds=8.0)
    programs = [Program(source=source) for source in HOSTILE for _ in range(copies)]
    with Sandbox(workers=WORKERS, limits=limits) as sandbox:
        sandbox.run([EASY] * 4)
        start = time.perf_counter()
        runs = sandbox.run(programs)
        seconds = time.perf_counter() - start
    allowed = sum(
        limits.wall_seconds if "wall" in (run.detail or "") else limits.cpu_seconds for run in runs
    )
    by_cpu = [run for run in runs if "CPU" in (run.detail or "")]
    spent = sum(run.cpu_seconds for run in by_cpu)
    verdicts = {run.verdict.value for run in runs}
    line(
        "hostile",
        level=best_level().name,
        programs=len(runs),
        verdicts=sorted(verdicts),
        seconds=round(seconds, 2),
        cpu_seconds=round(sum(run.cpu_seconds for run in runs), 2),
        cpu_cost=round(spent / (max(1, len(by_cpu)) * limits.cpu_seconds), 3),
        cost=round(seconds * WORKERS / allowed, 3),
    )


def memory(verdicts: int) -> None:
    """Resident memory of this process and its launchers over many verdicts."""
    with Sandbox(workers=WORKERS) as sandbox:
        sandbox.run([EASY] * 100)
        series = [resident()]
        for _ in range(10):
            for _ in range(max(1, verdicts // 1000)):
                sandbox.run([EASY] * 100)
            series.append(resident())
    line("memory", level=best_level().name, verdicts=verdicts, mib=series)


def resident() -> float:
    """MiB of this process and all below it."""
    parents = dict(processes())
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    pages = 0
    for pid in family:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except OSError:
            continue
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def processes() -> Iterator[tuple[int, int]]:
    """(process, its parent) of every one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield int(folder.name), int(fields[1])


def main() -> None:
    """Measure what the options ask for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--verdicts", type=int, default=0)
    asked = parser.parse_args()
    if asked.hostile:
        hostile(copies=2)
    elif asked.verdicts:
        memory(asked.verdicts)
    else:
        throughput(asked.programs, asked.repeats)


if __name__ == "__main__":
    main()
