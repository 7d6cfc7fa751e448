"""Contexts that are made from a seed and a number when they are first asked for.

Numbers of held-out rows and of training rows are drawn from one generator; a hash of the prompt
says which part a row belongs to, so that none is in two.
"""

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples

STRIDE = 840 << 40  # keeps the remainder by small counts, and lies beyond all that is asked for
MOST_TRIES = 10_000
HELD_OUT_EVERY = 5  # one prompt in so many is held out


@dataclass(kw_only=True, eq=False)
class SeededContexts(Contexts):
    """Rows with a "prompt", made by ``make``; demonstrations are what ``answers`` gives.

    Subclasses are dataclasses too: a setting more is a field more.

    Args:
        num_train, num_held_out: rows of each; num_demonstrations: answers to train a base on;
            num_held_out_demonstrations: answers to held-out rows.
        slips: the share of demonstrations that are wrong, as a corpus that people wrote is.
        seed: of all of them.

    Raises:
        SuiteError: a number below 1 (below 0 for demonstrations), or a share that is none.
    """

    num_train: int = 2048
    num_held_out: int = 512
    num_demonstrations: int = 32768
    num_held_out_demonstrations: int = 512
    slips: float = 0.0
    seed: int = 0
    _rows: dict[tuple[bool, int], Mapping[str, Any]] = field(
        default_factory=dict, init=False, repr=False
    )

    def __post_init__(self) -> None:
        if min(self.num_train, self.num_held_out) < 1 or self.num_demonstrations < 0:
            raise SuiteError(
                "contexts.num_train and contexts.num_held_out must be at least 1, and "
                "contexts.num_demonstrations at least 0."
            )
        if not 0 <= self.slips <= 1:
            raise SuiteError(f"contexts.slips must be a share, 0 to 1; got {self.slips}.")

    @abstractmethod
    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        """The row of a number; what is drawn depends on ``seed`` and ``number`` alone."""

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        """What the base's corpus answers to a row, where samples are texts."""
        raise NotImplementedError(f"{type(self).__name__} has no demonstrations")

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        """The corpus's answers to rows: texts, unless a subclass makes other samples."""
        return Samples(native=tuple(map(self.demonstrate, rows, numbers)))

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        """Whether a row is of that part: by default a hash of its prompt says it."""
        digest = hashlib.blake2b(str(row["prompt"]).encode(), digest_size=4).digest()
        return (int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0) == held_out

    def row(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        """Row ``number`` of a part."""
        key = (held_out, number)
        if key not in self._rows:
            self._rows[key] = self._first(number, held_out=held_out)
        return self._rows[key]

    def _first(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        for attempt in range(MOST_TRIES):
            made = self.make(number + attempt * STRIDE, held_out=held_out)
            if self.belongs(made, held_out=held_out):
                return made
        part = "held-out" if held_out else "training"
        raise AssertionError(f"{type(self).__name__} makes no row of the {part} part")

    def _context(self, index: Tensor, first: int, *, held_out: bool) -> Context:
        rows = [self.row(first + one, held_out=held_out) for one in index.tolist()]
        return Context(index=index, native=tuple(rows))

    def train(self, index: Tensor) -> Context:
        return self._context(index, 0, held_out=False)

    def held_out(self, index: Tensor) -> Context:
        return self._context(index, 0, held_out=True)

    def demonstrated(self, number: int) -> Mapping[str, Any]:
        """The row that a demonstration answers: a training row, unless a corpus has others too."""
        return self.row(number, held_out=False)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        numbers = [self.num_train + one for one in index.tolist()]
        return self._answered(index, numbers, list(map(self.demonstrated, numbers)))

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        numbers = [self.num_held_out + one for one in index.tolist()]
        return self._answered(index, numbers, [self.row(one, held_out=True) for one in numbers])

    def _answered(
        self, index: Tensor, numbers: Sequence[int], rows: Sequence[Mapping[str, Any]]
    ) -> tuple[Context, Samples]:
        return Context(index=index, native=tuple(rows)), self.answers(rows, numbers)
