"""Problems of deduction as contexts: prompts for a policy, formulas and labels for the judge.

Train and held-out problems share no name and no kind of thing, or no problem at least; held-out
chains may be longer too. Demonstrations are worked answers to problems of their own numbers, of
which a share may end in a wrong label, as people's do.
"""

import random
from collections.abc import Mapping, Sequence
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


class ProblemContexts(SeededContexts):
    """Seeded problems, made when they are first asked for.

    ``Context.native`` holds rows: prompt, answer, solution, premises, conclusion, label, depth.

    Args:
        num_train, num_held_out: problems of each; num_demonstrations: worked answers to train a
            base on; num_held_out_demonstrations: worked answers to held-out problems.
        depths, held_out_depths: lengths of chains, drawn evenly; 1 to 4.
        share_words: whether held-out problems use the names and kinds of training ones; a hash of
            the problem then tells them apart.
        num_words: with ``share_words``, how many kinds and how many names are used; 0: all.
        distractors: rules in each problem that lead nowhere, 0 to 3; the first is a decoy.
        slips: the share of demonstrations that end in a wrong label.
        seed: of all of them.

    Raises:
        SuiteError: a depth or a number that is out of range, or too few problems or words.
    """

    def __init__(
        self,
        *,
        num_train: int = 3072,
        num_held_out: int = 512,
        num_demonstrations: int = 24576,
        num_held_out_demonstrations: int = 512,
        depths: Sequence[int] = (1, 2, 3),
        held_out_depths: Sequence[int] = (1, 2, 3),
        share_words: bool = False,
        num_words: int = 0,
        distractors: int = 1,
        slips: float = 0.0,
        seed: int = 0,
    ) -> None:
        for name, given in (("depths", depths), ("held_out_depths", held_out_depths)):
            if not given or not all(1 <= depth <= LONGEST_CHAIN for depth in given):
                raise SuiteError(
                    f"logic/problems: '{name}' must be lengths of 1 to {LONGEST_CHAIN} rules, got "
                    f"{list(given)}."
                )
        if not 0 <= distractors <= MOST_DISTRACTORS:
            raise SuiteError(
                f"logic/problems: 'distractors' must be 0 to {MOST_DISTRACTORS}, got {distractors}."
            )
        if num_words and not (share_words and num_words >= FEWEST_KINDS):
            raise SuiteError(
                f"logic/problems: 'num_words' = {num_words} needs share_words=true and is "
                f"{FEWEST_KINDS} at least, or 0 for all."
            )
        if not 0 <= slips <= 1:
            raise SuiteError(f"logic/problems: 'slips' must be a share, got {slips}.")
        super().__init__(
            num_train=num_train,
            num_held_out=num_held_out,
            num_demonstrations=num_demonstrations,
            num_held_out_demonstrations=num_held_out_demonstrations,
            seed=seed,
        )
        self.depths, self.held_out_depths = tuple(depths), tuple(held_out_depths)
        self.share_words, self.distractors, self.slips = share_words, distractors, slips
        shared = every_word()
        kept = num_words or None
        self._shared = Words(names=shared.names[:kept], kinds=shared.kinds[:kept])
        self._problems: dict[int, Problem] = {}  # by identity of the row, which is kept

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
