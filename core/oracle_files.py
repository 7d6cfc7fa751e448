"""Learned oracles on disk: saved beside the hashes of their rows, and kept in the cache.

Shapes: N rows, L positions, V letters.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from suite.core import cache
from suite.core.errors import SuiteError
from suite.core.oracle import Oracle, OracleReport, OracleSettings, train_oracle
from suite.core.oracle_metrics import Calibration
from suite.core.oracle_network import Members

SPLITS = ("train", "validation", "test")
FILES = ("oracle.safetensors", "oracle.json")
CODE = ("oracle.py", "oracle_metrics.py", "oracle_network.py")


def save_oracle(oracle: Oracle, folder: Path) -> None:
    """Write oracle.safetensors (opens anywhere) and oracle.json (settings, report, row hashes)."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"members.{k}": v.cpu().contiguous() for k, v in oracle.members.state_dict().items()}
    save_file({**tensors, "x": oracle.calibration.x, "y": oracle.calibration.y}, folder / FILES[0])
    note = {
        "schema": 1,
        "settings": oracle.settings.model_dump(mode="json"),
        "report": asdict(oracle.report),
        "shape": oracle.shape,
        "centre": oracle.centre,
        "scale": oracle.scale,
        "slope": oracle.calibration.slope,
        "hashes": {name: sorted(rows) for name, rows in oracle.hashes.items()},
    }
    (folder / FILES[1]).write_text(json.dumps(note) + "\n")


def load_oracle(folder: Path) -> Oracle:
    """Read what ``save_oracle`` wrote.

    Raises:
        SuiteError: there is no oracle, or its files cannot be read.
    """
    try:
        note = json.loads((folder / FILES[1]).read_text())
        tensors = load_file(folder / FILES[0])
        settings = OracleSettings(**note["settings"])
        weights = {k.partition(".")[2]: v for k, v in tensors.items() if k.startswith("members.")}
        length, letters = note["shape"]
        hidden = settings.hidden if settings.model == "mlp" else ()
        count = settings.num_members if settings.model == "mlp" else 1
        members = Members((length * letters, *hidden, 1), count, torch.Generator())
        members.load_state_dict(weights)
        report = OracleReport(**{**note["report"], "rows": tuple(note["report"]["rows"])})
        slope, centre, scale = float(note["slope"]), float(note["centre"]), float(note["scale"])
        hashes = {name: frozenset(note["hashes"][name]) for name in SPLITS}
        knots = Calibration(x=tensors["x"], y=tensors["y"], slope=slope)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise SuiteError(
            f"no oracle can be read from '{folder}': {type(error).__name__}: {error}.\n"
            f"Name a folder with {FILES[0]} and {FILES[1]}, as save_oracle writes them."
        ) from error
    return Oracle(
        members=members.requires_grad_(requires_grad=False),
        calibration=knots,
        centre=centre,
        scale=scale,
        shape=(int(length), int(letters)),
        hashes=hashes,
        report=report,
        settings=settings,
    )


def cached_oracle(
    name: str,
    tokens: Tensor,
    targets: Tensor,
    settings: OracleSettings,
    seed: int,
    *,
    num_letters: int,
) -> Oracle:
    """``train_oracle``, kept in the cache under everything that it depends on.

    Arguments are those of ``train_oracle``, after the ``name`` that `suite cache list` shows.
    """
    digest = hashlib.blake2b(digest_size=10)
    for path in CODE:
        digest.update(Path(__file__).with_name(path).read_bytes())
    for tensor in (tokens.long(), targets.double()):
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    description: dict[str, Any] = {
        "task": name,
        "settings": settings.model_dump(mode="json"),
        "seed": seed,
        "shape": [*tokens.shape, num_letters],
        "data and code": digest.hexdigest(),
        "torch": torch.__version__,
    }
    key = cache.cache_key(description)
    with cache.locked(key):
        found = cache.lookup(key)
        if found is None:
            oracle = train_oracle(tokens, targets, settings, seed, num_letters=num_letters)
            with TemporaryDirectory() as folder:
                save_oracle(oracle, Path(folder))
                note = {**description, "report": asdict(oracle.report)}
                found = cache.store(key, {file: Path(folder) / file for file in FILES}, note)
        return load_oracle(found)
