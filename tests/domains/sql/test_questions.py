"""Questions of sql: golds that run and tell something, schemas apart."""

import hashlib
from pathlib import Path

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.domains.sql.contexts import QueryContexts
from suite.domains.sql.questions import QUESTIONS, Question
from suite.domains.sql.schemas import KINDS, SCHEMAS, is_held_out, write_database
from suite.plugins.rewards.sql.verifier import SqlVerifier

ROWS = 48


def test_every_gold_is_paid_and_a_misread_one_is_not() -> None:
    right = QueryContexts(num_train=8, num_held_out=8)
    wrong = QueryContexts(num_train=8, num_held_out=8, slips=1.0)
    index = torch.arange(ROWS)
    reward = registry.make_reward("sql/execution", {})
    context, samples = right.demonstrations(index)
    scores = reward(samples, context)
    assert scores.value.tolist() == [1.0] * ROWS
    assert bool(scores.valid.all())
    assert reward(wrong.demonstrations(index)[1], context).value.mean() < 0.1


@pytest.mark.parametrize("schema", SCHEMAS[::29], ids=lambda one: one.name)
def test_every_form_of_question_has_a_gold_that_tells_something(schema: object) -> None:
    contexts = QueryContexts()
    rows = []
    for form in QUESTIONS:
        for kind in KINDS:
            one = Question(schema=schema, form=form, constant=2, kind=kind)  # type: ignore[arg-type]
            path = contexts.folder / f"{one.schema.name}.sqlite"
            rows.append({"name": form, "database": str(path), "gold": one.query})
    with SqlVerifier() as verifier:
        loaded = verifier.load(rows)
    assert [(one.name, one.reason) for one in loaded.refused if one.name != "below"] == []


def test_schemas_are_many_and_apart_and_share_their_words() -> None:
    held_out = [one for one in SCHEMAS if is_held_out(one)]
    train = [one for one in SCHEMAS if not is_held_out(one)]
    assert (len(train), len(held_out)) == (108, 36)
    for name in ("parent", "child", "number"):
        words = {getattr(one, name) for one in train}
        assert {getattr(one, name) for one in held_out} <= words


def test_a_database_is_the_same_each_time_and_has_ties_and_nulls(tmp_path: Path) -> None:
    import sqlite3

    schema = SCHEMAS[5]
    digests = set()
    for name in ("one", "two"):
        path = tmp_path / name
        write_database(schema, path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    with sqlite3.connect(path) as connection:
        values = [
            row[0] for row in connection.execute(f"SELECT {schema.number} FROM {schema.child}")
        ]
    connection.close()
    assert None in values
    assert len(set(values)) < len(values)


def test_training_asks_about_over_20_schemas_with_every_kind_of_query() -> None:
    """Joins, groups, nesting, maxima that tie and missing values, in train and in held-out."""
    contexts = QueryContexts()
    for rows in (
        contexts.train(torch.arange(600)).native or (),
        contexts.held_out(torch.arange(300)).native or (),
    ):
        assert len({row["database"] for row in rows}) > 20
        for part in (" JOIN ", "GROUP BY", "HAVING", "(SELECT ", "IS NULL", "=(SELECT MAX("):
            assert sum(part in row["gold"] for row in rows) > 0.03 * len(rows), part


def test_some_maxima_tie() -> None:
    import sqlite3

    contexts, tied = QueryContexts(), 0
    for schema in SCHEMAS:
        query = Question(schema=schema, form="largest", constant=3, kind=KINDS[0]).query
        connection = sqlite3.connect(contexts.folder / f"{schema.name}.sqlite")
        tied += len(connection.execute(query).fetchall()) > 1
        connection.close()
    assert tied > 0.5 * len(SCHEMAS)


def test_a_share_that_is_none_is_refused() -> None:
    with pytest.raises(SuiteError, match="slips"):
        QueryContexts(slips=-0.1)
