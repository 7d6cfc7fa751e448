"""Claims on a micro task: cells, staleness, tuning, controls as baselines, repetition, text."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suite.core import claim_bench, claim_key, claims, registry
from suite.core.claim_arms import arm_config, arm_key, choose, load_claim, tuning_key
from suite.core.claim_bench import Bench
from suite.core.claim_cells import Cell, Tried, cell_path, differing, read_cell, write
from suite.core.claim_key import Key
from suite.core.claim_result import claim_result, compare
from suite.core.claim_text import result_page, results_table
from suite.core.claims import rerun_cells, run_claim
from suite.core.errors import SuiteError
from suite.core.progress import Silent
from suite.core.task import Arm, Claim

CLAIM = Claim(
    name="micro-claim",
    paper=16,
    statement="A pull to the base keeps the held-out reward up.",
    task="micro/unmasking",
    method=Arm(label="with KL", algo="rloo"),
    baseline=Arm(label="without", algo="rloo", overrides={"algo.beta": 0.0}),
    metric="held_out",
    direction="higher",
    minimum_effect=0.05,
    seeds=(1, 2),
    tuning_seed=0,
    minutes=0.5,
    settings={
        "train.num_steps": 2,
        "train.group_size": 8,
        "train.eval_samples": 16,
        "train.eval_every": 1,
    },
)
TUNED = replace(
    CLAIM,
    method=replace(
        CLAIM.method, grid=({"train.learning_rate": 1e-5}, {"train.learning_rate": 0.1})
    ),
    baseline=replace(
        CLAIM.baseline, grid=({"train.learning_rate": 1e-5}, {"train.learning_rate": 0.1})
    ),
)
AGAINST_CONTROL = replace(CLAIM, baseline=Arm(label="best of n", algo="control:best_of_n"))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The configurations that are run, as they are asked for."""
    asked: list[str] = []
    real = claim_bench.run_once

    def counting(config: Any) -> Any:
        asked.append(config.to_toml())
        return real(config)

    monkeypatch.setattr(claim_bench, "run_once", counting)
    return asked


def stored(folder: Path, claim: Claim = CLAIM) -> dict[tuple[str, int], Cell]:
    return dict(claim_result(claim, folder).cells)


# --- what is measured ---------------------------------------------------------------------------


def test_a_claim_is_measured_once_and_then_only_where_it_is_stale(
    tmp_path: Path, runs: list[str]
) -> None:
    first = run_claim(CLAIM, tmp_path, Silent())
    assert len(runs) == 4
    assert set(first.cells) == {(arm, seed) for arm in ("method", "baseline") for seed in (1, 2)}
    assert not first.stale
    assert first.verdict is not None

    again = run_claim(CLAIM, tmp_path, Silent())
    assert len(runs) == 4
    assert again.pairs == first.pairs

    cell_path(tmp_path, "micro-claim", "method", 2).unlink()
    run_claim(CLAIM, tmp_path, Silent())
    assert len(runs) == 5
    assert stored(tmp_path)["method", 2].numbers == first.cells["method", 2].numbers


def test_a_cell_that_rests_on_other_code_is_stale_and_measured_again(
    tmp_path: Path, runs: list[str]
) -> None:
    run_claim(CLAIM, tmp_path, Silent())
    path = cell_path(tmp_path, "micro-claim", "baseline", 1)
    cell = read_cell(path)
    assert cell is not None
    module = "suite.plugins.algorithms.policy_gradient.plugin"
    old = {**cell.key.code, module: "another"}
    write(path, replace(cell, key=replace(cell.key, code=old)))

    result = claim_result(CLAIM, tmp_path)
    assert result.stale == {("baseline", 1): (module,)}
    assert result.word.endswith("(stale)")
    assert f"Stale, because these have changed since: {module}." in result_page(result)
    run_claim(CLAIM, tmp_path, Silent())
    assert len(runs) == 5
    assert not claim_result(CLAIM, tmp_path).stale


