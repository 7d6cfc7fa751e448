"""``suite list``: names and one line each, from manifests alone."""

from suite.core import registry
from suite.core.errors import unknown_name
from suite.core.manifest import KINDS


def text(kind: str | None) -> str:
    """Every entry of one kind (singular or plural), or of all kinds."""
    kinds = list(KINDS) if kind is None else [_singular(kind)]
    blocks = []
    for one in kinds:
        entries = registry.entries(one)
        if not entries:
            continue
        width = max(len(entry.name) for entry in entries)
        lines = [KINDS[one]]
        for entry in entries:
            origin = "" if entry.built_in else f"  [{entry.distribution}]"
            lines.append(f"  {entry.name.ljust(width)}  {entry.help}{origin}")
        blocks.append("\n".join(lines))
    broken = registry.broken()
    if broken:
        lines = ["broken plugins (`suite plugins list` shows why)"]
        lines += [f"  {plugin.distribution}  {_reason(plugin.traceback)}" for plugin in broken]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) or f"nothing of kind {kind} is installed"


def _reason(traceback: str) -> str:
    lines = [line for line in traceback.strip().splitlines() if line.strip()]
    return lines[0] if lines and not lines[0].startswith("Traceback") else lines[-1]


def _singular(kind: str) -> str:
    for singular, plural in KINDS.items():
        if kind in (singular, plural):
            return singular
    raise unknown_name("kind", kind, KINDS.values(), next_step="Run `suite list`.")
