"""What a policy of my-domain is asked for, and what its base learns from.

Nothing is asked for: there is one empty context. The base learns words in which a letter repeats
the one before it with chance REPEAT, so that there is something to improve.
"""

import torch
from torch import Tensor

from suite.core.contexts import Unconditioned
from suite.core.records import Context, Samples
from suite.testing.plugin_template.codec import ALPHABET, LENGTH

REPEAT = 0.6


class Words(Unconditioned):
    """One empty context, and ``num_demonstrations`` words that do not depend on any run's seed."""

    num_demonstrations = 512

    def __init__(self) -> None:
        self.words = sticky_words(self.num_demonstrations, torch.Generator().manual_seed(0))

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        """Words ``index`` [B], each in the empty context."""
        return self.train(index), Samples(tokens=self.words[index])


def sticky_words(count: int, generator: torch.Generator) -> Tensor:
    """Words [count, LENGTH]: a letter is the one before it with chance REPEAT, else any."""
    fresh = torch.randint(len(ALPHABET), (count, LENGTH), generator=generator)
    repeats = torch.rand(count, LENGTH, generator=generator) < REPEAT
    words = fresh.clone()
    for position in range(1, LENGTH):
        words[:, position] = torch.where(
            repeats[:, position], words[:, position - 1], fresh[:, position]
        )
    return words