def test_another_core_is_told_and_measures_nothing_again(tmp_path: Path, runs: list[str]) -> None:
    assert "Core has changed since" not in result_page(run_claim(TUNED, tmp_path, Silent()))
    made = len(runs)
    path = cell_path(tmp_path, "micro-claim", "baseline", 1)
    cell = read_cell(path)
    assert cell is not None
    write(path, replace(cell, key=replace(cell.key, core="another")))
    result = claim_result(TUNED, tmp_path)
    assert (dict(result.stale), result.drifted) == ({}, {("baseline", 1)})
    assert not result.word.endswith("(stale)")
    assert "- Core has changed since, which makes no cell stale" in result_page(result)
    run_claim(TUNED, tmp_path, Silent())
    assert len(runs) == made
    assert len(rerun_cells("abc", 4, tmp_path, [TUNED])) == 4


def test_a_tuning_outlives_another_core(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tuning_key(TUNED, "method")
    monkeypatch.setattr(claim_key, "core_hash", lambda plugins: "another")
    assert tuning_key(TUNED, "method") == before
    monkeypatch.setattr(claim_key, "folder_hash", lambda folder: "another")
    assert tuning_key(TUNED, "method") != before


def test_another_torch_is_measured_again_but_is_not_called_stale(
    tmp_path: Path, runs: list[str]
) -> None:
    """Docs must not depend on the torch of who renders them; the page names the one measured on."""
    run_claim(CLAIM, tmp_path, Silent())
    path = cell_path(tmp_path, "micro-claim", "baseline", 1)
    cell = read_cell(path)
    assert cell is not None
    write(path, replace(cell, key=replace(cell.key, torch="1.0")))
    assert not claim_result(CLAIM, tmp_path).stale
    run_claim(CLAIM, tmp_path, Silent())
    assert len(runs) == 5


def test_a_cell_holds_numbers_curve_and_what_it_rests_on(tmp_path: Path) -> None:
    run_claim(CLAIM, tmp_path, Silent())
    row = json.loads(cell_path(tmp_path, "micro-claim", "method", 1).read_text())
    assert [point["step"] for point in row["curve"]] == [0, 1, 2]
    assert row["numbers"]["held_out"] == pytest.approx(row["curve"][-1]["held_out"])
    assert row["numbers"]["reward_calls"] == 16
    assert row["machine"]["threads"] == 1
    assert set(row["key"]) == {"config", "code", "torch", "core"}
    assert "suite.plugins.algorithms.policy_gradient.plugin" in row["key"]["code"]
    assert str(tmp_path) not in json.dumps(row)


def test_differences_are_paired_by_seed_and_signed_by_the_direction(tmp_path: Path) -> None:
    result = run_claim(CLAIM, tmp_path, Silent())
    for pair in result.pairs:
        ours = result.cells["method", pair.seed].numbers["held_out"]
        theirs = result.cells["baseline", pair.seed].numbers["held_out"]
        assert (pair.method, pair.baseline) == (ours, theirs)
        assert pair.difference == pytest.approx(pair.method - pair.baseline)
    lower = claim_result(replace(CLAIM, direction="lower"), tmp_path)
    assert [p.difference for p in lower.pairs] == [-p.difference for p in result.pairs]


# --- matching -----------------------------------------------------------------------------------


def cell_with(curve: list[tuple[float, float]], **numbers: float) -> Cell:
    return Cell(
        claim="micro-claim", arm="method", label="", seed=1, overrides={}, seconds=1.0, machine={},
        key=Key(config="", code={}, torch=""), tuning=(), numbers=numbers,
        curve=tuple({"reward": x, "held_out": y} for x, y in curve),
    )  # fmt: skip


def test_a_matched_claim_compares_where_both_reach_the_same_reward() -> None:
    """At reward 2 the method is at 3; the baseline passes 2 halfway from 1 to 0."""
    matched = replace(CLAIM, match="reward")
    method = cell_with([(0.0, 0.0), (2.0, 3.0)], held_out=3.0)
    baseline = cell_with([(0.0, 0.0), (1.0, 1.0), (3.0, 0.0), (9.0, -7.0)], held_out=-7.0)
    pair = compare(matched, method, baseline)
    assert (pair.level, pair.method, pair.baseline) == (2.0, 3.0, 0.5)
    assert pair.difference == 2.5
    assert compare(CLAIM, method, baseline).difference == 10.0


# --- tuning -------------------------------------------------------------------------------------


def test_both_arms_try_their_whole_grid_on_the_tuning_seed_alone(
    tmp_path: Path, runs: list[str]
) -> None:
    result = run_claim(TUNED, tmp_path, Silent())
    on_tuning_seed = [text for text in runs if "\nseed = 0\n" in text]
    assert len(on_tuning_seed) == 4
    assert len(runs) == 8
    for cell in result.cells.values():
        assert len(cell.tuning) == 2
        best = max(cell.tuning, key=lambda one: one.score or -9.0)
        assert cell.overrides == best.overrides
    run_claim(TUNED, tmp_path, Silent())
    assert len(runs) == 8
    assert "tried on seed 0: train.learning_rate = 1e-05: " in result_page(result)


def test_the_choice_follows_the_direction_and_the_first_of_equals() -> None:
    tried = tuple(Tried(overrides={"a": i}, score=s) for i, s in enumerate((1.0, 3.0, 3.0, 0.5)))
    assert choose(CLAIM, tried) == {"a": 1}
    assert choose(replace(CLAIM, direction="lower"), tried) == {"a": 3}


def test_a_wider_grid_makes_its_cells_stale(tmp_path: Path) -> None:
    run_claim(CLAIM, tmp_path, Silent())
    assert set(claim_result(TUNED, tmp_path).stale.values()) == {("grid",)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"method": TUNED.method}, "its arms try 2 and 1 configurations"),
        ({"seeds": (1,)}, "it needs two or more different seeds"),
        ({"seeds": (1, 1)}, "it needs two or more different seeds"),
        ({"seeds": (0, 1)}, "its tuning seed is one of its seeds"),
        ({"minimum_effect": 0.0}, "its minimum effect is not above 0"),
        ({"method": Arm(label="", algo="control:base")}, "only a baseline may be"),
        ({"baseline": AGAINST_CONTROL.baseline, "match": "reward"}, "a control has no curve"),
        (
            {"baseline": Arm(label="", algo="control:base", overrides={"algo.beta": 1.0})},
            "a control takes the method's configuration",
        ),
    ],
)
def test_a_claim_that_compares_unfairly_is_refused(
    wrong: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "make_claim", lambda name: replace(CLAIM, **wrong))
    with pytest.raises(SuiteError) as caught:
        load_claim("micro-claim")
    assert said in str(caught.value)
    assert str(caught.value).startswith("the claim 'micro-claim' is wrong: ")


