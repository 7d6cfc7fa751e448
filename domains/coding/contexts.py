"""Programming problems as contexts: a description for the policy, hidden tests for the judge.

Held-out problems are of families that no training problem and no demonstration is of. The corpus
that a base learns from is what people write: of its programs a share does something else than was
asked in one part.
"""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suite.core.errors import SuiteError
from suite.core.seeded import HELD_OUT_EVERY, SeededContexts
from suite.domains.coding.programs import (
    LARGEST,
    Spec,
    described,
    draw_spec,
    inputs,
    misread,
    result,
    source,
)


@dataclass(kw_only=True, eq=False)
class ProgramContexts(SeededContexts):
    """Seeded problems; ``Context.native`` holds rows of ``code/tests`` with their prompt.

    Args:
        num_tests: hidden inputs a problem, at least 2.
        largest: of a problem's constants, 1 to 9: 5 make 2,340 descriptions with a loop and a
            branch, of 1,924 different programs; 9 make 5,720, of 4,664.

    Raises:
        SuiteError: as ``SeededContexts``, fewer tests, or a constant of more digits.
    """

    num_tests: int = 6
    largest: int = LARGEST
    # By name: the judge's rows have no place for them.
    _specs: dict[str, Spec] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_tests < 2:
            raise SuiteError(f"contexts.num_tests must be at least 2; got {self.num_tests}.")
        if not 1 <= self.largest <= 9:
            raise SuiteError(f"contexts.largest must be 1 to 9; got {self.largest}.")

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"coding {self.seed} {number}")
        spec = draw_spec(draw, self.largest)
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
        return source(misread(spec, draw, self.largest) if draw.random() < self.slips else spec)
