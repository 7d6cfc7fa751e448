"""Questions as contexts: schema and question for the policy, a database and a gold for the judge.

Held-out questions are about schemas that training never sees. The corpus that a base learns from
is what people write: a share of its queries answers another question.
"""

import random
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from suite.core.cache import cache_key, locked, lookup, store
from suite.core.seeded import SeededContexts
from suite.domains.sql.questions import draw_question, misread
from suite.domains.sql.schemas import SCHEMAS, is_held_out, write_database

VERSION = 1  # of what write_database writes: part of the cache's key


class QueryContexts(SeededContexts):
    """Seeded questions; ``Context.native`` holds rows of ``sql/execution`` with their prompt.

    The databases are written to the cache on first use.
    """

    @cached_property
    def folder(self) -> Path:
        """Where the databases are."""
        key = cache_key({"what": "databases of sql/questions", "version": VERSION})
        with locked(key):
            found = lookup(key)
            return found if found is not None else _write_all(key)

    def make(self, number: int, *, held_out: bool) -> Mapping[str, Any]:
        draw = random.Random(f"sql {self.seed} {number}")
        schemas = [one for one in SCHEMAS if is_held_out(one) == held_out]
        asked = draw_question(draw, draw.choice(schemas))
        return {
            "name": f"{asked.schema.name}/{asked.form}",
            "prompt": asked.prompt,
            "question": asked.prompt,
            "database": str(self.folder / f"{asked.schema.name}.sqlite"),
            "gold": asked.query,
            "asked": asked,
        }

    def belongs(self, row: Mapping[str, Any], *, held_out: bool) -> bool:
        return is_held_out(row["asked"].schema) == held_out

    def demonstrate(self, row: Mapping[str, Any], number: int) -> str:
        draw = random.Random(f"sql {self.seed} {number} person")
        asked = row["asked"]
        query: str = (misread(asked, draw) if draw.random() < self.slips else asked).query
        return query


def _write_all(key: str) -> Path:
    with tempfile.TemporaryDirectory() as scratch:
        files = {}
        for schema in SCHEMAS:
            name = f"{schema.name}.sqlite"
            files[name] = Path(scratch) / name
            write_database(schema, files[name])
        return store(key, files, {"what": "databases of sql/questions"})
