"""Requests as contexts: what is said for the policy, schemas and wanted calls for the judge.

The corpus that a base learns from is a careless assistant's log: of its answers a share has a wrong
value, a call too few or one too many.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any

from suite.core.records import Samples
from suite.core.seeded import HELD_OUT_EVERY, SeededContexts
from suite.domains.tools.clerk import log
from suite.domains.tools.errands import draw_errand
from suite.domains.tools.office import BY_NAME
from suite.domains.tools.requests import draw_request, misheard, schema, written


class RequestContexts(SeededContexts):
    """Seeded requests; ``Context.native`` holds rows of ``tools/calls``."""

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        request = draw_request(random.Random(f"tools {self.seed} {number}"), number)
        return {
            "name": f"{'held_out' if held_out else 'train'}_{number}",
            "prompt": request.prompt,
            "tools": [schema(name) for name in request.offered],
            "answer": [{"name": name, "arguments": given} for name, given in request.wanted],
            "request": request,
        }

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"tools {self.seed} {number} careless")
        request = row["request"]
        calls = misheard(request, draw) if draw.random() < self.slips else request.wanted
        return written(calls)


class ErrandContexts(SeededContexts):
    """Seeded errands in an office of their own; what is asked in one part is never in the other.

    Demonstrations are a careless clerk's log: turns and answers.
    """

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        errand = draw_errand(random.Random(f"errand {self.seed} {number}"), number)
        return {
            "name": f"{'held_out' if held_out else 'train'}_{number}",
            "prompt": errand.prompt,
            "tools": [BY_NAME[name].schema for name in errand.offered],
            "errand": errand,
        }

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        """By what is asked alone: no pair of, say, a person and a day is in both parts."""
        digest = hashlib.blake2b(row["errand"].said.encode(), digest_size=4).digest()
        return (int.from_bytes(digest, "big") % HELD_OUT_EVERY == 0) == held_out

    def answers(self, rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> Samples:
        draws = (random.Random(f"clerk {self.seed} {number}") for number in numbers)
        pairs = zip(rows, draws, strict=True)
        return Samples(native=tuple(log(r["errand"], d, slips=self.slips) for r, d in pairs))
