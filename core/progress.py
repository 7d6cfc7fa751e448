"""How a run tells a person where it stands; the command line shows it, the library is silent."""

from typing import Protocol


class Progress(Protocol):
    """A phase with a length, and lines."""

    def phase(self, name: str, total: float) -> None:
        """A new phase of ``total`` units (steps or seconds) begins."""

    def advance(self, done: float) -> None:
        """``done`` units of the phase are behind us."""

    def say(self, text: str) -> None:
        """A line that stays."""


class Silent:
    """Says nothing."""

    def phase(self, name: str, total: float) -> None:
        """Ignored."""

    def advance(self, done: float) -> None:
        """Ignored."""

    def say(self, text: str) -> None:
        """Ignored."""
