"""The reward of my-domain. Shapes: B samples, L letters, V letters of the alphabet."""

from typing import ClassVar

from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.testing.plugin_template.codec import LENGTH


class Alternation(Reward):
    """How many neighbouring letters differ, from 0 to L - 1.

    The relaxed view scores the expected number under independent letters: two neighbours differ
    with chance 1 - <p, q>, which is exact at the corners and carries gradients.
    """

    bounds = (0.0, LENGTH - 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor", "relaxed"})
    differentiable = True

    def __call__(self, samples: Samples, context: Context) -> Scores:
        """Score tokens [B, L], or a relaxed view [B, L, V]; every sample is valid."""
        if samples.relaxed is not None:
            p, q = samples.relaxed[:, :-1], samples.relaxed[:, 1:]
            return Scores.all_valid((1.0 - (p * q).sum(dim=-1)).sum(dim=-1))
        assert samples.tokens is not None
        differ = samples.tokens[:, :-1] != samples.tokens[:, 1:]
        return Scores.all_valid(differ.sum(dim=-1).float())
