"""Sequences as strings of one-letter codes, and back."""

from suite.core.metric import Codec
from suite.core.records import Samples
from suite.domains.protein.alphabet import decode, encode


class LetterCodec(Codec):
    """One letter a residue; sequences of one batch have one length."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        texts = [str(native) for native in natives]
        return Samples(tokens=encode(texts), native=tuple(texts))

    def decode(self, samples: Samples) -> tuple[object, ...]:
        assert samples.tokens is not None
        return decode(samples.tokens)
