"""The contexts of a task: what samples are asked for, and what a base may be trained on.

Train and held-out contexts never mix; the trainer checks it by hash before the first update.
"""

import hashlib
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from suite.core.randomness import permutation
from suite.core.records import Context, Samples


class Contexts(ABC):
    """Rows that a task asks about, split into train and held-out.

    Attributes:
        num_train, num_held_out: how many contexts there are of each; held-out may be 0 where there
            is nothing to hold out (one unconditional context).
        num_demonstrations: how many finished samples a base can be trained on; 0 if none.
    """

    num_train: int = 1
    num_held_out: int = 0
    num_demonstrations: int = 0

    @abstractmethod
    def train(self, index: Tensor) -> Context:
        """Training contexts ``index`` [B]."""

    def held_out(self, index: Tensor) -> Context:
        """Held-out contexts ``index`` [B]; the training ones where nothing is held out."""
        return self.train(index)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        """Finished samples ``index`` [B] with their contexts; may serve held-out contexts too."""
        raise NotImplementedError(f"{type(self).__name__} has no demonstrations")

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        """Finished samples that no base was trained on, for its held-out likelihood."""
        raise NotImplementedError(f"{type(self).__name__} has no held-out demonstrations")

    def fingerprints(self) -> tuple[frozenset[str], frozenset[str]]:
        """Hashes of every train and held-out context, for the disjointness self-check."""
        if self.num_held_out == 0:
            return frozenset(), frozenset()
        train = self.train(torch.arange(self.num_train))
        held_out = self.held_out(torch.arange(self.num_held_out))
        return _hashes(train), _hashes(held_out)


class Unconditioned(Contexts):
    """One empty context: samples are made out of nothing."""

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))


def pick_contexts(seed: int, step: int, count: int, total: int, purpose: str) -> Tensor:
    """Contexts of one step, [count]: successive epochs, each a fresh permutation.

    A pure function of its arguments: position j of the endless stream is row j mod total of epoch
    j div total.
    """
    first = step * count
    positions = torch.arange(first, first + count)
    epochs = positions // total
    orders = {int(e): permutation(seed, int(e), purpose, total) for e in epochs.unique()}
    rows = [orders[int(p) // total][int(p) % total] for p in positions]
    return torch.stack(rows)


def _hashes(context: Context) -> frozenset[str]:
    found = set()
    for row in range(len(context)):
        digest = hashlib.blake2b(digest_size=16)
        for key in sorted(context.data):
            digest.update(key.encode() + context.data[key][row].cpu().numpy().tobytes())
        if context.native is not None:
            digest.update(repr(context.native[row]).encode())
        found.add(digest.hexdigest())
    return frozenset(found)
