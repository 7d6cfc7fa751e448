"""Damaged checkpoints, full disks and folders without permission: one clear line each."""

import errno
import json
import os
import pickle
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from suite.cli import main
from suite.core import api, checkpoint
from suite.core.checkpoint import broken_reason, newest_good, sorted_names
from suite.core.errors import SuiteError
from suite.core.outcome import Outcome
from suite.core.progress import Silent
from suite.core.run_folder import RunFolder

Train = Callable[..., Outcome]


class Heard(Silent):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        """Remember the line."""
        self.lines.append(text)


def interrupted(folder: Path) -> list[Path]:
    """Take a finished run's end back: its last checkpoints stand inside a step. Oldest first."""
    RunFolder.open(folder).update(status="running")
    kept = [folder / "checkpoints" / name for name in sorted_names(folder / "checkpoints")]
    shutil.rmtree(kept.pop())  # the one written at the very end
    assert len(kept) >= 2
    return kept


def halve(path: Path) -> None:
    """Cut a file in the middle, as a full disk or a lost block does."""
    os.truncate(path, path.stat().st_size // 2)


def arguments(folder: Path, small: Mapping[str, Any]) -> list[str]:
    """The command line of the small run."""
    sets = [f"--set={k}={json.dumps(v)}" for k, v in small.items()]
    options = ["--task", "micro/token", "--algo", "rloo", "--seed", "1", "--out", str(folder)]
    return ["run", *options, *sets]


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["state.pt", "policy.safetensors", "manifest.json"])
def test_a_truncated_checkpoint_is_passed_over_by_name_and_the_run_repeats_itself(
    tmp_path: Path, train: Train, file: str
) -> None:
    """The one before is used, both are named, and the metrics come out the same."""
    train(tmp_path / "run", settings={"train.keep_checkpoints": 4})
    expected = (tmp_path / "run/metrics.jsonl").read_bytes()
    *_, before, newest = interrupted(tmp_path / "run")
    halve(newest / file)
    heard = Heard()
    api.resume(tmp_path / "run", progress=heard)
    said = "\n".join(heard.lines)
    assert f"checkpoint '{newest.name}' is damaged" in said
    assert f"going on from checkpoint '{before.name}'" in said
    assert (tmp_path / "run/metrics.jsonl").read_bytes() == expected


def test_without_a_good_checkpoint_a_resume_stops_and_names_each(
    tmp_path: Path, train: Train
) -> None:
    """Not a silent start from the first step; the metrics stay as they are."""
    train(tmp_path / "run", settings={"train.keep_checkpoints": 3})
    kept = interrupted(tmp_path / "run")
    for path in kept:
        halve(path / "state.pt")
    metrics = (tmp_path / "run/metrics.jsonl").read_bytes()
    answer = CliRunner().invoke(main, ["resume", str(tmp_path / "run")])
    assert answer.exit_code == 2
    assert f"none of the {len(kept)} checkpoints in" in answer.output
    assert all(f"'{path.name}' is damaged" in answer.output for path in kept)
    assert "Put a good copy back, or delete that folder" in answer.output
    assert (tmp_path / "run/metrics.jsonl").read_bytes() == metrics


@pytest.mark.parametrize("text", ["", "[]", '{"sha256": {}}', '{"sha256": 3}'])
def test_a_manifest_that_vouches_for_nothing_is_not_believed(
    tmp_path: Path, train: Train, text: str
) -> None:
    """An empty list of checksums holds trivially; it must not count as good."""
    train(tmp_path / "run", settings={"train.num_steps": 1})
    folder = tmp_path / "run/checkpoints"
    path, _ = newest_good(folder)
    assert path is not None
    (path / "manifest.json").write_text(text)
    next_best, passed = newest_good(folder)
    assert next_best != path
    assert passed[0].startswith(f"checkpoint '{path.name}' is damaged (")


# --- no room ------------------------------------------------------------------------------------


