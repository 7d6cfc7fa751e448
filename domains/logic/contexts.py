"""Problems of deduction as contexts: prompts for a policy, formulas and labels for the judge.

Train and held-out problems share no name and no kind of thing, or no problem at least; held-out
chains may be longer too. Demonstrations are worked answers to problems of their own numbers, of
which a share may end in a wrong label, as people's do.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from suite.core.errors import SuiteError
from suite.core.seeded import SeededContexts
from suite.domains.logic.problems import (
    Problem,
    Words,
    every_word,
    fingerprint,
    is_held_out,
    make_problem,
    row,
    words,
)
from suite.domains.logic.theory import LABELS

LONGEST_CHAIN = 4
MOST_DISTRACTORS = 3  # the held-out kinds are too few for more
FEWEST_KINDS = 12


@dataclass(kw_only=True, eq=False)
class ProblemContexts(SeededContexts):
    """Seeded problems, made when they are first asked for.

    ``Context.native`` holds rows: prompt, answer, solution, premises, conclusion, label, depth. A
    slip ends in a wrong label.

    Args:
        depths, held_out_depths: lengths of chains, drawn evenly; 1 to 4.
        share_words: whether held-out problems use the names and kinds of training ones; a hash of
            the problem then tells them apart.
        num_words: with ``share_words``, how many kinds and how many names are used; 0: all.
        distractors: rules in each problem that lead nowhere, 0 to 3; the first is a decoy.

    Raises:
        SuiteError: as ``SeededContexts``, a depth or a number out of range, or too few words.
    """

    num_train: int = 3072
    num_demonstrations: int = 24576
    depths: Sequence[int] = (1, 2, 3)
    held_out_depths: Sequence[int] = (1, 2, 3)
    share_words: bool = False
    num_words: int = 0
    distractors: int = 1
    # By identity of the row, which is kept.
    _problems: dict[int, Problem] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        both = (("depths", self.depths), ("held_out_depths", self.held_out_depths))
        for name, given in both:
            if not given or not all(1 <= depth <= LONGEST_CHAIN for depth in given):
                raise SuiteError(
                    f"logic/problems: '{name}' must be lengths of 1 to {LONGEST_CHAIN} rules, got "
                    f"{list(given)}."
                )
        if not 0 <= self.distractors <= MOST_DISTRACTORS:
            raise SuiteError(
                f"logic/problems: 'distractors' must be 0 to {MOST_DISTRACTORS}, got "
                f"{self.distractors}."
            )
        if self.num_words and not (self.share_words and self.num_words >= FEWEST_KINDS):
            raise SuiteError(
                f"logic/problems: 'num_words' = {self.num_words} needs share_words=true and is "
                f"{FEWEST_KINDS} at least, or 0 for all."
            )

    @cached_property
    def _shared(self) -> Words:
        shared, kept = every_word(), self.num_words or None
        return Words(names=shared.names[:kept], kinds=shared.kinds[:kept])

    def problem(self, number: int, *, held_out: bool) -> Problem:
        """Problem ``number`` of either part."""
        return self._problems[id(self.row(number, held_out=held_out))]

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        made = make_problem(
            self.seed,
            number,
            words=self._shared if self.share_words else words(held_out=held_out),
            depths=self.held_out_depths if held_out else self.depths,
            distractors=self.distractors,
        )
        found = row(made)
        self._problems[id(found)] = made
        return found

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        """One in five is held out by hash, where the words do not tell the parts apart."""
        return not self.share_words or is_held_out(self._problems[id(row)]) == held_out

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"logic {self.seed} {number} person")
        right = str(row["solution"])
        if draw.random() >= self.slips:
            return right
        other = draw.choice([one for one in LABELS if one != row["label"]])
        return right.removesuffix(str(row["label"])) + other

    def fingerprints(self) -> tuple[frozenset[str], frozenset[str]]:
        """Hashes that do not depend on the order of the premises."""
        train = (self.problem(n, held_out=False) for n in range(self.num_train))
        held_out = (self.problem(n, held_out=True) for n in range(self.num_held_out))
        return frozenset(map(fingerprint, train)), frozenset(map(fingerprint, held_out))
