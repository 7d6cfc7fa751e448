"""The Reward noun: scores finished samples.

A sample that fails by the model's own fault gets ``invalid_value``; an infrastructure failure is
masked (``Scores.valid`` False) and never counted as a low score.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

from suite.core.records import Context, Samples, Scores


class Reward(ABC):
    """Scores B finished samples in one call.

    Attributes:
        unit: nats, kcal/mol, elementary charge, share, or the word "none".
        bounds: (lowest, highest) value a valid sample can get.
        invalid_value: the score of a sample that is invalid by the model's fault; an unbounded
            reward must name one, a bounded one defaults to its lower bound.
        views: what it can read: a subset of {"native", "tensor", "relaxed"}.
        differentiable: gradients reach the relaxed view (or ``values``).
        executes_code: runs model output; needs_network: asks another machine.
        deterministic: the same sample gets the same score, always.
    """

    unit: str = "none"
    bounds: tuple[float, float] = (-math.inf, math.inf)
    invalid_value: float | None = None
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})
    differentiable: bool = False
    executes_code: bool = False
    needs_network: bool = False
    deterministic: bool = True

    @abstractmethod
    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score B samples; returns Scores with value [B] in ``unit``."""

    @property
    def isolation(self) -> str | None:
        """The level of the isolation ladder that model output runs at, None where none runs."""
        return None

    @property
    def price_of_invalid(self) -> float:
        """What an invalid sample gets.

        Raises:
            ValueError: the reward is unbounded below and names no ``invalid_value``.
        """
        if self.invalid_value is not None:
            return self.invalid_value
        if math.isinf(self.bounds[0]):
            raise ValueError(f"{type(self).__name__} is unbounded below and names no invalid_value")
        return self.bounds[0]
