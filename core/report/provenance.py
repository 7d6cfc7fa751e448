"""What stands behind the figures: self-checks, settings, machine, time, and the files."""

import statistics
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from suite.core.report.folder import Row, Run, number_of, text_of
from suite.core.report.markup import Markup, clip, definitions, join, table, tag
from suite.core.report.wording import count, duration, number, size

MAX_CONFIG = 20_000
OWN_FILES = frozenset({"report.html"})


def checks_section(run: Run) -> Markup:
    """The self-checks, failures first."""
    checks = run.info.get("self_checks")
    rows = [row for row in checks if isinstance(row, Mapping)] if isinstance(checks, list) else []
    if not rows:
        return tag("p", "This run recorded no self-checks.", class_="note")
    failed = [row for row in rows if row.get("ok") is not True]
    passed = [row for row in rows if row.get("ok") is True]
    words = f"{len(passed)} of {len(rows)} passed."
    listed = table(
        ["check", "outcome", "value", "detail"],
        [_check(row) for row in (*failed, *passed)],
        caption="Self-checks",
        class_="wrap",
    )
    return join([tag("p", words, class_="warn" if failed else "note"), listed])


def _check(row: Row) -> list[str]:
    ok = row.get("ok") is True
    words = "\u2713 passed" if ok else "\u2717 failed"
    value = number_of(row, "value")
    return [
        clip(text_of(row, "name"), 100),
        tag("span", words, class_=f"badge {'good' if ok else 'bad'}"),
        number(value) if value is not None else clip(text_of(row, "value", ""), 100),
        clip(text_of(row, "detail", ""), 400),
    ]


def config_section(run: Run) -> Markup:
    """What scored the run, and the resolved settings, word for word."""
    names = {"reward": "reward", "held_out_reward": "held-out reward"}
    named = [(words, text_of(run.info, key, "none")) for key, words in names.items()]
    rewards = definitions((words, clip(name, 400)) for words, name in named)
    if not run.config_text:
        return join([rewards, tag("p", "There is no config.toml.", class_="note")])
    shown = tag("pre", tag("code", clip(run.config_text, MAX_CONFIG)))
    return join([rewards, tag("details", tag("summary", "The resolved config.toml"), shown)])


def machine_section(run: Run) -> Markup:
    """What it ran on, how long each phase took, and the last line it printed."""
    pairs = [
        ("suite", text_of(run.info, "suite")),
        ("started", text_of(run.info, "started")),
        ("status", run.status),
        *((name, str(value)) for name, value in _mapping(run.info, "machine").items()),
        *((f"{name} took", time) for name, time in _seconds(run)),
        *_updates(run),
        ("reward calls", count(number_of(run.info, "reward_calls"))),
        ("last line", text_of(run.info, "last_line", "none")),
    ]
    return definitions((clip(name, 60), clip(value, 1000)) for name, value in pairs)


def _mapping(row: Row, key: str) -> Row:
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def _seconds(run: Run) -> list[tuple[str, str]]:
    seconds = _mapping(run.info, "seconds")
    return [(name, duration(number_of(seconds, name))) for name in seconds]


def _updates(run: Run) -> list[tuple[str, str]]:
    """Median time of an update's two halves; a median, as the first update pays for warming up."""
    pairs = []
    for name in ("collect", "update"):
        values = [value for row in run.timings if (value := number_of(row, name)) is not None]
        if values:
            pairs.append((f"one {name}", f"{duration(statistics.median(values))} (median)"))
    return pairs


def files_section(run: Run) -> Markup:
    """Every file of the run folder, by relative link; the page works without them."""
    entries = sorted(path for path in run.folder.iterdir() if path.name not in OWN_FILES)
    rows = [[_link(path), size(_num_bytes(path))] for path in entries]
    return table(["file", "size"], rows, caption=f"Files of {run.folder.resolve().name}")


def _link(path: Path) -> Markup:
    name = f"{path.name}/" if path.is_dir() else path.name
    # "./" and quoting keep a file called "javascript:..." a file.
    return tag("a", name, href=f"./{quote(path.name, errors='surrogateescape')}")


def _num_bytes(path: Path) -> int:
    if path.is_symlink():
        return 0
    if path.is_file():
        return path.stat().st_size
    inner = (one for one in path.rglob("*") if one.is_file() and not one.is_symlink())
    return sum(one.stat().st_size for one in inner)
