"""Counter-based randomness: one stream a row, keyed by (run seed, step, row, purpose).

A row's numbers do not depend on which process draws them, on the batch it sits in, on its slot, or
on what other rows drew: they depend on the key alone. NumPy's Philox serves (128-bit key), because
torch's CPU generator keeps only 32 bits of its seed, where a hundred thousand streams collide.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.random.bit_generator import ISeedSequence
from torch import Tensor

TINY = float(np.finfo(np.float32).tiny)


def _key_bytes(seed: int, step: int, purpose: str, row: int) -> bytes:
    text = f"{seed}/{step}/{purpose}/{row}".encode()
    return hashlib.blake2b(text, digest_size=16).digest()


def stream_key(seed: int, step: int, purpose: str, row: int) -> int:
    """The 128-bit key of one stream: a hash, so that nearby counters share nothing."""
    return int.from_bytes(_key_bytes(seed, step, purpose, row), "little")


class _Key(ISeedSequence):
    """Hands Philox its key as it is.

    ``Philox(key=...)`` gives the same numbers, but asks the system for entropy that it never uses,
    which takes longer than all the rest of making a stream.
    """

    def __init__(self, words: np.ndarray[Any, Any]) -> None:
        self._words = words

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray[Any, Any]:
        """The key, [2] of uint64: what Philox asks for."""
        assert n_words == len(self._words)
        assert dtype == self._words.dtype
        return self._words


class Streams:
    """N independent random streams, one a row.

    Draws advance each row's own stream. ``select`` gives a view of some rows that shares their
    streams, so that finished rows can be left out without disturbing the others.
    """

    def __init__(
        self, seed: int, step: int, purpose: str, rows: Sequence[int], *, device: Any = "cpu"
    ) -> None:
        self.seed, self.step, self.purpose = seed, step, purpose
        self.row_ids = [int(row) for row in rows]
        self.device = device

    @cached_property
    def _generators(self) -> list[np.random.Generator]:
        """Made at the first draw: they take microseconds each, and most losses never draw."""
        keys = (_key_bytes(self.seed, self.step, self.purpose, row) for row in self.row_ids)
        words = np.frombuffer(b"".join(keys), dtype="<u8").astype(np.uint64).reshape(-1, 2)
        # numpy documents ISeedSequence as an argument; its annotations leave it out.
        return [
            np.random.Generator(np.random.Philox(_Key(pair)))  # type: ignore[arg-type]
            for pair in words
        ]

    def __len__(self) -> int:
        return len(self.row_ids)

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on (0, 1), [N, *shape], float32; never exactly 0, so that logs are finite."""
        draws = np.empty((len(self), *shape), dtype=np.float32)
        for i, generator in enumerate(self._generators):
            draws[i] = generator.random(shape, dtype=np.float32)
        return torch.from_numpy(np.maximum(draws, TINY)).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, [N, *shape], float32."""
        draws = np.empty((len(self), *shape), dtype=np.float32)
        for i, generator in enumerate(self._generators):
            draws[i] = generator.standard_normal(shape, dtype=np.float32)
        return torch.from_numpy(draws).to(self.device)

    def gumbel(self, *shape: int) -> Tensor:
        """Standard Gumbel, [N, *shape]; argmax(logits + gumbel) is a categorical draw."""
        return -torch.log((-torch.log(self.uniform(*shape))).clamp_min(TINY))

    def integers(self, high: int, *shape: int) -> Tensor:
        """Integers in [0, high), [N, *shape], long."""
        return (self.uniform(*shape).double() * high).long().clamp_max(high - 1)

    def fork(self, purpose: str) -> "Streams":
        """Fresh streams of the same rows for another purpose; two forks of one name are equal.

        This is how a policy and its reference read the same masks, times and noise.
        """
        name = f"{self.purpose}/{purpose}"
        return Streams(self.seed, self.step, name, self.row_ids, device=self.device)

    def select(self, rows: Tensor) -> "Streams":
        """A view of some rows, [K] long, sharing their streams."""
        view = object.__new__(Streams)
        view.seed, view.step, view.purpose = self.seed, self.step, self.purpose
        chosen = rows.tolist()
        view.row_ids = [self.row_ids[i] for i in chosen]
        view._generators = [self._generators[i] for i in chosen]
        view.device = self.device
        return view


def permutation(seed: int, step: int, purpose: str, size: int) -> Tensor:
    """A random order of ``size`` items, [size], long: a pure function of its arguments."""
    generator = np.random.Generator(np.random.Philox(key=stream_key(seed, step, purpose, 0)))
    return torch.from_numpy(generator.permutation(size))
