"""The four bases, and the strand that pairs with a sequence.

Shapes: B sequences, L positions, V = 4 bases.
"""

from torch import Tensor

from suite.core.alphabet import Alphabet

DNA = Alphabet(letters="ACGT", noun="DNA sequence", letter="base")
NUM_LETTERS = len(DNA)


def reverse_complement(probabilities: Tensor) -> Tensor:
    """The other strand read in its own direction, [..., L, 4]: A pairs with T, C with G.

    The order of DNA's letters makes the complement a flip.
    """
    return probabilities.flip(-1, -2)
