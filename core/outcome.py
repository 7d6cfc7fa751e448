"""What came of a run, as one value and one honest sentence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.run_folder import RunFolder

Z95 = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A finished run: where it is, and the tuned policy beside its controls.

    Attributes:
        folder: the run's folder; info: run.json; controls: controls.json, "tuned" included.
    """

    folder: Path
    info: Mapping[str, Any]
    controls: Mapping[str, Mapping[str, Any]]

    @property
    def last_line(self) -> str:
        """The verdict in one sentence."""
        return str(self.info.get("last_line", ""))

    @property
    def report(self) -> Path:
        """The HTML page."""
        return self.folder / "report.html"


def outcome_of(folder: RunFolder) -> Outcome:
    """Read a run's outcome."""
    import json

    path = folder.path / "controls.json"
    controls = json.loads(path.read_text()) if path.exists() else {}
    return Outcome(folder=folder.path, info=folder.info(), controls=controls)


def gain(
    tuned: Mapping[str, Any], other: Mapping[str, Any], key: str
) -> tuple[float, float] | None:
    """(difference of means, half width of its 95 % interval), or None where one is missing."""
    values = [tuned.get(key), other.get(key), tuned.get(f"{key}_ci"), other.get(f"{key}_ci")]
    if any(v is None for v in values):
        return None
    ours, theirs, our_half, their_half = (float(v) for v in values)  # type: ignore[arg-type]
    return ours - theirs, math.hypot(our_half, their_half)


def last_line(controls: Mapping[str, Mapping[str, Any]]) -> str:
    """Held-out before and after, and whether the best control was beaten.

    A run that climbs only the training reward says so.
    """
    tuned, base = controls["tuned"], controls["base"]
    key = "held_out" if tuned.get("held_out") is not None else "reward"
    name = "held-out reward" if key == "held_out" else "reward"
    change = gain(tuned, base, key)
    trained = gain(tuned, base, "reward")
    if change is None or trained is None:
        return "the run gave no comparable numbers"
    text = f"{name} {base[key]:.3g} -> {tuned[key]:.3g} ({change[0]:+.3g} ± {change[1]:.2g})"
    if change[0] <= change[1] and trained[0] > trained[1]:
        return f"{text}: only the training reward rose ({trained[0]:+.3g}); this is reward hacking"
    others = {
        k: v for k, v in controls.items() if k not in ("tuned", "base") and v.get(key) is not None
    }
    if not others:
        return text
    best = max(others.values(), key=lambda row: float(row[key]))
    margin = gain(tuned, best, key)
    assert margin is not None
    word = (
        "beats"
        if margin[0] > margin[1]
        else ("ties with" if margin[0] > -margin[1] else "loses to")
    )
    return f"{text}; {word} the best control, {best['label']} at {best[key]:.3g}"
