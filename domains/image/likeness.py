"""How likely a picture shows its caption's scene: a reward with a gradient."""

from typing import ClassVar

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.image.detectors import log_likeness
from suite.domains.image.scenes import read_caption


class Likeness(Reward):
    """Mean log-probability over the four quarters that each shows what the caption puts there.

    The soft form of the detector "matched", so "measured" is the one to hold out.

    Args:
        spread: squared distance over which templates are told apart; small is sharp.
    """

    unit = "nats"
    bounds = (float("-inf"), 0.0)
    invalid_value = -50.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, spread: float = 10.0) -> None:
        if spread <= 0:
            raise SuiteError(f"image/likeness: 'spread' must be positive; got {spread}.")
        self.spread = spread

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None or context.native is None:
            raise SuiteError("image/likeness reads pictures and captions, and got none.")
        scenes = [read_caption(row["prompt"]) for row in context.native]
        return Scores.all_valid(log_likeness(samples.values, scenes, self.spread).mean(dim=1))
