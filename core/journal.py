"""Results from outside (commands, tools, judges), written down before they are used.

A resumed run reads the same answers back instead of asking again, so that what follows is what
would have followed. Deterministic rewards need no journal: they are asked again.
"""

import hashlib
import json
import os
from pathlib import Path

import torch
from torch import Tensor

from suite.core.records import Samples, Scores


class Journal:
    """An append-only file of scores, keyed by what was asked and when."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[str, dict[str, list[object]]] = {}
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
            reason=tuple(row["reason"]) if row["reason"] else None,  # type: ignore[arg-type]
        )

    def put(self, key: str, scores: Scores) -> None:
        """Record and flush to the disk before the scores are used."""
        row = {
            "value": scores.value.double().tolist(),
            "valid": scores.valid.tolist(),
            "reason": list(scores.reason or ()),
        }
        with self.path.open("a") as file:
            file.write(json.dumps({"key": key, **row}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._known[key] = row


def _read_line(line: str, known: dict[str, dict[str, list[object]]]) -> None:
    """A line cut short by a kill was never used: it is left out and will be asked again."""
    try:
        row = json.loads(line)
        known[row.pop("key")] = row
    except (json.JSONDecodeError, KeyError):
        return


def samples_key(samples: Samples, *, purpose: str, step: int) -> str:
    """A key that names the question: purpose, step and the samples' own bytes."""
    digest = hashlib.blake2b(digest_size=16)
    views: tuple[Tensor | tuple[object, ...] | None, ...] = (
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
