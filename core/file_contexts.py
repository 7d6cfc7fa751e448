"""Contexts from rows that are there: split by a hash, so that no group is in two parts.

The rows come from a file in a format that a verifier knows, or are made by a library.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from suite.core import registry
from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context
from suite.core.verifier import Verifier, VerifierReward

Row = Mapping[str, Any]


class PartedContexts(Contexts):
    """Rows with a "prompt" in two parts, as they are given; ``Context.native`` holds them.

    Args:
        train, held_out: the rows of each part.
        source: what they came from, for errors.

    Raises:
        SuiteError: a part is empty.
    """

    def __init__(self, train: Sequence[Row], held_out: Sequence[Row], *, source: str) -> None:
        if not train or not held_out:
            raise SuiteError(
                f"{source} has {len(train)} training rows and {len(held_out)} held-out ones, and "
                "both parts need some.\nGive a file with more rows."
            )
        self._train, self._held_out = tuple(train), tuple(held_out)
        self.num_train, self.num_held_out = len(train), len(held_out)

    def train(self, index: Tensor) -> Context:
        return Context(index=index, native=tuple(self._train[i] for i in index.tolist()))

    def held_out(self, index: Tensor) -> Context:
        return Context(index=index, native=tuple(self._held_out[i] for i in index.tolist()))


class RowContexts(PartedContexts):
    """Rows that are split by a hash.

    Args:
        rows: in any order; a prompt that stands twice counts once.
        source: what the rows came from, for errors.
        held_out: the share of groups that are held out: those whose hashes come first.
        group: what of a row must not be in two parts; by default its prompt.

    Raises:
        SuiteError: the share is none, or there are fewer than two groups.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        source: str,
        held_out: float,
        group: Callable[[Row], str] = lambda row: str(row["prompt"]),
    ) -> None:
        if not 0 < held_out < 1:
            raise SuiteError(f"contexts.held_out must be between 0 and 1; got {held_out}.")
        unique = list({row["prompt"]: row for row in rows}.values())
        ranked = sorted({group(row) for row in unique}, key=_digest)
        if len(ranked) < 2:
            raise SuiteError(
                f"{source} has {len(unique)} rows that can be told apart, in {len(ranked)} groups "
                "(rows about the same thing stay together), and one part of them would be empty."
                "\nGive two groups at least, one to train on and one to hold out."
            )
        count = min(max(1, round(held_out * len(ranked))), len(ranked) - 1)
        apart = frozenset(ranked[:count])
        super().__init__(
            [row for row in unique if group(row) not in apart],
            [row for row in unique if group(row) in apart],
            source=source,
        )


def judged_rows(
    reward: str, path: Path, *, skip: bool = False, settings: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows of a file as the verifier behind ``reward`` reads them, each tried as an item.

    Args:
        reward: the name of a verifier's reward.
        path: the file.
        skip: leave rows out that cannot be judged, where data is known for some.
        settings: of the reward.

    Raises:
        SuiteError: the file cannot be read or has no rows, a row cannot be judged, or none can.
    """
    made = registry.make_reward(reward, settings or {})
    assert isinstance(made, VerifierReward), f"{reward} judges no texts"
    with made.verifier as verifier:
        rows = list(verifier.rows(path))
        if not rows:
            raise SuiteError(f"'{path}' has no rows.\nGive a file with problems: --data FILE.")
        errors = [_item_error(verifier, row) for row in rows]
    kept = [row for row, error in zip(rows, errors, strict=True) if error is None]
    if kept and (skip or len(kept) == len(rows)):
        return kept
    number, first = next((n, error) for n, error in enumerate(errors, 1) if error is not None)
    raise SuiteError(
        f"'{path}', row {number}, cannot be judged by {reward}: {first}\n"
        f"{len(rows) - len(kept)} of {len(rows)} rows are like this. Correct or drop them."
    ) from first


def _item_error(verifier: Verifier[Any], row: Row) -> SuiteError | None:
    try:
        verifier.item(row)
    except SuiteError as error:
        return error
    return None


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
