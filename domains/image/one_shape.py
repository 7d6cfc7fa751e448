"""One shape on 16 by 16 pixels: captions, a reward with a gradient, and a detector.

    "red circle"

Shapes: B pictures [B, 3, 16, 16] in [-1, 1], L = 12 labels, K drawings.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, ClassVar

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.core.seeded import SeededContexts
from suite.domains.image.codec import PictureCodec
from suite.domains.image.detectors import measured
from suite.domains.image.scenes import (
    COLOURS,
    HELD_OUT_PAIRS,
    QUARTER,
    RADII,
    SHAPES,
    SHIFTS,
    SIDE,
    shape_mask,
)

LABELS = tuple(product(COLOURS, SHAPES))
SHARPNESS = 0.05  # of a picture's mean squared distance to drawings


def draw_shape(colour: str, shape: str, radius: int, shift: tuple[int, int]) -> Tensor:
    """A picture of one shape on black, [3, 16, 16]."""
    paint = torch.tensor(COLOURS[colour]).view(3, 1, 1)
    blank = -torch.ones(3, QUARTER, QUARTER)
    return torch.where(shape_mask(shape, radius, shift), paint, blank)


@dataclass(kw_only=True, eq=False)
class ShapeContexts(SeededContexts):
    """Captions of one shape; three pairs of colour and shape are held out.

    A slip is a picture of another shape than the caption's.
    """

    num_train: int = 256
    num_held_out: int = 240
    num_demonstrations: int = 4096
    num_held_out_demonstrations: int = 240

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        colour, shape = random.Random(f"one shape {self.seed} {number}").choice(LABELS)
        return {"prompt": f"{colour} {shape}"}

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        return (_label(row["prompt"]) in HELD_OUT_PAIRS) == held_out

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        pictures = [self._picture(row["prompt"], n) for row, n in zip(rows, numbers, strict=True)]
        return Samples(values=torch.stack(pictures))

    def _picture(self, prompt: str, number: int) -> Tensor:
        draw = random.Random(f"one shape {self.seed} {number} picture")
        label = _label(prompt)
        if draw.random() < self.slips:
            label = draw.choice([one for one in LABELS if one != label])
        shift = (draw.choice(SHIFTS), draw.choice(SHIFTS))
        return draw_shape(*label, draw.choice(RADII), shift)


def _label(prompt: str) -> tuple[str, str]:
    colour, _, shape = prompt.partition(" ")
    if (colour, shape) not in LABELS:
        raise SuiteError(
            f"image/one_shape: no caption of one shape: {prompt!r}.\nA colour and a shape are "
            f"wanted: {', '.join(COLOURS)}; {', '.join(SHAPES)}."
        )
    return colour, shape


def _asked(context: Context) -> list[tuple[str, str]]:
    if context.native is None:
        raise SuiteError("image/one_shape reads captions, and got none.")
    return [_label(str(row["prompt"])) for row in context.native]


@cache
def _drawings() -> Tensor:
    """Every way to draw each label, [L, K, 3 * 16 * 16]."""
    ways = list(product(RADII, SHIFTS, SHIFTS))
    return torch.stack(
        [torch.stack([draw_shape(*one, r, (d, s)).flatten() for r, d, s in ways]) for one in LABELS]
    )


def likeness(pictures: Tensor) -> Tensor:
    """Minus the mean squared distance to each label's nearest drawing, [B, L]; with gradient."""
    drawn = _drawings().to(pictures)
    flat = pictures.flatten(1)
    # |x - t|^2 by its parts: one product of matrices instead of B L K differences.
    parts = (flat**2).sum(dim=1).view(-1, 1, 1) + (drawn**2).sum(dim=2)
    square = parts - 2.0 * torch.einsum("bd,lkd->blk", flat, drawn)
    return -square.amin(dim=2) / flat.shape[1]


class ShapeReward(Reward):
    """The asked label's share of a softmax over likeness to all labels."""

    unit = "share"
    bounds = (0.0, 1.0)
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None:
            raise SuiteError("image/one_shape reads pictures, and got none.")
        index = torch.tensor([LABELS.index(one) for one in _asked(context)])
        share = torch.softmax(likeness(samples.values) / SHARPNESS, dim=1)
        return Scores.all_valid(share.gather(1, index.to(share.device).unsqueeze(1)).squeeze(1))


class ShapeDetector(Reward):
    """1 where thresholds (``detectors.measured``) see the asked shape; they share no step."""

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None:
            raise SuiteError("image/one_shape reads pictures, and got none.")
        seen = detected(samples.values)
        right = [found == asked for found, asked in zip(seen, _asked(context), strict=True)]
        return Scores.all_valid(torch.tensor(right, dtype=torch.float32))


def detected(pictures: Tensor) -> list[tuple[str, str] | None]:
    """The label that thresholds see in each picture, or None."""
    margin = (0, SIDE - QUARTER, 0, SIDE - QUARTER)
    scenes = measured(torch.nn.functional.pad(pictures.detach().cpu(), margin, value=-1.0))
    return [(scene[0].colour, scene[0].shape) if scene else None for scene in scenes]


class ShapeCodec(PictureCodec):
    """A native object is a picture [3, 16, 16], or a caption of which one is drawn."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        drawn = [
            draw_shape(*_label(one), RADII[0], (0, 0)) if isinstance(one, str) else one
            for one in natives
        ]
        return super().encode(tuple(drawn))

    def text(self, native: object) -> str:
        """What the held-out detector sees."""
        values = self.encode((native,)).values
        assert values is not None
        return " ".join(detected(values)[0] or ("nothing",))
