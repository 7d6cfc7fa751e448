"""Problems as contexts: a prompt for the policy, an answer for the judge.

A hash of the prompt says which part a problem belongs to, so that none is in two.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from suite.core.contexts import Contexts
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.maths.problems import KINDS, LEVELS, Problem, make_problem

STRIDE = 9 << 40  # a multiple of kinds times levels, beyond every number that is asked for
HELD_OUT_SHARE = 5  # one prompt in so many is held out


class ProblemContexts(Contexts):
    """Seeded problems, made when they are first asked for.

    ``Context.native`` holds rows with prompt, answer, solution, kind and level.

    Args:
        kinds: of sum, brackets, unknowns.
        levels: of training; held_out_levels: of held-out problems, which may be longer.
        num_train, num_held_out: how many of each; num_demonstrations: worked answers that a base
            is trained on; num_held_out_demonstrations: worked answers to held-out problems.
        seed: of all of them.

    Raises:
        SuiteError: a kind or a level that does not exist, or a number below 1.
    """

    def __init__(
        self,
        *,
        kinds: Sequence[str] = KINDS,
        levels: Sequence[int] = (1, 2),
        held_out_levels: Sequence[int] = (1, 2),
        num_train: int = 2048,
        num_held_out: int = 512,
        num_demonstrations: int = 16384,
        num_held_out_demonstrations: int = 512,
        seed: int = 0,
    ) -> None:
        for name, given, known in (
            ("kinds", kinds, KINDS),
            ("levels", levels, LEVELS),
            ("held_out_levels", held_out_levels, LEVELS),
        ):
            if not given or not set(given) <= set(known):
                raise SuiteError(
                    f"maths/problems: '{name}' = {list(given)}.\nKnown: {list(known)}; give one or "
                    "more."
                )
        if min(num_train, num_held_out) < 1 or num_demonstrations < 0:
            raise SuiteError("maths/problems: num_train and num_held_out must be at least 1.")
        self.kinds, self.levels = tuple(kinds), tuple(levels)
        self.held_out_levels = tuple(held_out_levels)
        self.num_train, self.num_held_out = num_train, num_held_out
        self.num_demonstrations = num_demonstrations
        self.num_held_out_demonstrations = num_held_out_demonstrations
        self.seed = seed
        self._rows: dict[tuple[bool, int], Mapping[str, Any]] = {}

    def problem(self, number: int, *, held_out: bool) -> Problem:
        """Problem ``number`` of either part."""
        levels = self.held_out_levels if held_out else self.levels
        while True:
            made = make_problem(self.seed, number, kinds=self.kinds, levels=levels)
            if _is_held_out(made.prompt) == held_out:
                return made
            number += STRIDE

    def _context(self, index: Tensor, first: int, *, held_out: bool) -> Context:
        rows = []
        for one in index.tolist():
            key = (held_out, first + one)
            if key not in self._rows:
                self._rows[key] = vars(self.problem(key[1], held_out=held_out))
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


def _is_held_out(prompt: str) -> bool:
    digest = hashlib.blake2b(prompt.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % HELD_OUT_SHARE == 0


def _worked(context: Context) -> tuple[Context, Samples]:
    assert context.native is not None
    return context, Samples(native=tuple(row["solution"] for row in context.native))
