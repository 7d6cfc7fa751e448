"""Does a clip move as its caption says, and does it fall as things fall?"""

from dataclasses import astuple
from statistics import fmean
from typing import ClassVar, Literal

import torch

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.video.detectors import DETECTORS, light, middles
from suite.domains.video.motions import GRAVITY, Motion, read_caption


class MotionReward(Reward):
    """1 where a detector finds the caption's motion.

    Args:
        detector: "measured" or "matched"; they share no step, so that one can train and the other
            hold out.
        partial: also pay parts: a quarter each for colour, shape, direction and speed.
    """

    unit = "share"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __init__(
        self, *, detector: Literal["measured", "matched"] = "measured", partial: bool = False
    ) -> None:
        if detector not in DETECTORS:
            raise SuiteError(f"video/motion: 'detector' must be one of {list(DETECTORS)}.")
        self.detect, self.partial = DETECTORS[detector], partial

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None or context.native is None:
            raise SuiteError("video/motion reads clips and captions, and got none.")
        asked = [read_caption(row["prompt"]) for row in context.native]
        found = self.detect(samples.values.detach().cpu())
        exact = torch.tensor([float(a == f) for a, f in zip(asked, found, strict=True)])
        parts = torch.tensor([agreement(a, f) for a, f in zip(asked, found, strict=True)])
        return Scores.all_valid(parts if self.partial else exact, exact=exact, parts=parts)


def agreement(asked: Motion, found: Motion | None) -> float:
    """The share of colour, shape, direction and speed that is right; 0 where nothing is found."""
    if found is None:
        return 0.0
    pairs = zip(astuple(asked), astuple(found), strict=True)
    return fmean(float(one == other) for one, other in pairs)


class GravityReward(Reward):
    """Minus the mean squared distance of the rows' acceleration from ``gravity``.

    Acceleration is the second difference of the middle's row, in pixels a frame, each frame; it has
    a gradient with respect to the clip.
    """

    unit = "squared pixels a frame, each frame"
    bounds = (float("-inf"), 0.0)
    invalid_value = -4.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, gravity: float = GRAVITY) -> None:
        self.gravity = gravity

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None:
            raise SuiteError("video/gravity reads clips, and got none.")
        rows = middles(light(samples.values).sum(dim=2))[0][:, :, 0]
        acceleration = rows[:, 2:] - 2.0 * rows[:, 1:-1] + rows[:, :-2]
        return Scores.all_valid(-((acceleration - self.gravity) ** 2).mean(dim=1))
