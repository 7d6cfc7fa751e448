"""Rewards on SMILES. Shapes: B molecules."""

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import torch

from suite.core.errors import unknown_name
from suite.core.records import Context, Samples, Scores
from suite.core.reward import Reward
from suite.domains.molecule.chemistry import parse, why_not
from suite.domains.molecule.desirability import DESIRABILITIES, geometric_mean


class Desirability(Reward):
    """The geometric mean of some desirabilities, 0 to 1; what is no molecule gets 0.

    Args:
        parts: names of DESIRABILITIES: qed, logp, alerts, accessibility, other_rules.
    """

    unit = "desirability"
    bounds = (0.0, 1.0)
    views: ClassVar[frozenset[str]] = frozenset({"native"})

    def __init__(self, *, parts: Sequence[str]) -> None:
        for name in parts:
            if name not in DESIRABILITIES:
                step = "Correct the parts of the reward."
                raise unknown_name("desirability", name, list(DESIRABILITIES), next_step=step)
        self.parts = tuple(parts)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        assert samples.native is not None
        texts = [str(native) for native in samples.native]
        rows = [measured(text, self.parts) for text in texts]
        value = torch.tensor([geometric_mean(list(row)) for row in rows])
        columns = torch.tensor(rows).view(len(rows), len(self.parts))
        parts = {name: columns[:, i] for i, name in enumerate(self.parts)}
        valid = torch.tensor([parse(text) is not None for text in texts]).float()
        return Scores(
            value=value,
            valid=torch.ones(len(rows), dtype=torch.bool),
            reason=tuple(None if parse(text) is not None else why_not(text) for text in texts),
            parts={**parts, "is_molecule": valid},
        )


@lru_cache(maxsize=100_000)
def measured(smiles: str, parts: tuple[str, ...]) -> tuple[float, ...]:
    """Each part's number, 0 throughout where the string is no molecule."""
    molecule = parse(smiles)
    if molecule is None:
        return (0.0,) * len(parts)
    return tuple(DESIRABILITIES[name](molecule) for name in parts)
