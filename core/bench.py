"""``suite bench quick``: one table of every domain's default method beside its four controls.

Numbers are the held-out reward, in the task's own unit. They are stored, one JSON file a domain and
seed, with the key of everything that they rest on; the table is rendered from the files.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from suite.core import registry
from suite.core.claim_bench import run_once
from suite.core.claim_key import Key, key_of
from suite.core.claim_stats import half_width
from suite.core.claim_text import markdown_table
from suite.core.config import Config, Request, resolve_request
from suite.core.discovery import PACKAGE_ROOT
from suite.core.errors import SuiteError, unknown_name
from suite.core.matrix import aligned
from suite.core.progress import Progress
from suite.core.run_folder import machine

SEEDS = (0, 1, 2)
CONTROLS = ("base", "trained_on", "best_of_n", "best_quarter")
HEADER = ("domain", "task", "method", "tuned", *CONTROLS, "gain over base", "seconds")
MEASURE = "held_out"
PAGE = """\
`suite bench quick` prints this table from stored runs; `suite bench quick --run` measures what is
missing or stale (marked *). Numbers are means of the held-out reward over seeds 0, 1 and 2, on one
thread, each in its task's own unit; the gain is paired, with half its 95 % t interval. best_of_n
and best_quarter spend as many reward calls as training; trained_on is the base trained on for as
long. Seconds are of training, from a cached base.
"""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One run: the held-out reward by arm, None where the task has no such control.

    ``seconds`` are those of training.
    """

    seed: int
    method: str
    numbers: Mapping[str, float | None]
    seconds: float
    key: Key
    machine: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One domain: its arms' held-out reward by seed, and what is missing or stale."""

    domain: str
    task: str
    method: str
    numbers: Mapping[str, Mapping[int, float]]
    seconds: tuple[float, ...]
    stale: tuple[int, ...]

    @property
    def gain(self) -> tuple[float, float] | None:
        """Mean paired gain of the tuned policy over its base, and half its 95 % t interval."""
        tuned, base = self.numbers["tuned"], self.numbers["base"]
        paired = [tuned[seed] - base[seed] for seed in tuned if seed in base]
        return (fmean(paired), half_width(paired)) if len(paired) > 1 else None


def domains() -> tuple[str, ...]:
    """The domains of the table: all but those whose manifest says ``facts.bench = false``."""
    found = (entry for entry in registry.entries() if entry.kind == "domain")
    return tuple(sorted(entry.name for entry in found if entry.facts.get("bench", True)))


def default_folder() -> Path:
    """Where cells are kept: docs/bench of a working tree, else ./bench."""
    docs = PACKAGE_ROOT / "docs"
    return docs / "bench" if docs.is_dir() else Path("bench")


def measure(names: Sequence[str], progress: Progress, *, folder: Path | None = None) -> None:
    """Write the cells that are missing or stale.

    Raises:
        SuiteError: a domain does not exist, or its run cannot be made.
    """
    where = folder or default_folder()
    chosen = checked(names)
    progress.phase("bench quick", len(chosen) * len(SEEDS))
    done = 0
    for name in chosen:
        for seed in SEEDS:
            config = _config(name, seed)
            path = _path(where, name, seed)
            stored = read(path)
            if stored is None or key_of(config).changed_since(stored.key):
                progress.say(f"{name}, seed {seed}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(asdict(_measured(config)), indent=1) + "\n")
            done += 1
            progress.advance(done)


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """``names``, or every domain where there are none.

    Raises:
        SuiteError: one does not exist.
    """
    known = domains()
    for name in names:
        if name not in known:
            raise unknown_name("domain", name, known, next_step="Name one of them, or none.")
    return tuple(names) or known


def quick_table(names: Sequence[str] = (), *, folder: Path | None = None) -> str:
    """The table for a shell, and what is not measured below it."""
    lines = [line_of(name, folder or default_folder()) for name in checked(names)]
    table = aligned([list(HEADER), *map(table_row, lines)])
    waiting = [line.domain for line in lines if line.stale]
    if not waiting:
        return table
    return (
        f"{table}\n\nmissing or stale: {', '.join(waiting)}. "
        f"`suite bench quick --run {' '.join(waiting)}` measures them."
    )


def bench_page(folder: Path | None = None) -> str:
    """The whole of docs/bench.md."""
    lines = [line_of(name, folder or default_folder()) for name in domains()]
    return "\n".join(
        [
            "# Every domain, its default method and the controls",
            "",
            *PAGE.splitlines(),
            "",
            *markdown_table(HEADER, map(table_row, lines)),
            "",
        ]
    )


def line_of(name: str, folder: Path) -> Line:
    """A domain's line from what is stored; stale numbers are shown and named."""
    found, stale = [], []
    for seed in SEEDS:
        config, stored = _config(name, seed), read(_path(folder, name, seed))
        if stored is not None:
            found.append(stored)
        if stored is None or _called_stale(stored.key, key_of(config)):
            stale.append(seed)
    numbers = {
        arm: {one.seed: value for one in found if (value := one.numbers.get(arm)) is not None}
        for arm in ("tuned", *CONTROLS)
    }
    return Line(
        domain=name,
        task=config.task.name,
        method=config.recipe.name,
        numbers=numbers,
        seconds=tuple(one.seconds for one in found),
        stale=tuple(stale),
    )


def _called_stale(old: Key, now: Key) -> bool:
    """Another torch is measured again, and calls nothing stale: pages are the same everywhere."""
    return bool(replace(now, torch=old.torch).changed_since(old))


def read(path: Path) -> Measurement | None:
    """A stored measurement, or None where there is none.

    Raises:
        SuiteError: the file cannot be read as one.
    """
    if not path.exists():
        return None
    try:
        row = json.loads(path.read_text())
        return Measurement(**{**row, "key": Key(**row["key"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(
            f"the stored measurement {path} cannot be read: {type(error).__name__}: {error}.\n"
            "Remove it, then run `suite bench quick --run`."
        ) from error


def _measured(config: Config) -> Measurement:
    rows = run_once(config).rows
    arms = ("tuned", *CONTROLS)
    return Measurement(
        seed=config.seed,
        method=config.recipe.name,
        numbers={arm: rows.get(arm, {}).get(MEASURE) for arm in arms},
        seconds=float(rows["tuned"]["seconds"]),
        key=key_of(config),
        machine=machine("cpu"),
    )


def table_row(line: Line) -> list[str]:
    """The cells of a domain below HEADER."""
    shown = [_mean(line.numbers[arm].values()) for arm in ("tuned", *CONTROLS)]
    gain = "-" if line.gain is None else f"{line.gain[0]:+.3g} ± {line.gain[1]:.2g}"
    mark = "*" if line.stale else ""
    return [line.domain + mark, line.task, line.method, *shown, gain, _mean(line.seconds)]


def _mean(values: Iterable[float]) -> str:
    known = list(values)
    return f"{fmean(known):.3g}" if known else "-"


def _config(name: str, seed: int) -> Config:
    return resolve_request(Request(domain=name, seed=seed))


def _path(folder: Path, name: str, seed: int) -> Path:
    return folder / f"{name}-seed{seed}.json"
