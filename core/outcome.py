"""What came of a run, as one value and one honest sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from suite.core.report.folder import Evaluation
from suite.core.report.intervals import difference
from suite.core.report.reading import evaluation_of
from suite.core.report.verdict import Climb, best_control, climb, outcome
from suite.core.report.verdict import Outcome as Word
from suite.core.run_folder import RunFolder

AGAINST_BEST = {
    Word.BETTER: "beats",
    Word.UNCLEAR: "ties with",
    Word.WORSE: "loses to",
    Word.UNKNOWN: "cannot be compared with",
}


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


def evaluations(controls: Mapping[str, Mapping[str, Any]]) -> dict[str, Evaluation]:
    """The tuned policy and its controls as the report reads them.

    A run without a held-out reward is judged by its training reward, which then stands for both.
    """
    found = {key: evaluation_of(key, row) for key, row in controls.items()}
    if "tuned" not in found or found["tuned"].held_out is not None:
        return found
    return {key: replace(one, held_out=one.reward) for key, one in found.items()}


def last_line(controls: Mapping[str, Mapping[str, Any]]) -> str:
    """The judged reward before and after, and whether the best control was beaten.

    A run that climbed only the training reward says so, by the report's rule.
    """
    found = evaluations(controls)
    tuned, base = found["tuned"], found["base"]
    change = difference(tuned.held_out, base.held_out)
    if change is None or change.half_width is None:
        return "the run gave no comparable numbers"
    assert tuned.held_out is not None
    assert base.held_out is not None
    name = "reward" if controls["tuned"].get("held_out") is None else "held-out reward"
    span = f"{base.held_out.mean:.3g} -> {tuned.held_out.mean:.3g}"
    text = f"{name} {span} ({change.mean:+.3g} ± {change.half_width:.2g})"
    verdict = climb(base, tuned)
    if verdict is Climb.TRAINING_ONLY:
        trained = difference(tuned.reward, base.reward)
        assert trained is not None
        return f"{text}: {verdict.value} ({trained.mean:+.3g} ± {trained.half_width:.2g})"
    best = best_control([one for key, one in found.items() if key not in ("tuned", "base")])
    if best is None:
        return text
    assert best.held_out is not None
    word = AGAINST_BEST[outcome(difference(tuned.held_out, best.held_out))]
    return f"{text}; {word} the best control, {best.label} at {best.held_out.mean:.3g}"
