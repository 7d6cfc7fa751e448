"""Checkpoints: written whole or not at all, and believed only when their checksums hold.

A checkpoint is a folder: ``policy.safetensors`` (opens anywhere), ``state.pt`` (optimizers,
modules, algorithm state, the experience in flight), ``manifest.json`` (sha256 of both). It is
written under a temporary name, flushed, and renamed: a kill at any moment leaves the one before
intact.
"""

import hashlib
import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.policy_files import on_disk
from suite.core.records import Context, Samples, Scores, Trajectory

RECORDS: list[Any] = [Context, Samples, Scores, Trajectory]
MANIFEST = "manifest.json"
FILES = frozenset({"policy.safetensors", "state.pt"})


def save_checkpoint(
    folder: Path, name: str, weights: dict[str, Tensor], state: dict[str, Any], *, keep: int
) -> Path:
    """Write ``folder/name`` atomically, then drop all but the newest ``keep``.

    Raises:
        SuiteError: the disk is full or the folder cannot be written; earlier checkpoints stay.
    """
    target, temporary = folder / name, folder / f".{name}.partial"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        _write(temporary, weights, state)
        _put_in_place(temporary, target)
    # A full disk is an OSError to Python, but torch and safetensors have words of their own.
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        last = latest_name(folder)
        raise SuiteError(
            f"the checkpoint '{name}' could not be written to {folder}: {_cause(error)}.\n"
            f"The last good checkpoint is {last or 'none'}. Free space or choose another --out, "
            "then `suite resume` the run."
        ) from error
    for old in sorted_names(folder)[:-keep]:
        shutil.rmtree(folder / old, ignore_errors=True)
    return target


def _cause(error: Exception) -> str:
    """The system's words; torch says of a full disk only that a position is unexpected."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = str(error).partition("\n")[0].rstrip(" .")
    return f"only a part could be written, as on a full disk ({first})"


def _write(folder: Path, weights: dict[str, Tensor], state: dict[str, Any]) -> None:
    save_file(on_disk(weights), folder / "policy.safetensors")
    torch.save(state, folder / "state.pt")
    sums = {file.name: checksum(file) for file in sorted(folder.iterdir())}
    (folder / MANIFEST).write_text(json.dumps({"schema": 1, "sha256": sums}))
    for file in folder.iterdir():
        _flush(file)


def _put_in_place(temporary: Path, target: Path) -> None:
    """Rename; one of the same name is moved aside whole, so that no half of it is ever seen."""
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    temporary.rename(target)
    _flush(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksum(path: Path) -> str:
    """sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sorted_names(folder: Path) -> list[str]:
    """Names of the checkpoints there, oldest first; the step is in the name."""
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def latest_name(folder: Path) -> str | None:
    """The newest checkpoint's name, or None."""
    names = sorted_names(folder)
    return names[-1] if names else None


def broken_reason(path: Path, files: frozenset[str] | None = None) -> str | None:
    """Why a checksummed folder cannot be believed, or None; ``files`` must all be there."""
    manifest = path / MANIFEST
    try:
        sums = dict(json.loads(manifest.read_text())["sha256"])
        if files is not None and set(sums) != files:
            return f"{MANIFEST} names {sorted(sums)} instead of {sorted(files)}"
        for name, expected in sums.items():
            if checksum(path / name) != expected:
                return f"{name} does not match its checksum"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights and state of one checkpoint; nothing in it is executed.

    Raises:
        SuiteError: the state holds something other than tensors, containers and our records.
    """
    try:
        with torch.serialization.safe_globals(RECORDS):
            state = torch.load(path / "state.pt", weights_only=True)
    except pickle.UnpicklingError as error:
        raise SuiteError(
            f"the checkpoint '{path}' holds more than tensors and records, and is not read.\n"
            "No suite wrote it so. Do not use this folder."
        ) from error
    return load_file(path / "policy.safetensors"), state


def newest_good(folder: Path) -> tuple[Path | None, list[str]]:
    """The newest checkpoint whose checksums hold, and what was said of those passed over."""
    passed: list[str] = []
    for name in reversed(sorted_names(folder)):
        reason = broken_reason(folder / name, FILES)
        if reason is None:
            return folder / name, passed
        passed.append(f"checkpoint '{name}' is damaged ({reason}); looking at the one before")
    return None, passed
