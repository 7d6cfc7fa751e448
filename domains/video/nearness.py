"""How near a clip is to a drawing of its caption's motion: a reward with a gradient."""

from typing import ClassVar

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.video.detectors import nearest_right
from suite.domains.video.motions import FRAMES, read_caption


class Nearness(Reward):
    """Minus the squared distance of a clip to the nearest right drawing, a frame.

    It reads the drawings that the detector "matched" compares with, so "measured" is the one to
    hold out.
    """

    unit = "squared distance a frame"
    bounds = (float("-inf"), 0.0)
    invalid_value = -1000.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None or context.native is None:
            raise SuiteError("video/nearness reads clips and captions, and got none.")
        motions = [read_caption(row["prompt"]) for row in context.native]
        return Scores.all_valid(-nearest_right(samples.values, motions) / FRAMES)