def full_after(count: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """A function that writes ``count`` times and then finds the disk full."""
    calls = 0

    def write(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*given, **named)

    return write


def test_a_full_disk_ends_with_one_message_and_the_last_checkpoint_intact(
    tmp_path: Path, small: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2; after room is made the run is resumed to its end."""
    monkeypatch.setattr(checkpoint.torch, "save", full_after(5, checkpoint.torch.save))
    answer = CliRunner().invoke(main, arguments(tmp_path / "run", small))
    assert answer.exit_code == 2
    names = sorted_names(tmp_path / "run/checkpoints")
    assert names[-1].endswith("update-00000005")
    assert "could not be written to" in answer.output
    assert "No space left on device" in answer.output
    assert f"The last good checkpoint is {names[-1]}" in answer.output
    assert "Traceback" not in answer.output
    assert [broken_reason(tmp_path / "run/checkpoints" / name) for name in names] == [None, None]

    monkeypatch.undo()
    api.resume(tmp_path / "run")
    assert RunFolder.open(tmp_path / "run").info()["status"] == "finished"


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (1_000, "'base.safetensors' could not be written to"),
        (4_000, "the checkpoint 'step-000000-update-00000001' could not be written to"),
        (12_000, "report.html': File too large"),
    ],
)
def test_a_file_that_may_not_grow_is_refused_by_the_system_and_told_in_one_message(
    tmp_path: Path, small: Mapping[str, Any], limit: int, message: str
) -> None:
    """The limit in bytes falls on what safetensors, torch or Python writes, for real."""
    answer = subprocess.run(
        [sys.executable, "-m", "suite.cli", *arguments(tmp_path / "run", small)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert answer.returncode == 2, answer.stderr
    assert message in answer.stderr
    assert len(answer.stderr.strip().splitlines()) <= 2
    assert "Traceback" not in answer.stderr
    assert "internal error" not in answer.stderr
    for name in sorted_names(tmp_path / "run/checkpoints"):
        assert broken_reason(tmp_path / "run/checkpoints" / name) is None


def test_full_metrics_are_the_users_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the file, the folder, the cause and the command that goes on."""
    folder = RunFolder.create(tmp_path / "run")
    monkeypatch.setattr(Path, "open", full_after(0, Path.open))
    with pytest.raises(SuiteError) as caught:
        folder.append("metrics.jsonl", {"step": 1})
    assert str(caught.value) == (
        f"'metrics.jsonl' could not be written to {tmp_path / 'run'}: No space left on device.\n"
        "The last good checkpoint is none. Free space or mend the folder's permissions, then "
        f"`suite resume {tmp_path / 'run'}`."
    )


def test_an_output_folder_without_permission_is_refused_before_anything_runs(
    tmp_path: Path, small: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's refusal is imitated: a superuser would be let through by permissions."""

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    answer = CliRunner().invoke(main, arguments(tmp_path / "closed/run", small))
    assert answer.exit_code == 2
    assert answer.output.strip() == (
        f"the output folder '{tmp_path / 'closed/run'}' cannot be written: Permission denied.\n"
        "Choose another --out."
    )


def test_an_output_path_through_a_file_is_refused(tmp_path: Path, small: Mapping[str, Any]) -> None:
    """No imitation: the system itself refuses a folder below a file, whoever asks."""
    (tmp_path / "file").write_text("")
    answer = CliRunner().invoke(main, arguments(tmp_path / "file/run", small))
    assert answer.exit_code == 2
    assert "cannot be written: Not a directory" in answer.output


class Harmful:
    """Unpickling it would run a command."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("way", ["torch", "pickle"])
def test_a_forged_state_runs_nothing_and_is_refused(tmp_path: Path, train: Train, way: str) -> None:
    """Its checksums are right, for whoever forges the one forges the other."""
    train(tmp_path / "run", settings={"train.keep_checkpoints": 3})
    newest = interrupted(tmp_path / "run")[-1]
    trace, state = tmp_path / "trace", {"progress": Harmful(tmp_path / "trace")}
    if way == "torch":
        torch.save(state, newest / "state.pt")
    else:
        (newest / "state.pt").write_bytes(pickle.dumps(state, protocol=2))
    sums = {name: checkpoint.checksum(newest / name) for name in checkpoint.FILES}
    (newest / "manifest.json").write_text(json.dumps({"schema": 1, "sha256": sums}))

    with pytest.raises(SuiteError) as caught:
        api.resume(tmp_path / "run")

    assert "holds more than tensors and records, and is not read" in str(caught.value)
    assert "No suite wrote it so" in str(caught.value)
    assert not trace.exists()
