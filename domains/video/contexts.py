"""Captions as contexts, and captioned clips to learn from.

One motion in five is held out: no training caption asks for it, so that no reward is ever paid for
it. The corpus that a base learns from is what the web has: all motions, and a share of captions
that do not describe the clip.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from suite.core.records import Samples
from suite.core.seeded import SeededContexts
from suite.domains.video.motions import (
    HELD_OUT,
    MOTIONS,
    caption,
    misdescribed,
    read_caption,
    render,
)


@dataclass(kw_only=True, eq=False)
class MotionContexts(SeededContexts):
    """Seeded captions; ``Context.native`` holds rows with a prompt.

    A slip is a clip of another motion than the caption's.
    """

    num_train: int = 1024
    num_held_out: int = 256
    num_held_out_demonstrations: int = 256

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"video {self.seed} {number}")
        asked = [one for one in MOTIONS if (one in HELD_OUT) == held_out]
        return {"prompt": caption(draw.choice(asked))}

    def demonstrated(self, number: int) -> Mapping[str, Any]:
        draw = random.Random(f"video {self.seed} {number} corpus")
        return {"prompt": caption(draw.choice(MOTIONS))}

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        return (read_caption(row["prompt"]) in HELD_OUT) == held_out

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        clips = [self._clip(*pair) for pair in zip(rows, numbers, strict=True)]
        return Samples(values=torch.stack(clips))

    def _clip(self, row: Mapping[str, Any], number: int) -> torch.Tensor:
        draw = random.Random(f"video {self.seed} {number} clip")
        motion = read_caption(row["prompt"])
        wrong = draw.random() < self.slips
        return render(misdescribed(motion, draw) if wrong else motion, draw)
