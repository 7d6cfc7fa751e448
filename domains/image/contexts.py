"""Captions as contexts, and captioned pictures to learn from.

Held-out captions join a colour and a shape that no training caption joins. The corpus that a base
learns from is what the web has: a share of its captions does not describe the picture.
"""

import random
from collections.abc import Mapping, Sequence
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


class SceneContexts(SeededContexts):
    """Seeded captions; ``Context.native`` holds rows with a prompt.

    Args:
        slips: the share of demonstrations whose picture is of another scene than the caption's.
        most_objects: in a scene, 1 to 3.
        num_train, num_held_out, num_demonstrations, num_held_out_demonstrations, seed: see
            ``SeededContexts``.

    Raises:
        SuiteError: a share that is none, or a number out of range.
    """

    def __init__(
        self,
        *,
        slips: float = 0.0,
        most_objects: int = MOST_OBJECTS,
        num_train: int = 1024,
        num_held_out: int = 256,
        num_demonstrations: int = 32768,
        num_held_out_demonstrations: int = 256,
        seed: int = 0,
    ) -> None:
        if not 0 <= slips <= 1 or not 1 <= most_objects <= MOST_OBJECTS:
            raise SuiteError(
                f"image/captions: 'slips' = {slips} must be a share, and 'most_objects' = "
                f"{most_objects} 1 to {MOST_OBJECTS}."
            )
        super().__init__(
            num_train=num_train,
            num_held_out=num_held_out,
            num_demonstrations=num_demonstrations,
            num_held_out_demonstrations=num_held_out_demonstrations,
            seed=seed,
        )
        self.slips, self.most_objects = slips, most_objects

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"image {self.seed} {number}")
        return {"prompt": caption(draw_scene(draw, most=self.most_objects))}

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        return has_held_out_pair(read_caption(row["prompt"])) == held_out

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        pictures = [self._picture(*pair) for pair in zip(rows, numbers, strict=True)]
        return Samples(values=torch.stack(pictures))

    def _picture(self, row: Mapping[str, Any], number: int) -> torch.Tensor:
        draw = random.Random(f"image {self.seed} {number} picture")
        scene = read_caption(row["prompt"])
        wrong = draw.random() < self.slips
        return render(misdescribed(scene, draw) if wrong else scene, draw)
