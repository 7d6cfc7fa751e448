"""Words to letter numbers and back. Shapes: B samples, L letters."""

import torch

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples

ALPHABET = "ABCD"
LENGTH = 8


class LetterCodec(Codec):
    """Letter i of ALPHABET is token i; every word has LENGTH letters."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        """Tokens [B, L]."""
        words = [str(native) for native in natives]
        for word in words:
            if len(word) != LENGTH or not set(word) <= set(ALPHABET):
                raise SuiteError(
                    f"'{word}' is not a word of my-domain.\n"
                    f"A word has {LENGTH} letters out of {ALPHABET}.\nCorrect it."
                )
        rows = [[ALPHABET.index(letter) for letter in word] for word in words]
        return Samples(tokens=torch.tensor(rows, dtype=torch.long), native=natives)

    def decode(self, samples: Samples) -> tuple[object, ...]:
        """One word a row."""
        assert samples.tokens is not None
        return tuple("".join(ALPHABET[token] for token in row) for row in samples.tokens.tolist())
