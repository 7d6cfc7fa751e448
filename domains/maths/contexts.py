"""Problems as contexts: a prompt for the policy, an answer for the judge, pupils' answers to learn.

The corpus that a base learns from is what pupils write: of their answers a share makes a usual
mistake, and a share states a result without working. Such a base knows how to do it right and does
not always do it, which is what a reward can change.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from suite.core.errors import SuiteError
from suite.core.seeded import SeededContexts
from suite.domains.maths.problems import KINDS, LEVELS, make_problem, written


@dataclass(kw_only=True, eq=False)
class ProblemContexts(SeededContexts):
    """Seeded problems.

    ``Context.native`` holds rows with prompt, answer, solution, kind and level. A slip is a pupil's
    mistake, which is carried on.

    Args:
        kinds: of sum, brackets, unknowns.
        levels: of training; held_out_levels: of held-out problems, which may be longer.
        bare: the share of demonstrations that state a result without working.

    Raises:
        SuiteError: as ``SeededContexts``, a kind or level that does not exist, or no shares.
    """

    num_demonstrations: int = 65536
    kinds: Sequence[str] = KINDS
    levels: Sequence[int] = (1, 2)
    held_out_levels: Sequence[int] = (1, 2)
    bare: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, given, known in (
            ("kinds", self.kinds, KINDS),
            ("levels", self.levels, LEVELS),
            ("held_out_levels", self.held_out_levels, LEVELS),
        ):
            if not given or not set(given) <= set(known):
                raise SuiteError(
                    f"maths/problems: '{name}' = {list(given)}.\nKnown: {list(known)}; give one or "
                    "more."
                )
        if self.bare < 0 or self.slips + self.bare > 1:
            raise SuiteError(
                f"maths/problems: 'slips' = {self.slips} and 'bare' = {self.bare} must be shares "
                "of the demonstrations, together 1 at most."
            )

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        levels = self.held_out_levels if held_out else self.levels
        made = make_problem(self.seed, number, kinds=tuple(self.kinds), levels=tuple(levels))
        return {**vars(made), "solution": made.solution}

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"{self.seed}/{number}/pupil")
        fate = draw.random()
        if fate < self.slips:
            return written(draw.choice(row["mistakes"]))
        return written(row["steps"], working=fate >= self.slips + self.bare)
