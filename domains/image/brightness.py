"""Mean brightness: a reward with a gradient, for tests and first steps."""

from typing import ClassVar

from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward


class Brightness(Reward):
    """Minus the mean squared distance of pixels from ``level``."""

    unit = "squared"
    bounds = (float("-inf"), 0.0)
    invalid_value = -4.0
    differentiable = True
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})

    def __init__(self, *, level: float = 0.5) -> None:
        self.level = level

    def __call__(self, samples: Samples, context: Context) -> Scores:
        if samples.values is None:
            raise SuiteError("image/brightness reads pictures, and got none.")
        return Scores.all_valid(-((samples.values - self.level) ** 2).flatten(1).mean(dim=1))
