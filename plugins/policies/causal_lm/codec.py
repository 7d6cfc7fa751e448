"""Answers as texts: what language models write and judges read."""

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples


class TextCodec(Codec):
    """Answers are texts already."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        for one in natives:
            if not isinstance(one, str):
                raise SuiteError(f"an answer is a text; got {one!r:.80}.")
        return Samples(native=natives)

    def decode(self, samples: Samples) -> tuple[object, ...]:
        if samples.native is None:
            raise SuiteError("these samples hold no texts; use a policy that writes text.")
        return samples.native
