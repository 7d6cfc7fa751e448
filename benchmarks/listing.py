"""CPU time of ``suite list`` and ``suite --help`` with 100 third-party plugins installed.

The plugins are packages with dist-info in a temporary folder on sys.path, as pip leaves them. One
imports torch when it is imported and one raises: neither may cost a listing anything. Each command
runs in a fresh process, and user and system time of that process count.

    python benchmarks/listing.py
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

NUM_PLUGINS = 100
NAMES_A_PLUGIN = 5
WARMUP, REPEATS = 2, 15
LIMIT_MS = 200.0
COMMANDS = (("list",), ("--help",))

ROW = """
[[provides]]
kind = "reward"
name = "{package}/score_{index}"
help = "The score number {index} of {package}."
extras = ["fancy"]
facts = {{ views = ["tensor", "relaxed"] }}
"""


def write_plugins(site: Path) -> None:
    """NUM_PLUGINS installed distributions in ``site``; see the module's docstring for the two."""
    special = {0: "import torch\n", 1: 'raise RuntimeError("broken at import")\n'}
    for number in range(NUM_PLUGINS):
        package = f"suite_fake_{number:03d}"
        folder, info = site / package, site / f"{package}-1.0.dist-info"
        folder.mkdir()
        info.mkdir()
        (folder / "__init__.py").write_text("")
        (folder / "plugin.py").write_text(special.get(number, ""))
        rows = [ROW.format(package=package, index=index) for index in range(NAMES_A_PLUGIN)]
        manifest = f'module = "{package}.plugin"\n' + "".join(rows)
        (folder / "suite-plugin.toml").write_text(manifest)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[suite.plugins]\nmain = {package}.plugin\n")


def cpu_seconds(command: list[str], environment: dict[str, str], folder: Path) -> float:
    """User and system time of one process, seconds; a list must name every plugin."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = done.stdout.count("/score_")
    wanted = NUM_PLUGINS * NAMES_A_PLUGIN if command[-1] == "list" else 0
    if found != wanted:
        raise RuntimeError(f"{command[-1]} shows {found} of {wanted} names")
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def measure(arguments: tuple[str, ...], site: Path, folder: Path) -> dict[str, object]:
    """Median and quartiles of one command, after the runs that fill the bytecode cache."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join([str(site), environment.get("PYTHONPATH", "")])
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    command = [sys.executable, "-m", "suite.cli", *arguments]
    seconds = [cpu_seconds(command, environment, folder) for _ in range(WARMUP + REPEATS)][WARMUP:]
    low, median, high = statistics.quantiles(seconds, n=4)
    return {
        "benchmark": f"suite {' '.join(arguments)}",
        "plugins": NUM_PLUGINS,
        "median_cpu_ms": round(1e3 * median, 1),
        "quartiles_cpu_ms": [round(1e3 * low, 1), round(1e3 * high, 1)],
        "limit_ms": LIMIT_MS,
        "within_limit": 1e3 * median < LIMIT_MS,
        "repeats": REPEATS,
        "python": platform.python_version(),
    }


def main() -> None:
    """One JSON line a command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = folder / "site"
        site.mkdir()
        write_plugins(site)
        for arguments in COMMANDS:
            print(json.dumps(measure(arguments, site, folder)), flush=True)


if __name__ == "__main__":
    main()
