"""Does a picture show what its caption says?"""

from typing import ClassVar, Literal

import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.detectors import DETECTORS
from suite.domains.image.scenes import Scene, read_caption


class SceneReward(Reward):
    """1 where a detector finds the caption's scene and nothing else.

    Args:
        detector: "measured" or "matched"; they share no step, so that one can train and the other
            hold out.
        partial: also pay parts: the Jaccard index of what is asked and what is found, an object
            with one wrong attribute counting a half.
    """

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __init__(
        self, *, detector: Literal["measured", "matched"] = "measured", partial: bool = False
    ) -> None:
        if detector not in DETECTORS:
            raise SuiteError(f"image/scene: 'detector' must be one of {list(DETECTORS)}.")
        self.detect, self.partial = DETECTORS[detector], partial

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None or context.native is None:
            raise SuiteError("image/scene reads pictures and captions, and got none.")
        asked = [read_caption(row["prompt"]) for row in context.native]
        found = self.detect(samples.values.detach().cpu())
        exact = [float(a == f) for a, f in zip(asked, found, strict=True)]
        parts = [agreement(a, f) for a, f in zip(asked, found, strict=True)]
        value = torch.tensor(parts if self.partial else exact)
        return Scores.all_valid(value, exact=torch.tensor(exact), parts=torch.tensor(parts))


def agreement(asked: Scene, found: Scene) -> float:
    """Objects that agree over objects in either; half an object where one attribute differs."""
    there = {one.place: one for one in found}
    score = 0.0
    for one in asked:
        other = there.get(one.place)
        if other is not None:
            score += ((one.colour == other.colour) + (one.shape == other.shape)) / 2.0
    return score / len({one.place for one in (*asked, *found)})
