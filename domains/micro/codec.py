"""Strings over {A, B, C, D, ...} to letter ids and back; a string shorter than L is padded."""

import torch

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples


class LetterCodec(Codec):
    """Letter i is chr(65 + i); the id ``letters`` pads."""

    def __init__(self, *, length: int, letters: int) -> None:
        self.length, self.letters = length, letters
        self.alphabet = "".join(chr(65 + i) for i in range(letters))

    def encode(self, natives: tuple[object, ...]) -> Samples:
        rows = []
        for native in natives:
            text = str(native)
            bad = [c for c in text if c not in self.alphabet]
            if bad or len(text) > self.length:
                raise SuiteError(
                    f"'{text}' is not a string of at most {self.length} letters of "
                    f"{self.alphabet}.\nCorrect it or choose another task."
                )
            ids = [self.alphabet.index(c) for c in text]
            rows.append(ids + [self.letters] * (self.length - len(ids)))
        return Samples(tokens=torch.tensor(rows, dtype=torch.long), native=natives)

    def decode(self, samples: Samples) -> tuple[object, ...]:
        assert samples.tokens is not None
        return tuple(
            "".join(self.alphabet[i] for i in row if i < self.letters)
            for row in samples.tokens.tolist()
        )
