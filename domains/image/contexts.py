"""Captions as contexts, and captioned pictures to learn from.

Held-out captions join a colour and a shape that no training caption joins: no reward is ever paid
for them. The corpus that a base learns from is what the web has: all pairs, and a share of captions
that do not describe the picture.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from suite.core.errors import SuiteError
from suite.core.records import Samples
from suite.core.seeded import SeededContexts
from suite.domains.image.scenes import (
    MOST_OBJECTS,
    caption,
    draw_scene,
    has_held_out_pair,
    misdescribed,
    read_caption,
    render,
)


@dataclass(kw_only=True, eq=False)
class SceneContexts(SeededContexts):
    """Seeded captions; ``Context.native`` holds rows with a prompt.

    A slip is a picture of another scene than the caption's.

    Args:
        most_objects: in a scene, 1 to 3.

    Raises:
        SuiteError: as ``SeededContexts``, or a number of objects out of range.
    """

    num_train: int = 1024
    num_held_out: int = 256
    num_held_out_demonstrations: int = 256
    most_objects: int = MOST_OBJECTS

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.most_objects <= MOST_OBJECTS:
            raise SuiteError(
                f"image/captions: 'most_objects' = {self.most_objects} must be 1 to {MOST_OBJECTS}."
            )

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"image {self.seed} {number}")
        return {"prompt": caption(draw_scene(draw, most=self.most_objects))}

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        return has_held_out_pair(read_caption(row["prompt"])) == held_out

    def demonstrated(self, number: int) -> Mapping[str, Any]:
        return self.make(number, held_out=False)

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        pictures = [self._picture(*pair) for pair in zip(rows, numbers, strict=True)]
        return Samples(values=torch.stack(pictures))

    def _picture(self, row: Mapping[str, Any], number: int) -> torch.Tensor:
        draw = random.Random(f"image {self.seed} {number} picture")
        scene = read_caption(row["prompt"])
        wrong = draw.random() < self.slips
        return render(misdescribed(scene, draw) if wrong else scene, draw)
