"""GB1 as a task: contexts, the training oracle, the held-out oracle, and what was measured.

Both oracles predict log10(fitness + 0.01). The training oracle has seen half of the variants, none
fitter than the wild type; the held-out one the other half, of any fitness: a judge that never saw
the top could not rank the designs that reach it. No gradient and no search sees the judge's half.
What counts in the end is the metric: the measured fitness of the designs.

Shapes: B designs, 4 sites.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.metric import Metric, References
from suite.core.oracle import OracleReward, OracleSettings
from suite.core.oracle_files import cached_oracle
from suite.core.records import Context, Samples
from suite.domains.protein.alphabet import NUM_LETTERS
from suite.domains.protein.gb1 import load_gb1, log_fitness, measured_fitness, split_gb1

UNIT = "log10 fitness"
SETTINGS = OracleSettings(hidden=(128, 128), num_members=3, max_epochs=20, batch_size=1024)


class Gb1Contexts(Contexts):
    """One empty context; demonstrations are functional variants no fitter than the wild type."""

    num_train = 1

    def __init__(self, *, data: str) -> None:
        table = load_gb1(data)
        split = split_gb1(table)
        self._train, self._held_out = table.tokens[split.base], table.tokens[split.held_out_base]
        self.num_demonstrations = len(self._train)

    def train(self, index: Tensor) -> Context:
        return Context(index=torch.zeros_like(index))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._train[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._held_out[index % len(self._held_out)])


def gb1_oracle(*, data: str, half: str, pessimism: float = 0.0) -> OracleReward:
    """The training oracle (half "low") or the held-out one (half "judge"), cached.

    Args:
        data: the measured table.
        half: which rows it learns from, see ``Gb1Split``.
        pessimism: standard deviations of the ensemble taken off the mean.
    """
    table = load_gb1(data)
    split = split_gb1(table)
    rows = split.oracle if half == "low" else split.judge
    targets = log_fitness(table.fitness[rows])
    oracle = cached_oracle(
        f"protein/gb1 oracle {half}", table.tokens[rows], targets, SETTINGS, 0,
        num_letters=NUM_LETTERS,
    )  # fmt: skip
    return OracleReward(oracle, unit=UNIT, pessimism=pessimism)


class MeasuredFitness(Metric):
    """What the assay says of the designs; unmeasured ones count in a share of their own."""

    unit = "fitness relative to the wild type"

    def __init__(self, *, data: str) -> None:
        self.table = load_gb1(data)

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """mean and best fitness of the measured designs, share unmeasured, regret to the best."""
        assert samples.tokens is not None
        fitness, measured = measured_fitness(self.table, samples.tokens)
        share = 1.0 - float(measured.float().mean())
        if not bool(measured.any()):
            return {"share_unmeasured": share}
        known = fitness[measured]
        return {
            "mean": float(known.mean()),
            "median": float(known.median()),
            "best": float(known.max()),
            "share_unmeasured": share,
            "share_above_wild_type": float((known > 1.0).float().mean()),
            "regret": self.table.best - float(known.max()),
        }

    def each(
        self, samples: Samples, context: Context, references: References
    ) -> Mapping[str, Tensor]:
        """measured_fitness [B], relative to the wild type; nan where unmeasured."""
        assert samples.tokens is not None
        fitness, measured = measured_fitness(self.table, samples.tokens)
        return {"measured_fitness": fitness.masked_fill(~measured, torch.nan)}
