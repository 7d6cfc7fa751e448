"""Problems of deduction as contexts: prompts for a policy, formulas and labels for the judge.

Train and held-out problems share no name and no kind of thing, or no problem at least; held-out
chains may be longer too. Demonstrations are worked answers to problems of their own numbers.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
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
STRIDE = len(LABELS) << 40  # beyond every number that is asked for
MOST_DISTRACTORS = 3  # the held-out kinds are too few for more


class ProblemContexts(Contexts):
    """Seeded problems, made when they are first asked for.

    ``Context.native`` holds rows: prompt, answer, solution, premises, conclusion, label, depth.

    Args:
        num_train, num_held_out: problems of each; num_demonstrations: worked answers to train a
            base on; num_held_out_demonstrations: worked answers to held-out problems.
        depths, held_out_depths: lengths of chains, drawn evenly; 1 to 4.
        share_words: whether held-out problems use the names and kinds of training ones; a hash of
            the problem then tells them apart.
        distractors: rules in each problem that lead nowhere, 0 to 3; the first is a decoy.
        seed: of all of them.

    Raises:
        SuiteError: a depth or a number of distractors that is out of range, or too few problems.
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
        distractors: int = 1,
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
        if min(num_train, num_held_out) < 1:
            raise SuiteError("logic/problems: 'num_train' and 'num_held_out' must be at least 1.")
        self.num_train, self.num_held_out = num_train, num_held_out
        self.num_demonstrations = num_demonstrations
        self.num_held_out_demonstrations = num_held_out_demonstrations
        self.depths, self.held_out_depths = tuple(depths), tuple(held_out_depths)
        self.share_words, self.distractors, self.seed = share_words, distractors, seed
        self._rows: dict[tuple[bool, int], dict[str, Any]] = {}

    def problem(self, number: int, *, held_out: bool) -> Problem:
        """Problem ``number`` of either part."""
        if not self.share_words:
            return self._made(number, words(held_out=held_out), held_out=held_out)
        while True:  # one in five is held out, so this ends soon; the stride keeps the label
            made = self._made(number, every_word(), held_out=held_out)
            if is_held_out(made) == held_out:
                return made
            number += STRIDE

    def _made(self, number: int, chosen: Words, *, held_out: bool) -> Problem:
        return make_problem(
            self.seed,
            number,
            words=chosen,
            depths=self.held_out_depths if held_out else self.depths,
            distractors=self.distractors,
        )

    def _context(self, index: Tensor, first: int, *, held_out: bool) -> Context:
        rows = []
        for one in index.tolist():
            key = (held_out, first + one)
            if key not in self._rows:
                self._rows[key] = row(self.problem(key[1], held_out=held_out))
            rows.append(self._rows[key])
        return Context(index=index, native=tuple(rows))

    def train(self, index: Tensor) -> Context:
        return self._context(index, 0, held_out=False)

    def held_out(self, index: Tensor) -> Context:
        return self._context(index, 0, held_out=True)

    def demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return _worked(self._context(index, self.num_train, held_out=False))

    def held_out_demonstrations(self, index: Tensor) -> tuple[Context, Samples]:
        return _worked(self._context(index, self.num_held_out, held_out=True))

    def fingerprints(self) -> tuple[frozenset[str], frozenset[str]]:
        """Hashes that do not depend on the order of the premises."""
        train = (self.problem(n, held_out=False) for n in range(self.num_train))
        held_out = (self.problem(n, held_out=True) for n in range(self.num_held_out))
        return frozenset(map(fingerprint, train)), frozenset(map(fingerprint, held_out))


def _worked(context: Context) -> tuple[Context, Samples]:
    assert context.native is not None
    return context, Samples(native=tuple(one["solution"] for one in context.native))
