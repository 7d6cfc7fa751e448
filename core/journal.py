"""Results from outside (commands, tools, judges), written down before they are used.

A resumed run reads the same answers back instead of asking again, so that what follows is what
would have followed. Deterministic rewards need no journal: they are asked again.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from suite.core.records import Context, Samples, Scores


class Journal:
    """An append-only file of scores, keyed by what was asked and when."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                _read_line(line, self._known)

    def get(self, key: str) -> Scores | None:
        """The recorded scores of ``key``, or None."""
        row = self._known.get(key)
        if row is None:
            return None
        return Scores(
            value=torch.tensor(row["value"], dtype=torch.float32),
            valid=torch.tensor(row["valid"], dtype=torch.bool),
            reason=tuple(row["reason"]) if row["reason"] else None,
            parts={name: torch.tensor(part) for name, part in row["parts"].items()},
        )

    def put(self, key: str, scores: Scores) -> None:
        """Record and flush to the disk before the scores are used."""
        row = {
            "value": scores.value.double().tolist(),
            "valid": scores.valid.tolist(),
            "reason": list(scores.reason or ()),
            "parts": {name: part.double().tolist() for name, part in scores.parts.items()},
        }
        line = json.dumps({"key": key, **row}) + "\n"
        with self.path.open("ab+") as file:
            # A kill may have cut the last line short: this one must not be glued to it.
            file.write(("" if _ends_whole(file) else "\n").encode() + line.encode())
            file.flush()
            os.fsync(file.fileno())
        self._known[key] = row


def _ends_whole(file: BinaryIO) -> bool:
    """Whether a file is empty or ends with a whole line."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _read_line(line: str, known: dict[str, dict[str, Any]]) -> None:
    """A line cut short by a kill was never used: it is left out and will be asked again."""
    try:
        row = json.loads(line)
        known[row.pop("key")] = row
    except (json.JSONDecodeError, KeyError):
        return


def samples_key(samples: Samples, context: Context, *, purpose: str, step: int) -> str:
    """A key that names the question: purpose, step, the samples' own bytes and their contexts."""
    digest = hashlib.blake2b(digest_size=16)
    views: tuple[Tensor | tuple[object, ...] | None, ...] = (
        context.index,
        samples.tokens,
        samples.values,
        samples.native,
    )
    for view in views:
        if isinstance(view, Tensor):
            digest.update(view.detach().cpu().contiguous().numpy().tobytes())
        elif view is not None:
            digest.update(repr(view).encode())
    return f"{purpose}/{step}/{digest.hexdigest()}"
