"""Which SQL an answer gives, and where statements end."""

import pytest

from suite.core.verifier import Verdict
from suite.plugins.rewards.sql.text import LONGEST, sql_of, statements


@pytest.mark.parametrize(
    ("answer", "sql"),
    [
        ("SELECT 1", "SELECT 1"),
        ("select a\nfrom t;", "select a\nfrom t"),
        ("Here it is:\n```sql\nSELECT 1\n```\nDone.", "SELECT 1"),
        ("```\nSELECT 1\n```\nor rather\n```sql\nSELECT 2;\n```", "SELECT 2"),
        ("<answer>SELECT 3</answer> not SELECT 4", "SELECT 3"),
        ("<answer>\n```sql\nSELECT 5\n```\n</answer>", "SELECT 5"),
        ("First look.\n\nSELECT a\nFROM t;\n\nThat's it.", "SELECT a\nFROM t"),
        (
            "I'd say\n\nWITH x AS (\nSELECT 1\n)\nSELECT * FROM x",
            "WITH x AS (\nSELECT 1\n)\nSELECT * FROM x",
        ),
        ("-- the number\nSELECT 1", "-- the number\nSELECT 1"),
        ("SELECT ';' AS a -- ; SELECT 2", "SELECT ';' AS a -- ; SELECT 2"),
        ("SELECT 1; -- done", "SELECT 1"),
    ],
)
def test_the_last_statement_of_an_answer_is_judged(answer: str, sql: str) -> None:
    assert sql_of(answer).sql == sql


@pytest.mark.parametrize(
    "answer",
    ["", " \n", "I do not know.", "With luck, none. Select wisely.", "```sql\n\n```", "-- x"],
)
def test_an_answer_without_sql_is_no_code(answer: str) -> None:
    assert sql_of(answer).verdict is Verdict.NO_CODE


@pytest.mark.parametrize(
    "answer",
    [
        "SELECT 1; SELECT 2",
        "DROP TABLE t; SELECT 1",
        "SELECT 1 /* ; */ ; DELETE FROM t",
        "```sql\nSELECT 1;\nSELECT 2\n```",
        "SELECT '\0'",
        "SELECT '\ud800'",
        "SELECT '" + "x" * LONGEST + "'",
    ],
)
def test_several_statements_and_unreadable_text_are_bad_source(answer: str) -> None:
    assert sql_of(answer).verdict is Verdict.BAD_SOURCE


def test_semicolons_count_outside_quotes_and_comments_alone() -> None:
    text = "SELECT 'a;''b' ; SELECT \";\", `;`, [;] -- ;\n FROM t /* ; */; /* nothing */ ;"
    assert statements(text) == ["SELECT 'a;''b'", 'SELECT ";", `;`, [;] -- ;\n FROM t /* ; */']
    assert statements("SELECT 1 - 2 / 3") == ["SELECT 1 - 2 / 3"]
