"""How likely a clip shows its caption's motion: a reward with a gradient."""

from typing import ClassVar

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.video.detectors import log_likeness
from suite.domains.video.motions import read_caption


class Likeness(Reward):
    """Log-probability that the clip shows the caption's motion, among all that can be drawn.

    The soft form of the detector "matched", so "measured" is the one to hold out.

    Args:
        spread: squared distance over which drawn clips are told apart; small is sharp.
    """

    unit = "nats"
    bounds = (float("-inf"), 0.0)
    invalid_value = -200.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, spread: float = 20.0) -> None:
        if spread <= 0:
            raise SuiteError(f"video/likeness: 'spread' must be positive; got {spread}.")
        self.spread = spread

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None or context.native is None:
            raise SuiteError("video/likeness reads clips and captions, and got none.")
        motions = [read_caption(row["prompt"]) for row in context.native]
        return Scores.all_valid(log_likeness(samples.values, motions, self.spread))
