"""Handwritten digits of 8 by 8 pixels: the rows, their three parts, and captions "zero" to "nine".

The optical digits of E. Alpaydin and C. Kaynak (UCI Machine Learning Repository, CC BY 4.0) as
scikit-learn ships them: 1,797 of them, [1, 8, 8] in [-1, 1]. A hash of its pixels puts a digit into
one part: half of those that learning may see trains the reward's classifier, the other half the
judge that is held out, and a fifth is seen by nothing and measures all of them.
"""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError, missing_extra
from suite.core.records import Context, Samples
from suite.domains.image.codec import PictureCodec

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIDE, INK = 8, 16.0  # pixels; the darkest level of scikit-learn's
Part = Literal["reward", "judge", "apart"]
PARTS: tuple[Part, ...] = ("reward", "reward", "judge", "judge", "apart")  # by a hash modulo five


@dataclass(frozen=True, kw_only=True, eq=False)
class Digits:
    """Pictures [N, 1, 8, 8] in [-1, 1], ink is 1; and what they show, [N], 0 to 9."""

    pictures: Tensor
    labels: Tensor


@cache
def _every() -> tuple[Digits, tuple[Part, ...]]:
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as error:
        raise missing_extra("scikit-learn", "image", needed_by="the task 'image/digits'") from error
    raw = load_digits()
    pixels = torch.as_tensor(raw.images, dtype=torch.float32).unsqueeze(1)
    parts = []
    for one in pixels:
        digest = hashlib.blake2b(one.to(torch.uint8).numpy().tobytes(), digest_size=4).digest()
        parts.append(PARTS[int.from_bytes(digest, "big") % len(PARTS)])
    pictures = pixels / (INK / 2.0) - 1.0
    return Digits(pictures=pictures, labels=torch.as_tensor(raw.target).long()), tuple(parts)


@cache
def digits(*parts: Part) -> Digits:
    """The digits of some parts, in the order of the data set.

    Raises:
        SuiteError: scikit-learn is not installed.
    """
    every, where = _every()
    rows = torch.tensor([part in parts for part in where])
    return Digits(pictures=every.pictures[rows], labels=every.labels[rows])


def asked_digits(context: Context) -> Tensor:
    """The digit that each row's caption names, [B].

    Raises:
        SuiteError: there are no captions, or one names no digit.
    """
    if context.native is None:
        raise SuiteError("image/digits reads captions, and got none.")
    return torch.tensor([_digit(str(row["prompt"])) for row in context.native], dtype=torch.long)


def _digit(word: str) -> int:
    if word not in WORDS:
        raise SuiteError(
            f"image/digits: no caption of a digit: {word!r}.\nKnown: {', '.join(WORDS)}."
        )
    return WORDS.index(word)


class DigitContexts(Contexts):
    """The ten captions; nothing is held out of so few, so a judge of the pictures holds out.

    Demonstrations are the digits that learning may see; a slip is one under another's caption.

    Args:
        slips: the share of demonstrations with a wrong caption.
        seed: of which they are, and how wrong.

    Raises:
        SuiteError: a share that is none.
    """

    num_train = len(WORDS)

    def __init__(self, *, slips: float = 0.0, seed: int = 0) -> None:
        if not 0 <= slips <= 1:
            raise SuiteError(f"contexts.slips must be a share, 0 to 1; got {slips}.")
        self.slips, self.seed = slips, seed
        self.num_demonstrations = len(digits("reward", "judge").labels)

    def train(self, index: Tensor) -> Context:
        return Context(index=index, native=tuple(_row(one) for one in index.tolist()))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        known = digits("reward", "judge")
        rows = [self._caption(n, int(known.labels[n])) for n in index.tolist()]
        return Context(index=index, native=tuple(rows)), Samples(values=known.pictures[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        """Digits that nothing learns from, under their own captions."""
        known = digits("apart")
        chosen = index % len(known.labels)
        rows = tuple(_row(int(known.labels[n])) for n in chosen.tolist())
        return Context(index=index, native=rows), Samples(values=known.pictures[chosen])

    def _caption(self, number: int, label: int) -> Mapping[str, Any]:
        draw = random.Random(f"digits {self.seed} {number}")
        if draw.random() >= self.slips:
            return _row(label)
        return _row(draw.choice([one for one in range(len(WORDS)) if one != label]))


def _row(label: int) -> Mapping[str, Any]:
    return {"prompt": WORDS[label]}


class DigitCodec(PictureCodec):
    """A native object is a picture [1, 8, 8], or a word: the first such digit that nothing saw."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        shown = [_example(one) if isinstance(one, str) else one for one in natives]
        return super().encode(tuple(shown))

    def text(self, native: object) -> str:
        """What the held-out judge reads."""
        from suite.domains.image.digit_judge import NOTHING, judged

        values = self.encode((native,)).values
        assert values is not None
        [read] = judged(values)
        return "nothing" if read == NOTHING else WORDS[read]


def _example(word: str) -> Tensor:
    known = digits("apart")
    return known.pictures[int((known.labels == _digit(word)).nonzero()[0])]
