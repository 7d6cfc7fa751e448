"""One empty context, and what a base learns from: molecules with branches and rings."""

from torch import Tensor

from outside_molecules.codec import GraphCodec
from suite.core.contexts import Unconditioned
from suite.core.records import Context, Samples

MOLECULES = ("C", "CO", "CN", "CC", "CC(C)C", "CC(C)O", "CC(N)=O", "C1CC1", "C1CCC1", "OC1CC1")


class Compact(Unconditioned):
    """The demonstrations are MOLECULES, whatever the seed."""

    num_demonstrations = len(MOLECULES)

    def __init__(self) -> None:
        self.samples = GraphCodec().encode(MOLECULES)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        """Molecules ``index`` [B], each in the empty context."""
        assert self.samples.tokens is not None
        return self.train(index), Samples(tokens=self.samples.tokens[index])
