"""A run's folder: config, metrics, journal, checkpoints, samples, report, what it ran on.

Schema 1. metrics.jsonl holds what is reproducible and is cut back to the checkpoint on resume, so
that an interrupted run's file equals the unbroken one's; seconds go to timings.jsonl.
"""

import contextlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from suite.core import registry
from suite.core.algorithm import Experience
from suite.core.checkpoint import latest_name
from suite.core.errors import SuiteError
from suite.core.outside import Tracker
from suite.core.progress import Progress
from suite.core.records import Scores, Trajectory
from suite.core.run import Run
from suite.core.toml import load

SCHEMA = 1
STARTING = {"config.toml", "run.json", "log.txt", "base.safetensors"}  # a base is cached elsewhere
RESULTS = {"metrics.jsonl", "timings.jsonl", "journal.jsonl"}


class RunFolder:
    """Reads and writes one run's files; of many processes the main one alone writes."""

    def __init__(self, path: Path, *, writes: bool = True) -> None:
        self.path, self.writes = path, writes

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """A new, empty folder.

        Raises:
            SuiteError: it is in use, or cannot be written.
        """
        cls.check_free(path)
        if path.exists():
            for left in path.iterdir():
                left.unlink()
        try:
            path.mkdir(parents=True, exist_ok=True)
            (path / ".write-test").write_text("")
            (path / ".write-test").unlink()
        except OSError as error:
            raise SuiteError(
                f"the output folder '{path}' cannot be written: {error.strerror}.\n"
                "Choose another --out."
            ) from error
        return cls(path)

    @staticmethod
    def check_free(path: Path) -> None:
        """Raise where ``create`` would find the folder in use; nothing is written.

        Raises:
            SuiteError: it is a file, or holds something.
        """
        if path.exists() and not path.is_dir():
            raise SuiteError(f"the output folder '{path}' is a file.\nChoose another --out.")
        if path.exists() and any(path.iterdir()) and not _never_began(path):
            raise SuiteError(
                f"the output folder '{path}' is in use.\n"
                f"Choose another --out, or go on with it: `suite resume {path}`."
            )

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run's folder.

        Raises:
            SuiteError: there is no run in it, or its schema is newer than this version.
        """
        folder = cls(path)
        if not (path / "run.json").is_file():
            raise SuiteError(
                f"'{path}' holds no run.\nName the folder that `suite run` printed or --out named."
            )
        schema = folder.info().get("schema")
        if schema != SCHEMA:
            raise SuiteError(
                f"the run in '{path}' has schema {schema}; this version reads {SCHEMA}.\n"
                "Use the version of the suite that wrote it: see run.json."
            )
        return folder

    def info(self) -> dict[str, Any]:
        """run.json."""
        read: dict[str, Any] = json.loads((self.path / "run.json").read_text())
        return read

    def write_json(self, name: str, value: Any) -> None:
        """Write a whole JSON file by rename."""
        self.write_text(name, json.dumps(value, indent=1) + "\n")

    def write_text(self, name: str, text: str) -> None:
        """Write a whole file by rename, so that a reader never sees half of it."""
        if not self.writes:
            return
        temporary = self.path / f".{name}.partial"
        with self._writing(name):
            temporary.write_text(text)
            temporary.replace(self.path / name)

    def update(self, **values: Any) -> None:
        """Change some keys of run.json."""
        if not self.writes:
            return
        known = self.info() if (self.path / "run.json").exists() else {}
        self.write_json("run.json", {**known, **values})

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """One JSON line."""
        if not self.writes:
            return
        with self._writing(name), (self.path / name).open("a") as file:
            file.write(json.dumps(row) + "\n")

    def write_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        """A whole JSON-lines file."""
        if not self.writes:
            return
        self.write_text(name, "".join(json.dumps(row) + "\n" for row in rows))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A JSON-lines file; empty where there is none."""
        path = self.path / name
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def size(self, name: str) -> int:
        """Bytes of a file, 0 where there is none."""
        path = self.path / name
        return path.stat().st_size if path.exists() else 0

    def cut(self, name: str, size: int) -> None:
        """Forget what was written after ``size`` bytes."""
        if not self.writes:
            return
        path = self.path / name
        if path.exists():
            with self._writing(name):
                os.truncate(path, size)

    @contextlib.contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        """A full disk or a lost permission is the user's to mend: one message."""
        try:
            yield
        except OSError as error:
            raise self.unwritable(name, error) from error

    def unwritable(self, name: str, error: Exception) -> SuiteError:
        """The error for a file of this run that cannot be written."""
        last = latest_name(self.path / "checkpoints")
        return SuiteError(
            f"'{name}' could not be written to {self.path}: "
            f"{getattr(error, 'strerror', None) or error}.\n"
            f"The last good checkpoint is {last or 'none'}. Free space or mend the folder's "
            f"permissions, then `suite resume {self.path}`."
        )