# --- a control as baseline ----------------------------------------------------------------------


def test_a_control_is_read_from_the_methods_own_run(tmp_path: Path, runs: list[str]) -> None:
    result = run_claim(AGAINST_CONTROL, tmp_path, Silent())
    assert len(runs) == 2
    assert all('only = ["best_of_n"]' in text for text in runs)
    for seed in (1, 2):
        method, control = result.cells["method", seed], result.cells["baseline", seed]
        assert method.numbers["reward_calls"] == control.numbers["reward_calls"] == 16
        assert control.label == "best of 1 of the base"
        assert not control.timed
        assert method.seconds > 0


def test_a_control_that_the_task_lacks_is_named(tmp_path: Path) -> None:
    claim = replace(CLAIM, baseline=Arm(label="longer", algo="control:trained_on"))
    with pytest.raises(SuiteError, match="has none: the task has no demonstrations"):
        run_claim(claim, tmp_path, Silent())


# --- arms ---------------------------------------------------------------------------------------


def test_the_arms_of_a_claim_differ_by_their_overrides_alone() -> None:
    ours, theirs = (arm_config(CLAIM, arm, {}, 1).to_toml() for arm in ("method", "baseline"))
    changed = set(ours.splitlines()) ^ set(theirs.splitlines())
    assert all(line.startswith("beta = ") for line in changed)
    assert changed
    assert arm_key(CLAIM, "method", {}, 1).changed_since(arm_key(CLAIM, "baseline", {}, 1)) == (
        "configuration",
    )


# --- repetition ---------------------------------------------------------------------------------


def test_stored_cells_repeat_exactly_and_the_commit_picks_them(tmp_path: Path) -> None:
    run_claim(CLAIM, tmp_path, Silent())
    repeats = rerun_cells("abc", 2, tmp_path, [CLAIM])
    assert len({repeat.cell for repeat in repeats}) == 2
    assert all(repeat.ok and repeat.same_machine for repeat in repeats)
    assert [r.cell for r in rerun_cells("abc", 1, tmp_path, [CLAIM])] == [repeats[0].cell]
    first = {rerun_cells(str(i), 1, tmp_path, [CLAIM])[0].cell for i in range(6)}
    assert len(first) > 1


