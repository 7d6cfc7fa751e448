"""Problems as contexts: a prompt for the policy, an answer for the judge, pupils' answers to learn.

The corpus that a base learns from is what pupils write: of their answers a share makes a usual
mistake, and a share states a result without working. Such a base knows how to do it right and does
not
always do it, which is what a reward can change.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from suite.core.errors import SuiteError
from suite.core.seeded import SeededContexts
from suite.domains.maths.problems import KINDS, LEVELS, make_problem, written


class ProblemContexts(SeededContexts):
    """Seeded problems.

    ``Context.native`` holds rows with prompt, answer, solution, kind and level.

    Args:
        kinds: of sum, brackets, unknowns.
        levels: of training; held_out_levels: of held-out problems, which may be longer.
        slips: the share of demonstrations that make a mistake, which is carried on.
        bare: the share of demonstrations that state a result without working.
        num_train, num_held_out, num_demonstrations, num_held_out_demonstrations, seed: see
            ``SeededContexts``.

    Raises:
        SuiteError: a kind or level that does not exist, no shares, or a number below 1.
    """

    def __init__(
        self,
        *,
        kinds: Sequence[str] = KINDS,
        levels: Sequence[int] = (1, 2),
        held_out_levels: Sequence[int] = (1, 2),
        slips: float = 0.0,
        bare: float = 0.0,
        num_train: int = 2048,
        num_held_out: int = 512,
        num_demonstrations: int = 65536,
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
        if min(slips, bare) < 0 or slips + bare > 1:
            raise SuiteError(
                f"maths/problems: 'slips' = {slips} and 'bare' = {bare} must be shares of the "
                "demonstrations, together 1 at most."
            )
        super().__init__(
            num_train=num_train,
            num_held_out=num_held_out,
            num_demonstrations=num_demonstrations,
            num_held_out_demonstrations=num_held_out_demonstrations,
            seed=seed,
        )
        self.kinds, self.levels = tuple(kinds), tuple(levels)
        self.held_out_levels = tuple(held_out_levels)
        self.slips, self.bare = slips, bare

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        levels = self.held_out_levels if held_out else self.levels
        made = make_problem(self.seed, number, kinds=self.kinds, levels=levels)
        return {**vars(made), "solution": made.solution}

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"{self.seed}/{number}/pupil")
        fate = draw.random()
        if fate < self.slips:
            return written(draw.choice(row["mistakes"]))
        return written(row["steps"], working=fate >= self.slips + self.bare)
