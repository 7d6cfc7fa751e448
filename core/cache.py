"""Trained bases, kept between runs under a hash of everything they depend on.

One folder an entry: weights, a description, a checksum. Written under a temporary name with a lock
and renamed, so that two runs that need one base train it once and a kill leaves nothing half.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.core.checkpoint import broken_reason, checksum


def cache_folder() -> Path:
    """$SUITE_CACHE, or the user's cache folder."""
    given = os.environ.get("SUITE_CACHE")
    if given:
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "reward-suite"


def cache_key(description: Mapping[str, Any]) -> str:
    """A name for a description: equal descriptions, equal names."""
    text = json.dumps(description, sort_keys=True, default=repr)
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """One trained base: its folder, what it is, and its size in bytes."""

    path: Path
    description: Mapping[str, Any]
    size: int


def lookup(key: str) -> Path | None:
    """The folder of a cached entry whose checksums hold; a damaged one is dropped."""
    path = cache_folder() / key
    if not path.is_dir():
        return None
    if broken_reason(path) is not None:
        shutil.rmtree(path, ignore_errors=True)
        return None
    return path


def store(key: str, files: Mapping[str, Path], description: Mapping[str, Any]) -> Path:
    """Copy ``files`` (name -> source) into the cache under ``key``, atomically."""
    target = cache_folder() / key
    temporary = cache_folder() / f".{key}.{os.getpid()}.partial"
    temporary.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        shutil.copyfile(source, temporary / name)
    (temporary / "description.json").write_text(json.dumps(description, indent=1, default=repr))
    sums = {file.name: checksum(file) for file in sorted(temporary.iterdir())}
    (temporary / "manifest.json").write_text(json.dumps({"schema": 1, "sha256": sums}))
    shutil.rmtree(target, ignore_errors=True)
    temporary.rename(target)
    return target


@contextlib.contextmanager
def locked(key: str) -> Iterator[None]:
    """Hold the entry's lock; another process that needs the same base waits here."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{key}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)


def listing() -> list[CacheEntry]:
    """Every entry, newest first."""
    folder = cache_folder()
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        note = path / "description.json"
        if path.name.startswith(".") or not note.exists():
            continue
        size = sum(file.stat().st_size for file in path.iterdir())
        found.append(CacheEntry(path=path, description=json.loads(note.read_text()), size=size))
    return sorted(found, key=lambda entry: -entry.path.stat().st_mtime)


def text() -> str:
    """The cache's folder and a line an entry."""
    lines = [str(cache_folder())]
    for entry in listing():
        seconds = entry.description.get("seconds")
        trained = "" if seconds is None else f"  trained in {seconds} s"
        task = entry.description.get("task", "of an unnamed task")
        lines.append(f"{entry.path.name}  {entry.size / 1e6:.1f} MB  {task}{trained}")
    return "\n".join(lines)


def clear(older_than_seconds: float = 0.0) -> int:
    """Remove entries at least that old; returns how many."""
    now, count = time.time(), 0
    for entry in listing():
        if now - entry.path.stat().st_mtime >= older_than_seconds:
            shutil.rmtree(entry.path)
            count += 1
    return count
