"""Programming problems as contexts: a description for the policy, hidden tests for the judge.

Held-out problems are of families that no training problem and no demonstration is of. The corpus
that a base learns from is what people write: of its programs a share does something else than was
asked in one part.
"""

import hashlib
import random
from collections.abc import Mapping
from typing import Any

from suite.core.errors import SuiteError
from suite.core.seeded import HELD_OUT_EVERY, SeededContexts
from suite.domains.coding.programs import (
    Spec,
    described,
    draw_spec,
    inputs,
    misread,
    result,
    source,
)


class ProgramContexts(SeededContexts):
    """Seeded problems; ``Context.native`` holds rows of ``code/tests`` with their prompt.

    Args:
        slips: the share of demonstrations that misread one part of the description.
        num_tests: hidden inputs a problem.
        num_train, num_held_out, num_demonstrations, num_held_out_demonstrations, seed: see
            ``SeededContexts``.

    Raises:
        SuiteError: a share that is none, or a number below 1.
    """

    def __init__(
        self,
        *,
        slips: float = 0.0,
        num_tests: int = 6,
        num_train: int = 2048,
        num_held_out: int = 512,
        num_demonstrations: int = 32768,
        num_held_out_demonstrations: int = 512,
        seed: int = 0,
    ) -> None:
        if not 0 <= slips <= 1 or num_tests < 2:
            raise SuiteError(
                f"coding/programs: 'slips' = {slips} must be a share, and 'num_tests' = "
                f"{num_tests} at least 2."
            )
        super().__init__(
            num_train=num_train,
            num_held_out=num_held_out,
            num_demonstrations=num_demonstrations,
            num_held_out_demonstrations=num_held_out_demonstrations,
            seed=seed,
        )
        self.slips, self.num_tests = slips, num_tests
        self._specs: dict[str, Spec] = {}  # by name: the judge's rows have no place for them

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"coding {self.seed} {number}")
        spec = draw_spec(draw)
        tried = inputs(draw, self.num_tests)
        name = f"{'held_out' if held_out else 'train'}_{number}"
        self._specs[name] = spec
        return {
            "name": name,
            "prompt": described(spec) + "\n",
            "entry": "f",
            "tests": [{"args": [one], "expected": result(spec, one)} for one in tried],
            "reference": source(spec),
        }

    def family(self, row: Mapping[str, Any]) -> str:
        """What kind of function a row of these contexts asks for."""
        return self._specs[row["name"]].family

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        digest = hashlib.blake2b(self.family(row).encode(), digest_size=4).digest()
        return (int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0) == held_out

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"coding {self.seed} {number} person")
        spec = self._specs[row["name"]]
        return source(misread(spec, draw) if draw.random() < self.slips else spec)
