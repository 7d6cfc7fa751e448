"""What molecules are asked for (nothing: one empty context) and what a base learns from."""

from torch import Tensor

from suite.core.contexts import Unconditioned
from suite.core.records import Context, Samples
from suite.domains.molecule.chemistry import GraphCodec
from suite.domains.molecule.corpus import made_molecules

NUM_HELD_OUT = 512


class MadeMolecules(Unconditioned):
    """Graphs of molecules made by rule; later numbers are held out.

    Args:
        max_nodes: heavy atoms a molecule at most, as in the policy.
        num_demonstrations: how many there are to learn from.
    """

    def __init__(self, *, max_nodes: int = 12, num_demonstrations: int = 4_000) -> None:
        self.num_demonstrations, self.codec = num_demonstrations, GraphCodec(max_nodes=max_nodes)
        train = made_molecules(0, num_demonstrations, max_nodes)
        known = set(train)
        later = made_molecules(num_demonstrations, 2 * NUM_HELD_OUT, max_nodes)
        self._tokens = self._encoded(train)
        self._held_out = self._encoded(tuple(one for one in later if one not in known))

    def _encoded(self, smiles: tuple[str, ...]) -> Tensor:
        tokens = self.codec.encode(smiles).tokens
        assert tokens is not None
        return tokens

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._tokens[index])

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return self.train(index), Samples(tokens=self._held_out[index % len(self._held_out)])
