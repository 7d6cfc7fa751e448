"""Requests as contexts: what is said for the policy, schemas and wanted calls for the judge.

The corpus that a base learns from is a careless assistant's log: of its answers a share has a wrong
value, a call too few or one too many.
"""

import random
from collections.abc import Mapping
from typing import Any

from suite.core.seeded import SeededContexts
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
