"""Starts of episodes (the seed decides), and demonstrations to clone.

Shapes: S turns a fragment, O observation size, H actions a chunk, E numbers an action chunk.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.robotics.experts import play
from suite.domains.robotics.gym import from_space, probe

KEYS = ("obs", "acts", "indices")


class Starts(Contexts):
    """One empty context; training and held-out episodes differ in the seeds of their starts.

    Args:
        id: of the environment.
        data: an .npz of expert episodes (obs, acts, indices), or None: a scripted expert plays.
        episodes: how many to clone; steps: actions an episode; slip: share of random actions of
            the scripted expert; chunk: actions a turn; fragment: turns a demonstration.
    """

    num_train = 1

    def __init__(
        self,
        *,
        id: str,
        data: str | None = None,
        episodes: int = 0,
        steps: int = 200,
        slip: float = 0.0,
        chunk: int = 1,
        fragment: int = 8,
    ) -> None:
        self.chunk, self.fragment = chunk, fragment
        self.space, self.sizes = probe(id)
        if data is not None:
            found = read_episodes(Path(data), self.sizes["observation"], self.space)
            found = found[: episodes or None]
        else:
            found = play(id, episodes=episodes, steps=steps, slip=slip, seed=0) if episodes else []
        rows = [row for seen, acts in found for row in self._fragments(seen, acts)]
        self.values = torch.tensor(np.stack(rows), dtype=torch.float32) if rows else None
        self.num_demonstrations = len(rows)

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        assert self.values is not None
        return self.train(index), Samples(values=self.values[index])

    def _fragments(self, seen: Any, acts: Any) -> list[Any]:
        """An episode as fragments [S (1 + O + E)]; turns of the last one may be missing."""
        if isinstance(self.space, spaces.Discrete):
            acts = acts.reshape(len(acts), 1) - int(self.space.start)
        else:
            acts = from_space(self.space, acts.reshape(len(acts), -1))
        whole = len(acts) // self.chunk
        acts = acts[: whole * self.chunk].reshape(whole, -1)
        seen = seen[: whole * self.chunk : self.chunk]
        turns = np.concatenate([np.ones((whole, 1)), seen, acts], axis=1)
        short = -whole % self.fragment
        turns = np.concatenate([turns, np.zeros((short, turns.shape[1]))])
        return list(turns.reshape(len(turns) // self.fragment, -1))


def read_episodes(path: Path, size: int, space: Any) -> list[tuple[Any, Any]]:
    """Episodes of a file in the flat form of the `imitation` project.

    Returns:
        Observations [n, O] and native actions [n, ...] of each episode.

    Raises:
        SuiteError: the file cannot be read, lacks a key, or does not fit the environment.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = [key for key in KEYS if key not in file]
            table = {key: file[key] for key in KEYS if key in file}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SuiteError(
            f"cannot read the demonstrations in '{path}': {error}.\n"
            f"Give an .npz with the arrays {', '.join(KEYS)}."
        ) from error
    if missing:
        raise SuiteError(
            f"'{path}' has no array {', '.join(missing)}.\nDemonstrations are an .npz with the "
            f"arrays {', '.join(KEYS)}: one more row of obs than of acts an episode."
        )
    obs, acts, cuts = table["obs"], table["acts"], table["indices"]
    wanted = 1 if isinstance(space, spaces.Discrete) else int(np.prod(space.shape))
    if obs.shape[1:] != (size,) or acts.reshape(len(acts), -1).shape[1:] != (wanted,):
        raise SuiteError(
            f"'{path}' holds observations {list(obs.shape[1:])} and actions "
            f"{list(acts.shape[1:])}; the environment has {[size]} and {list(space.shape)}.\n"
            "Name the file of another environment, or --set environment.id."
        )
    if len(obs) != len(acts) + len(cuts) + 1:
        raise SuiteError(
            f"'{path}' has {len(obs)} observations for {len(acts)} actions in {len(cuts) + 1} "
            "episodes.\nEach episode needs one more observation than actions."
        )
    parts = np.split(acts, cuts)
    starts = np.cumsum([0, *(len(part) + 1 for part in parts)])
    return [(obs[s : s + len(a)], a) for s, a in zip(starts[:-1], parts, strict=True)]