def test_a_cell_whose_numbers_were_changed_is_found_out(tmp_path: Path) -> None:
    run_claim(CLAIM, tmp_path, Silent())
    path = cell_path(tmp_path, "micro-claim", "method", 1)
    cell = read_cell(path)
    assert cell is not None
    held_out = cell.numbers["held_out"]
    assert held_out is not None
    write(path, replace(cell, numbers={**cell.numbers, "held_out": held_out * 1.001 + 0.01}))
    found = {r.cell: r for r in rerun_cells("abc", 4, tmp_path, [CLAIM])}
    wrong = found["micro-claim/method-seed1.json"]
    assert not wrong.ok
    assert [name for name, _, _ in wrong.different] == ["held_out"]
    assert sum(not repeat.ok for repeat in found.values()) == 1


def test_stale_and_timed_cells_are_not_repeated(tmp_path: Path) -> None:
    result = run_claim(CLAIM, tmp_path, Silent())
    for place, cell in result.cells.items():
        path = cell_path(tmp_path, CLAIM.name, *place)
        old = replace(cell.key, config="another") if place[1] == 1 else cell.key
        write(path, replace(cell, key=old, timed=place == ("method", 2)))
    repeats = rerun_cells("abc", 4, tmp_path, [CLAIM])
    assert [repeat.cell for repeat in repeats] == ["micro-claim/baseline-seed2.json"]


def test_numbers_differ_beyond_one_in_ten_thousand() -> None:
    expected = {"a": 1.0, "b": 100.0, "c": 0.0, "d": None, "e": 1.0}
    found = {"a": 1.00009, "b": 100.02, "c": 1e-7, "d": None}
    assert differing(expected, found) == [("b", 100.0, 100.02), ("e", 1.0, None)]


# --- text ---------------------------------------------------------------------------------------


def test_a_claim_without_cells_says_that_it_is_not_measured(tmp_path: Path) -> None:
    result = claim_result(CLAIM, tmp_path)
    assert result.word == "not measured"
    assert "**Not measured: 0 of 4 cells.**" in result_page(result)
    table = results_table([result])
    assert " ".join(table.splitlines()[1].split()) == "micro-claim 16 not measured - 0 of 4"


def test_a_claim_whose_task_does_not_exist_says_so(tmp_path: Path) -> None:
    result = claim_result(replace(CLAIM, task="micro/absent"), tmp_path)
    assert "Not measured: no task named 'micro/absent'." in result_page(result)


def test_the_page_shows_every_seed_the_rule_and_the_departures(tmp_path: Path) -> None:
    claim = replace(CLAIM, departures=("two steps are no training",))
    page = result_page(run_claim(claim, tmp_path, Silent()))
    assert "- Departure: two steps are no training." in page
    assert "| 1 | " in page
    assert "| 2 | " in page
    assert "in favour" in page
    assert "- with KL: one configuration, not tuned." in page
    assert "- `train.num_steps` is 2 for both arms." in page


def test_a_damaged_cell_is_named(tmp_path: Path) -> None:
    path = cell_path(tmp_path, CLAIM.name, "method", 1)
    path.parent.mkdir(parents=True)
    path.write_text('{"claim": ')
    with pytest.raises(SuiteError) as caught:
        claim_result(CLAIM, tmp_path)
    assert f"the stored cell {path} cannot be read" in str(caught.value)
    assert "suite claim run" in str(caught.value)


def test_the_commands_answer_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "load_claim", lambda name: replace(CLAIM, name=name))
    shown = claims.run_claim_by_name("by-name", Silent(), tmp_path)
    assert shown == claims.show_claim("by-name", tmp_path)
    assert "## by-name" in shown


def test_a_claim_that_wants_a_number_that_no_run_gives_is_told_which_there_are(
    tmp_path: Path,
) -> None:
    claim = replace(CLAIM, metric="fitness")
    with pytest.raises(SuiteError) as caught:
        run_claim(claim, tmp_path, Silent())
    assert "the runs give no number called 'fitness'" in str(caught.value)
    assert "held_out" in str(caught.value)


def test_a_bench_makes_a_run_once(tmp_path: Path, runs: list[str]) -> None:
    bench = Bench(claim=CLAIM, folder=tmp_path, progress=Silent())
    assert bench.run_of("method", {}, 1) is bench.run_of("method", {}, 1)
    assert len(runs) == 1
