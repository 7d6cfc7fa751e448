"""Bases: policies trained on a task's demonstrations on first use, and kept in the cache.

Training a base is a run of the one trainer with the algorithm that plays the role "trained_on"; its
settings are the task's, so that nothing here knows a family.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from suite.core import cache, registry
from suite.core.build import Built
from suite.core.config_model import parse_config
from suite.core.policy_files import on_disk
from suite.core.presets import resolve
from suite.core.progress import Progress
from suite.core.run import Run
from suite.core.saved_policy import load_saved
from suite.core.settings import TrainSettings
from suite.core.trainer import Trainer

ROLE = "trained_on"
SEED = 0  # a base does not depend on the run's seed: seeds of one task share it


def load_base(built: Built, progress: Progress) -> float:
    """Give the run's policy the weights of its base; returns the seconds of training (0: cached).

    Nothing is trained where --policy names a folder with weights.

    Raises:
        SuiteError: the run names a folder whose policy does not fit.
    """
    if load_saved(built):
        return 0.0
    if built.config.task.base is None or built.policy_use.name != built.config.task.policy.name:
        return 0.0
    description = describe(built)
    key = cache.cache_key(description)
    with cache.locked(key):
        found = cache.lookup(key)
        if found is not None:
            built.run.policy.load_state_dict(load_file(found / "policy.safetensors"))
            return 0.0
        return _train_and_store(built, key, description, progress)


def describe(built: Built) -> dict[str, Any]:
    """Everything that a base depends on, as plain data."""
    config = built.config
    use, contexts = built.policy_use, config.task.contexts
    owners = [registry.find("policy", use.name), registry.find("contexts", contexts.name)]
    return {
        "policy": [use.name, dict(use.config)],
        "contexts": [contexts.name, dict(contexts.config), config.section("contexts")],
        "base": {**dict(config.task.base or {}), **config.section("base")},
        "data": None if config.data is None else _file_hash(Path(config.data)),
        "code": [code_hash(entry) for entry in owners],
        "torch": torch.__version__,
    }


def code_hash(entry: registry.Entry) -> str:
    """A hash of every source file of a plugin."""
    digest = hashlib.blake2b(digest_size=10)
    for path in entry.sources():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:20]


def base_run(built: Built, settings: Mapping[str, Any]) -> tuple[Run, Any]:
    """A run of likelihood training on the demonstrations, and its algorithm."""
    entry = registry.by_role("algorithm", ROLE)
    assert entry is not None, "no algorithm plays the role 'trained_on'"
    recipe = resolve(entry.name)
    own = {k.partition(".")[2]: v for k, v in recipe.settings.items() if k.startswith("algo.")}
    algorithm = registry.make_algorithm(recipe.algorithm, own)
    train = parse_config(TrainSettings, settings, "base")
    run = replace(
        built.run, seed=SEED, settings=train, modules={}, state={}, reward_calls=0, journal=None
    )
    return run, algorithm


def _train_and_store(
    built: Built, key: str, description: dict[str, Any], progress: Progress
) -> float:
    import time

    started = time.monotonic()
    settings = {**dict(built.config.task.base or {}), **built.config.section("base")}
    run, algorithm = base_run(built, settings)
    progress.phase("base policy", run.settings.num_steps)
    trainer = Trainer(run, algorithm, listener=_Steps(progress))
    trainer.train()
    seconds = time.monotonic() - started
    with TemporaryDirectory() as folder:
        weights = Path(folder) / "policy.safetensors"
        save_file(on_disk(run.policy.state_dict()), weights)
        note = {**description, "task": built.config.task.name, "seconds": round(seconds, 1)}
        cache.store(
            key, {"policy.safetensors": weights}, json.loads(json.dumps(note, default=repr))
        )
    return seconds


class _Steps:
    """A trainer's listener that only advances a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def on_scored(self, *args: Any) -> None:
        """Demonstrations have no scores."""

    def on_collect(self, *args: Any) -> None:
        """Nothing to show."""

    def on_update(self, *args: Any) -> None:
        """Nothing to show."""

    def on_step(self, run: Run, step: int, metrics: dict[str, float]) -> None:
        """One step further; a likelihood that is not a number is named by the trainer."""
        assert math.isfinite(metrics["loss"])
        self.progress.advance(step)

    def on_evaluate(self, *args: Any) -> None:
        """Bases are measured by the run that uses them."""

    def on_checkpoint(self, *args: Any) -> None:
        """Bases keep no checkpoints."""

    def position(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, position: dict[str, Any]) -> None:
        """Nothing to restore."""
