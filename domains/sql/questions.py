"""Questions about a schema with their queries: filters, joins, groups, nesting, ties and NULLs."""

import random
from dataclasses import dataclass

from suite.domains.sql.schemas import KINDS, Schema

# name -> the question, the query; p and c are the tables, n the number, k a constant, w a kind.
QUESTIONS: dict[str, tuple[str, str]] = {
    "all": ("how many {c}", "SELECT COUNT(*) FROM {c}"),
    "above": ("{c} with {n} above {k}", "SELECT title FROM {c} WHERE {n}>{k}"),
    "below": ("{c} with {n} below {k}", "SELECT title FROM {c} WHERE {n}<{k}"),
    "missing": ("{c} without {n}", "SELECT title FROM {c} WHERE {n} IS NULL"),
    "kind": ("{p} of kind {w}", "SELECT name FROM {p} WHERE kind='{w}'"),
    "largest": (
        "{c} with the most {n}",
        "SELECT title FROM {c} WHERE {n}=(SELECT MAX({n}) FROM {c})",
    ),
    "over_mean": (
        "{c} with {n} above the mean",
        "SELECT title FROM {c} WHERE {n}>(SELECT AVG({n}) FROM {c})",
    ),
    "ordered": (
        "{c} by {n}",
        "SELECT title FROM {c} WHERE {n} IS NOT NULL ORDER BY {n}",
    ),
    "owner": (
        "{c} with their {p}",
        "SELECT c.title,p.name FROM {c} c JOIN {p} p ON c.{p}_id=p.id",
    ),
    "of_kind": (
        "{c} of {w} {p}",
        "SELECT c.title FROM {c} c JOIN {p} p ON c.{p}_id=p.id WHERE p.kind='{w}'",
    ),
    "count_per": (
        "how many {c} per {p}",
        "SELECT p.name,COUNT(*) FROM {c} c JOIN {p} p ON c.{p}_id=p.id GROUP BY p.id",
    ),
    "sum_per": (
        "sum of {n} per {p}",
        "SELECT p.name,SUM(c.{n}) FROM {c} c JOIN {p} p ON c.{p}_id=p.id GROUP BY p.id",
    ),
    "mean_per_kind": (
        "mean of {n} per kind",
        "SELECT p.kind,AVG(c.{n}) FROM {c} c JOIN {p} p ON c.{p}_id=p.id GROUP BY p.kind",
    ),
    "many": (
        "{p} with over {k} {c}",
        "SELECT p.name FROM {c} c JOIN {p} p ON c.{p}_id=p.id GROUP BY p.id HAVING COUNT(*)>{k}",
    ),
    "childless": (
        "{p} without {c}",
        "SELECT name FROM {p} WHERE id NOT IN (SELECT {p}_id FROM {c} WHERE {p}_id IS NOT NULL)",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of one form about a schema."""

    schema: Schema
    form: str
    constant: int
    kind: str

    def _filled(self, text: str) -> str:
        names = {"p": self.schema.parent, "c": self.schema.child, "n": self.schema.number}
        return text.format(**names, k=self.constant, w=self.kind)

    @property
    def prompt(self) -> str:
        """The schema and what is asked."""
        return f"{self.schema.text}: {self._filled(QUESTIONS[self.form][0])}?"

    @property
    def query(self) -> str:
        """A right answer."""
        return self._filled(QUESTIONS[self.form][1])


def draw_question(draw: random.Random, schema: Schema) -> Question:
    """A question, each form as likely as any other."""
    form = draw.choice(list(QUESTIONS))
    constant = draw.randint(1, 2) if form == "many" else draw.randint(3, 9)
    return Question(schema=schema, form=form, constant=constant, kind=draw.choice(KINDS))


def misread(question: Question, draw: random.Random) -> Question:
    """Another question about the same schema, whose query is another."""
    while True:
        other = draw_question(draw, question.schema)
        if other.query != question.query:
            return other
