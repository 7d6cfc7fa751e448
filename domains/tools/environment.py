"""The office as an environment of texts: a turn is one call in JSON, or the word that ends it.

Anything that is not a call comes back as an error that the policy reads, and the episode goes on.
The reward is 1 at the end where the database is the wanted one and the word is right: a change too
few, too many or of something else is worth nothing, whatever was said on the way.
"""

from typing import Any

from suite.core.environment import Reply, TextEnvironment, TextEpisode
from suite.domains.tools.errands import DONE, NO, Errand
from suite.domains.tools.office import called


class OfficeEpisode(TextEpisode):
    """One errand."""

    def __init__(self, errand: Errand) -> None:
        self.errand, self.database = errand, errand.database

    def reply(self, text: str) -> Reply:
        word = text.strip()
        if word in (DONE, NO):
            right = self.database == self.errand.wanted and word == self.errand.word
            return Reply(reward=float(right), ended=True)
        self.database, answer = called(self.database, text, self.errand.offered)
        return Reply(text=answer)


class OfficeEnvironment(TextEnvironment):
    """Errands of ``tools/errands``, side by side; ``max_steps`` turns each at most."""

    def __init__(self, *, max_steps: int = 6) -> None:
        super().__init__(max_steps=max_steps)

    def open(self, asked: Any, seed: int) -> OfficeEpisode:
        return OfficeEpisode(asked["errand"])
