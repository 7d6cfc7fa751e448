"""The Metric noun: a number about a set of finished samples that no reward trains on."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from suite.core.records import Context, Samples


@dataclass(frozen=True, kw_only=True, eq=False)
class References:
    """What single samples are compared with.

    Attributes:
        known: what the base learnt from, None where a task has no demonstrations.
        template: the task's template (a wild type), one sample, or None.
    """

    known: Samples | None = None
    template: Samples | None = None


class Metric(ABC):
    """Measures B samples as a set: diversity, novelty, composition."""

    unit: str = "none"

    @abstractmethod
    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """Named numbers about the set."""

    def each(
        self, samples: Samples, context: Context, references: References
    ) -> Mapping[str, Tensor]:
        """Named numbers of each sample, [B], for the files of designs; nan where unknown."""
        return {}


class Codec(ABC):
    """Turns native objects (strings, molecules, images) into Samples and back."""

    @abstractmethod
    def encode(self, natives: tuple[object, ...]) -> Samples:
        """Samples with a tensor view.

        Raises:
            SuiteError: an object cannot be encoded; the message names it.
        """

    @abstractmethod
    def decode(self, samples: Samples) -> tuple[object, ...]:
        """One native object a row."""

    def text(self, native: object) -> str:
        """How one object is written in a report or a table."""
        return str(native)

    def picture(self, native: object) -> str | None:
        """One object as a picture for the report: a data URI of PNG or SVG in base64, or None."""
        return None