def _never_began(path: Path) -> bool:
    """Whether a run failed here before it measured or paid for anything: the folder is free again.

    So a mistyped name does not take the folder away from the command that mends it.
    """
    sizes = {file.name: file.stat().st_size for file in path.iterdir()}
    if "run.json" not in sizes or not set(sizes) <= STARTING | RESULTS:
        return False
    failed = RunFolder(path).info().get("status") == "failed"
    return failed and not any(sizes.get(name) for name in RESULTS)


def machine(device: str) -> dict[str, Any]:
    """What a run ran on: enough to know when bitwise repetition may be expected."""
    import torch

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return {
        "cpu": name,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
    }


class FolderListener:
    """Writes a trainer's progress into a folder, and calls the plugins' run hooks.

    Hooks are told steps as metrics.jsonl counts them, from 1.
    """

    def __init__(
        self,
        folder: RunFolder,
        progress: Progress,
        evaluate: Callable[[Run, int], Mapping[str, Any]],
        *,
        writes: bool = True,
        tracker: Tracker | None = None,
    ) -> None:
        self.folder, self.progress, self.evaluate, self.writes = folder, progress, evaluate, writes
        self.tracker = tracker
        self._last = time.monotonic()
        self._collected = self._last

    def on_run_start(self, run: Run, step: int) -> None:
        """All is built; ``step`` steps are done."""
        registry.run_hooks("suite_on_run_start", run=run)
        if self.tracker is not None:
            config = load(self.folder.path / "config.toml")
            self.tracker.start(self.folder.path, config, step)

    def on_run_end(self, run: Run, outcome: str) -> None:
        """The run is over: "finished", "stopped" or "failed"."""
        try:
            registry.run_hooks("suite_on_run_end", run=run, outcome=outcome)
        finally:
            if self.tracker is not None:
                self.tracker.finish(outcome)

    def on_scored(self, run: Run, step: int, trajectory: Trajectory, scores: Scores) -> None:
        """Samples of a collect were scored."""
        registry.run_hooks(
            "suite_after_reward", run=run, step=step + 1, trajectory=trajectory, scores=scores
        )

    def on_collect(self, run: Run, step: int, experience: Experience) -> None:
        """A step's experience is in."""
        self._collected = time.monotonic()
        registry.run_hooks("suite_after_collect", run=run, step=step + 1, experience=experience)

    def on_update(self, run: Run, step: int) -> None:
        """A step's first update is next."""
        registry.run_hooks("suite_before_update", run=run, step=step + 1)

    def on_step(self, run: Run, step: int, metrics: dict[str, float]) -> None:
        """A step is done; ``step`` counts from 1."""
        now = time.monotonic()
        if self.writes:
            row = {"kind": "train", "step": step, "reward_calls": run.reward_calls}
            self.folder.append("metrics.jsonl", {**row, **metrics})
            seconds = {"collect": self._collected - self._last, "update": now - self._collected}
            self.folder.append("timings.jsonl", {"step": step, **seconds})
            self._track("train", step, {"reward_calls": run.reward_calls, **metrics})
        self._last = now
        self.progress.advance(step)
        registry.run_hooks("suite_after_update", run=run, step=step, metrics=metrics)

    def on_evaluate(self, run: Run, step: int) -> None:
        """Measure the policy; at most once a step."""
        if not self.writes:
            return
        last = [r for r in self.folder.rows("metrics.jsonl") if r["kind"] == "eval"][-1:]
        if last and last[0]["step"] == step:
            return
        numbers = self.evaluate(run, step)
        row = {"kind": "eval", "step": step, "reward_calls": run.reward_calls}
        self.folder.append("metrics.jsonl", {**row, **numbers})
        self._track("eval", step, numbers)
        self._last = time.monotonic()

    def _track(self, kind: str, step: int, numbers: Mapping[str, float | None]) -> None:
        if self.tracker is not None:
            known = {f"{kind}/{k}": float(v) for k, v in numbers.items() if v is not None}
            self.tracker.log(step, known)

    def on_checkpoint(self, run: Run, step: int, path: Path) -> None:
        """A checkpoint is safe on the disk, of ``step`` steps and perhaps a part of the next."""
        registry.run_hooks("suite_on_checkpoint", run=run, step=step, path=path)

    def position(self) -> dict[str, Any]:
        """How much of the metrics belongs to this checkpoint."""
        return {"metrics": self.folder.size("metrics.jsonl")}

    def restore(self, position: dict[str, Any]) -> None:
        """Forget what came after the checkpoint."""
        self.folder.cut("metrics.jsonl", int(position["metrics"]))
