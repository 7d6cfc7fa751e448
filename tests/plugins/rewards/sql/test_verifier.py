"""SqlVerifier as its users meet it: audits, feedback, partial rewards, threads, bad input."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suite.core import registry
from suite.core.audit import audit
from suite.core.errors import SuiteError
from suite.core.verifier import Verdict, VerifierReward
from suite.plugins.rewards.sql.golds import GoldError
from suite.plugins.rewards.sql.parts import PARTS, most_of_wrong, score, text_parts
from suite.plugins.rewards.sql.verifier import SqlVerifier

COUNT = "SELECT COUNT(*) FROM customer"


def test_the_embedded_examples_pass_their_audit() -> None:
    findings = audit("sql/execution")
    assert [one for one in findings if not one.ok] == []
    named = {one.check: one.detail for one in findings}
    assert named["rows"] == "12 of 12 loaded"
    assert "13 of 13 as promised" in named["not paid: the answer as constants"]


def test_the_registry_makes_it_and_settings_reach_it() -> None:
    reward = registry.make_reward("sql/execution", {"copies": 0, "workers": 1})
    assert isinstance(reward, VerifierReward)
    assert reward.verifier.seeds == ()
    with pytest.raises(SuiteError, match=r"sql/execution: .*wieghts"):
        registry.make_reward("sql/execution", {"wieghts": {}})


def test_without_a_copy_constants_are_paid_and_with_one_they_are_not(shop: Path) -> None:
    row = {"database": str(shop), "gold": COUNT}
    for copies, verdict in ((0, Verdict.PASS), (6, Verdict.FAIL)):
        with SqlVerifier(workers=1, copies=copies) as verifier:
            (judged,) = verifier.judge(["SELECT 6"], verifier.load([row]).items)
            assert judged.verdict is verdict


def test_a_gold_that_no_copy_tells_from_a_constant_can_be_refused(shop: Path) -> None:
    row = {"database": str(shop), "gold": "SELECT COUNT(*) FROM customer WHERE city = 'Bern'"}
    with SqlVerifier(workers=1) as verifier:
        assert verifier.prepared(verifier.load([row]).items[0]).golds[0].copy_note == "same"
    with SqlVerifier(workers=1, refuse_same=True) as strict:
        assert [one.status for one in strict.load([row]).refused] == ["gold_same"]


def test_what_leans_on_the_order_of_rows_is_seen_on_the_copy(ask) -> None:
    gold = "SELECT name FROM customer ORDER BY id"
    assert ask.verdict("SELECT name FROM customer", gold) == "fail"
    assert (
        ask.verdict("SELECT name FROM customer LIMIT 1", "SELECT name FROM customer WHERE id = 1")
        == "fail"
    )


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("SELECT nme FROM customer", "no such column: nme"),
        ("SELECT name FROM customer", "the result differs: number of rows"),
        ("SELECT 1, 2", "the result differs: columns"),
        ("SELECT 6", "the result differs: values, on other data of the same schema"),
        ("SELEC 1", "the answer holds no SQL"),
        ("```sql\nSELEC 1\n```", 'near "SELEC": syntax error'),
        ("SELECT random()", "not authorized to use function: random"),
    ],
)
def test_feedback_names_what_went_wrong(ask, answer: str, told: str) -> None:
    assert ask.verifier.judge([answer], [ask.item(COUNT)])[0].feedback == told


def test_feedback_never_holds_what_was_expected(ask) -> None:
    gold = "SELECT title, price FROM product WHERE id = 5"  # desk, 149.0
    answers = ["SELECT 1", "SELECT 'x', 1", "SELECT title, 1 FROM product", "SELECT nothing", ""]
    for judged in ask.verifier.judge(answers, [ask.item(gold)] * len(answers)):
        assert judged.verdict is not Verdict.PASS
        assert "desk" not in str(judged.feedback)
        assert "149" not in str(judged.feedback)


def test_parts_are_the_stated_jaccards() -> None:
    asked = {"execution": 1.0, "schema": 1.0, "ngrams": 1.0, "syntax": 1.0}
    gold = "SELECT name FROM customer WHERE city = 'Oslo'"
    parts = text_parts("SELECT name FROM customer", [gold], "sqlite", asked)
    # {customer, name} of {customer, name, city}; the answer is a prefix of the gold: 3 of 7 pairs
    assert parts == {"schema": pytest.approx(2 / 3), "ngrams": pytest.approx(3 / 7), "syntax": 1.0}
    assert text_parts(gold, [gold], "sqlite", asked) == {"schema": 1, "ngrams": 1, "syntax": 1}
    none = {"schema": 0.0, "ngrams": 0.0, "syntax": 0.0}
    assert text_parts("DROP TABLE customer", [gold], "sqlite", asked) == none
    assert text_parts("SELECT FROM WHERE", [gold], "sqlite", asked) == none
    assert text_parts(gold, [gold], "sqlite", {"execution": 1.0}) == {}


def test_the_score_is_one_where_execution_agrees_and_the_weighted_mean_elsewhere() -> None:
    weights = {"execution": 3.0, "schema": 1.0}
    assert score({"execution": 1.0, "schema": 0.2}, weights) == 1.0
    assert score({"execution": 0.0, "schema": 0.5}, weights) == pytest.approx(0.5 / 4)


def test_partial_rewards_reach_the_judgement(shop: Path) -> None:
    weights = {"execution": 1, "schema": 1, "syntax": 2}
    with SqlVerifier(workers=1, weights=weights) as verifier:
        (item,) = verifier.load([{"database": str(shop), "gold": COUNT}]).items
        answers = [COUNT, "SELECT name FROM customer", "SELECT", "DROP TABLE customer", ""]
        judged = verifier.judge(answers, [item] * 5)
    assert [one.score for one in judged] == [1.0, pytest.approx(2.5 / 4), 0.0, 0.0, 0.0]
    assert judged[1].parts == {"execution": 0.0, "schema": 0.5, "syntax": 1.0}


def test_what_runs_and_what_keeps_the_layout_earn_parts_of_their_own(shop: Path) -> None:
    weights = {"execution": 2, "executes": 1, "format": 1}
    laid_out = "<think>Count.</think>\n<answer>SELECT name FROM {}</answer>"
    answers = [laid_out.format("customer"), laid_out.format("nobody"), "SELECT name FROM customer"]
    answers += [f"SELECT 1; {laid_out.format('customer')}", f"<think></think>\n{COUNT}", ""]
    with SqlVerifier(workers=1, weights=weights) as verifier:
        (item,) = verifier.load([{"database": str(shop), "gold": COUNT}]).items
        judged = verifier.judge(answers, [item] * len(answers))
    assert [one.score for one in judged] == [0.5, 0.25, 0.25, 0.25, 1.0, 0.0]


PARTS_ALONE = st.fixed_dictionaries(
    {name: st.floats(0, 1) for name in ("schema", "ngrams", "syntax", "executes", "format")}
)


@given(
    weights=st.fixed_dictionaries({name: st.floats(0.01, 100) for name in PARTS}),
    right=PARTS_ALONE,
    wrong=PARTS_ALONE,
)
def test_a_right_query_outranks_every_partially_right_one(
    weights: dict[str, float], right: dict[str, float], wrong: dict[str, float]
) -> None:
    most = most_of_wrong(weights)
    assert score({"execution": 1.0, **right}, weights) == 1.0 > most
    assert 0.0 <= score({"execution": 0.0, **wrong}, weights) <= most + 1e-12


def test_with_partial_weights_hacks_stay_below_every_right_query() -> None:
    findings = audit("sql/reasoning_sql")
    assert [one for one in findings if not one.ok] == []
    reward = registry.make_reward("sql/reasoning_sql", {"workers": 1})
    with reward.verifier as verifier:  # type: ignore[attr-defined]
        (item, *_) = verifier.load(verifier.rows()).items
        bounds = {hack.name: hack.at_most for hack in verifier.hacks(item)}
    assert bounds["empty"] == 0.0
    assert bounds["a constant"] == 0.5


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"weights": {"shema": 1}},
            "no part of a SQL reward named 'shema'. Did you mean 'schema'?",
        ),
        ({"weights": {"syntax": 1}}, "the weight of 'execution' must be above 0"),
        ({"weights": {"execution": -1}}, "the weight of 'execution' must be 0 or more"),
        ({"instant": "yesterday"}, "instant must be a time like"),
        ({"cpu_seconds": 0}, "cpu_seconds must be above zero, got 0"),
        ({"wall_seconds": -1}, "wall_seconds must be above zero, got -1"),
        ({"workers": 0}, "workers must be above zero, got 0"),
        ({"memory_mb": 0}, "memory_mb must be above zero, got 0"),
        ({"max_rows": 0}, "max_rows must be above zero, got 0"),
        ({"copies": -1}, "copies must be 0 or more, got -1"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(settings: dict[str, object], told: str) -> None:
    with pytest.raises(SuiteError) as error:
        SqlVerifier(**settings)  # type: ignore[arg-type]
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"database": "x"}, "row 1 has no gold query (got None)."),
        ({"database": "x", "gold": " ; "}, "row 1 has an empty gold query."),
        ({"database": "x", "gold": [1]}, "row 1 has no gold query (got [1])."),
        ({"gold": "SELECT 1"}, "row 1 names no database (got None)."),
    ],
)
def test_a_row_without_an_answer_is_refused_by_name(verifier, row, reason: str) -> None:
    (refusal,) = verifier.load([row]).refused
    assert (refusal.name, refusal.status, refusal.reason) == ("row 1", "bad_row", reason)


def load_error(verifier: SqlVerifier, path: Path, **settings: object) -> str:
    with pytest.raises(SuiteError) as error:
        verifier.load([{"database": str(path), "gold": "SELECT 1", **settings}])
    return str(error.value)


def test_a_database_that_is_missing_is_one_clear_error(verifier, tmp_path: Path) -> None:
    told = load_error(verifier, tmp_path / "no.sqlite")
    assert told.startswith(f"there is no database file {tmp_path / 'no.sqlite'}.")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_one_clear_error(verifier, tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("no database " * 100)
    assert f"{path} is not a SQLite database" in load_error(verifier, path)
    assert f"{path} is not a DuckDB database" in load_error(verifier, path, dialect="duckdb")


def test_a_dialect_that_does_not_exist_is_one_clear_error(verifier, shop: Path) -> None:
    told = load_error(verifier, shop, dialect="postgres")
    assert "no SQL dialect named 'postgres'" in told
    assert "Known: duckdb, sqlite." in told


@pytest.fixture
def own_shop(shop: Path, tmp_path: Path) -> Iterator[tuple[Path, sqlite3.Connection]]:
    path = tmp_path / "own.sqlite"
    path.write_bytes(shop.read_bytes())
    connection = sqlite3.connect(path, isolation_level=None)
    yield path, connection
    connection.close()


def test_a_locked_database_is_one_clear_error(verifier, own_shop) -> None:
    path, connection = own_shop
    connection.execute("BEGIN EXCLUSIVE")
    assert f"the database {path} is locked by another program" in load_error(verifier, path)
    connection.execute("ROLLBACK")
    assert verifier.load([{"database": str(path), "gold": COUNT}]).items


def test_changes_that_are_not_written_back_are_one_clear_error(verifier, own_shop) -> None:
    """With immutable=1 they would not be seen: another database would be judged on."""
    path, connection = own_shop
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("DELETE FROM purchase")
    assert "not written back yet (own.sqlite-wal)" in load_error(verifier, path)


def test_judging_after_close_is_one_clear_error(shop: Path) -> None:
    verifier = SqlVerifier(workers=1)
    (item,) = verifier.load([{"database": str(shop), "gold": COUNT}]).items
    verifier.close()
    with pytest.raises(SuiteError, match="is closed"):
        verifier.judge([COUNT], [item])


def test_an_item_whose_gold_does_not_hold_is_masked_and_never_scored(ask) -> None:
    (judged,) = ask.verifier.judge(["SELECT 1"], [ask.item("SELECT nowt FROM customer")])
    assert judged.verdict is Verdict.INFRA_ERROR
    assert judged.feedback == "gold_error: error: no such column: nowt"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "question,query\n1,2\n", "lacks the columns db_name, db_type."),
        ("a.csv", "db_name,db_type,query,question\nx,sqlite\n", "is cut short"),
        ("a.csv", "db_name,db_type,query,question\nx,postgres,a,b\n", "is written for postgres"),
        ("a.jsonl", "{", "line 1, is not JSON"),
        ("a.jsonl", "[1]", "is no object"),
        ("a.txt", "", "is not known"),
    ],
)
def test_a_file_of_another_format_is_one_clear_error(
    verifier, tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SuiteError) as error:
        list(verifier.rows(tmp_path / name))
    assert told in str(error.value)


def test_missing_questions_are_one_clear_error(verifier, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no.csv"):
        with pytest.raises(SuiteError, match=r"holds no defog|there is no file"):
            list(verifier.rows(path))


def test_lines_of_json_name_databases_beside_them(verifier, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "db.sqlite").write_bytes(shop.read_bytes())
    line = json.dumps({"database": "db.sqlite", "gold": [COUNT], "question": "How many?"})
    (tmp_path / "a.jsonl").write_text(line + "\n")
    (item,) = verifier.load(verifier.rows(tmp_path / "a.jsonl")).items
    assert (item.name, item.question) == ("a:1", "How many?")
    assert item.database.path == tmp_path / "db.sqlite"


def test_threads_get_their_own_results_in_order(ask) -> None:
    items = [ask.item(f"SELECT name FROM customer WHERE id <= {i}") for i in (2, 3, 4)]
    answers = [item.golds[0] for item in items]
    found: dict[int, list[str]] = {}

    def work(shift: int) -> None:
        turned = answers[shift:] + answers[:shift]
        found[shift] = [str(one.verdict) for one in ask.verifier.judge(turned, items)]

    threads = [threading.Thread(target=work, args=(shift,)) for shift in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: ["pass"] * 3, 1: ["fail"] * 3, 2: ["fail"] * 3}


def test_what_runs_in_a_worker_never_loads_the_comparison() -> None:
    """Golds, their rows and the rules stay in the parent; torch and sqlglot too."""
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-c", "import suite.plugins.rewards.sql.worker, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    judges = ("comparison", "golds", "prepared", "verifier", "items")
    assert not {f"suite.plugins.rewards.sql.{name}" for name in judges} & set(told)
    assert not {"torch", "sqlglot", "suite.core.verifier"} & set(told)


def test_a_gold_error_says_its_status() -> None:
    assert GoldError("gold_empty", "why").status == "gold_empty"
