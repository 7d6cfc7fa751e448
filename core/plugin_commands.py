"""What ``suite plugins list``, ``new`` and ``check`` print."""

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.manifest import KINDS
from suite.core.matrix import aligned
from suite.core.registry import Entry

# The kit and the template stand beside core, which imports neither: they are loaded by name.
SCAFFOLD, CONFORMANCE = "suite.testing.scaffold", "suite.testing.conformance"


def list_plugins() -> str:
    """One line a plugin module, then every broken plugin with its message or traceback.

    Unlike ``suite list``, this imports every plugin: that is how it knows which ones fail.
    """
    modules: dict[tuple[bool, str, str], list[Entry]] = {}
    for entry in registry.entries():
        key = (not entry.built_in, entry.distribution, entry.module)
        modules.setdefault(key, []).append(entry)
    rows = [["distribution", "plugin", "imports", "provides"]]
    for (_, distribution, module), provided in sorted(modules.items()):
        rows.append([distribution, module, _import_state(provided[0]), _summary(provided)])
    blocks = [aligned(rows)]
    for plugin in registry.broken():
        heading = f"broken: {plugin.distribution} ({plugin.module})"
        blocks.append("\n".join([heading, *_indented(plugin.traceback)]))
    return "\n\n".join(blocks)


def new_plugin(name: str, path: Path) -> str:
    """Write a plugin package below ``path``; returns where it is and what to type next.

    Raises:
        SuiteError: the name cannot be used, or the folder is not empty.
    """
    folder: Path = importlib.import_module(SCAFFOLD).write_plugin(name, path)
    return (
        f"wrote {folder}\n"
        f"Next: cd {folder} && pip install -e '.[dev]' && pytest\n"
        f"Then: suite run --domain {name}"
    )


def check_plugin(distribution: str) -> tuple[str, bool]:
    """Run the conformance kit on a distribution; returns the table and whether nothing failed.

    Raises:
        SuiteError: no installed distribution of that name provides anything.
    """
    results = importlib.import_module(CONFORMANCE).check_distribution(distribution)
    words = {True: "ok", False: "FAILED", None: "not checked"}
    rows = [["kind", "name", "check", ""]]
    rows += [[result.kind, result.name, result.check, words[result.ok]] for result in results]
    notes = [
        "\n".join([f"{result.kind} {result.name}: {result.check}", *_indented(result.message)])
        for result in results
        if result.ok is not True
    ]
    counts = ", ".join(
        f"{sum(result.ok is ok for result in results)} {word}" for ok, word in words.items()
    )
    passed = all(result.ok is not False for result in results)
    return "\n\n".join([aligned(rows), *notes, counts]), passed


def _import_state(entry: Entry) -> str:
    try:
        registry.load(entry)
    except SuiteError:
        return "no"
    return "yes"


def _summary(provided: Sequence[Entry]) -> str:
    counts = {kind: sum(entry.kind == kind for entry in provided) for kind in KINDS}
    named = (f"{n} {kind if n == 1 else KINDS[kind]}" for kind, n in counts.items() if n)
    return ", ".join(named)


def _indented(text: str) -> Iterable[str]:
    return (f"  {line}" for line in text.rstrip().splitlines())
