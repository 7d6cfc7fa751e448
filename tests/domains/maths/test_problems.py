"""Problems are right, apart, balanced, and the same for a seed."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.domains.maths.contexts import ProblemContexts
from suite.domains.maths.problems import KINDS, LEVELS, make_problem
from suite.domains.maths.questions import questions

ROWS = 600


def problems(**settings: Any) -> list[Any]:
    kinds, levels = settings.pop("kinds", KINDS), settings.pop("levels", LEVELS)
    return [make_problem(0, n, kinds=kinds, levels=levels) for n in range(ROWS)]


def test_every_worked_answer_is_paid_and_its_neighbour_is_not() -> None:
    made = problems()
    reward = registry.make_reward("maths/answer", {"order": ("number",)})
    from suite.core.records import Context, Samples

    context = Context(index=torch.arange(ROWS), native=tuple(vars(one) for one in made))
    right = Samples(native=tuple(one.solution for one in made))
    wrong = Samples(native=tuple(f"{one.solution}0" for one in made if one.answer))
    nonzero = [i for i, one in enumerate(made) if one.answer]
    rows = Context(index=torch.tensor(nonzero), native=tuple(vars(made[i]) for i in nonzero))
    assert reward(right, context).value.tolist() == [1.0] * ROWS
    assert reward(wrong, rows).value.tolist() == [0.0] * len(nonzero)


def test_each_step_of_the_working_is_true() -> None:
    for one in problems():
        working, _, answer = one.solution.partition(" #")
        for step in working.split(","):
            left, right = step.split("=")
            assert eval(left) == float(right), one
        assert int(answer) == one.answer


def test_brackets_and_unknowns_have_that_answer() -> None:
    for one in problems(kinds=("brackets",)):
        assert eval(one.prompt.rstrip("=")) == one.answer
    for one in problems(kinds=("unknowns",)):
        first, second, _ = one.prompt.split(",")
        total, difference = int(first[4:]), int(second[4:])
        assert (total + difference) == 2 * one.answer


def test_kinds_and_levels_are_balanced() -> None:
    made = problems()
    counts = {(k, v): sum((p.kind, p.level) == (k, v) for p in made) for k in KINDS for v in LEVELS}
    assert max(counts.values()) - min(counts.values()) <= 1


def test_no_prompt_is_in_two_parts() -> None:
    contexts = ProblemContexts(num_train=400, num_held_out=200, num_demonstrations=400)
    parts = [
        {row["prompt"] for row in part.native or ()}
        for part in (
            contexts.train(torch.arange(400)),
            contexts.held_out(torch.arange(200)),
            contexts.demonstrations(torch.arange(400))[0],
        )
    ]
    assert not parts[1] & (parts[0] | parts[2])


def test_there_are_three_levels_and_each_is_longer_than_the_one_below() -> None:
    for kind in ("sum", "brackets"):
        made = [problems(kinds=(kind,), levels=(level,)) for level in LEVELS]
        lengths = [sum(len(one.solution) for one in level) / len(level) for level in made]
        assert lengths[0] + 4 < lengths[1] < lengths[2] - 4
    largest = [max(p.answer for p in problems(kinds=("unknowns",), levels=(v,))) for v in LEVELS]
    assert largest[0] < largest[1] < largest[2]
    assert len(LEVELS) == 3


def test_sums_carry_at_every_level() -> None:
    for level in LEVELS:
        made = problems(kinds=("sum",), levels=(level,))
        pairs = [tuple(map(int, one.prompt.rstrip("=").split("+"))) for one in made]
        carries = sum(a % 10 + b % 10 >= 10 for a, b in pairs)
        assert carries > 0.3 * len(made)


def test_held_out_problems_may_be_longer_than_all_of_training() -> None:
    contexts = ProblemContexts(kinds=("sum",), levels=(1, 2), held_out_levels=(3,))
    train = contexts.train(torch.arange(200)).native or ()
    held_out = contexts.held_out(torch.arange(200)).native or ()
    assert max(len(row["prompt"]) for row in train) < min(len(row["prompt"]) for row in held_out)
    assert {row["level"] for row in held_out} == {3}


def test_mistakes_end_in_another_answer_and_bare_answers_show_no_working() -> None:
    index = torch.arange(ROWS)
    reward = registry.make_reward("maths/answer", {"order": ("number",)})
    context, wrong = ProblemContexts(slips=1.0).demonstrations(index)
    assert reward(wrong, context).value.sum() == 0
    context, bare = ProblemContexts(bare=1.0).demonstrations(index)
    assert reward(bare, context).value.tolist() == [1.0] * ROWS
    assert all(str(one).startswith("#") for one in bare.native or ())


@pytest.mark.parametrize(
    "settings",
    [
        {"kinds": ("sums",)},
        {"levels": (4,)},
        {"levels": ()},
        {"num_train": 0},
        {"slips": 0.7, "bare": 0.5},
    ],
)
def test_settings_out_of_range_are_clear(settings: dict[str, Any]) -> None:
    with pytest.raises(SuiteError, match=next(iter(settings))):
        ProblemContexts(**settings)


@pytest.mark.parametrize("name", ["gsm8k_test", "math_test", "mawps_singleeq"])
def test_public_questions_load_in_two_parts(name: str) -> None:
    if "SUITE_DATA" not in os.environ:
        pytest.skip("no data folder (set SUITE_DATA)")
    path = Path(os.environ["SUITE_DATA"]) / "math" / f"{name}.jsonl.gz"
    contexts = questions(data=str(path))
    train, held_out = contexts.fingerprints()
    assert not train & held_out
    assert 0.05 < contexts.num_held_out / (contexts.num_train + contexts.num_held_out) < 0.2
    verifier = registry.make_reward("maths/answer", {}).verifier  # type: ignore[attr-defined]
    rows = contexts.held_out(torch.arange(20)).native
    assert len(verifier.load(rows or ()).items) == 20


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "line 1, is not JSON"),
        ('{"question": "q"}\n', "needs a question"),
        ('{"answer": 3}\n', "needs a question"),
        ('{"question": "q", "answer": 3}\n', "one part of them would be empty"),
    ],
)
def test_files_without_questions_are_clear(content: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(content)
    with pytest.raises(SuiteError, match=why):
        questions(data=str(path))
    with pytest.raises(SuiteError, match="cannot read"):
        questions(data=str(tmp_path / "none.jsonl"))


def test_a_question_that_stands_twice_is_in_one_part(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    rows = [{"question": f"q{n % 50}", "answer": n % 50} for n in range(100)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    contexts = questions(data=str(path))
    assert contexts.num_train + contexts.num_held_out == 50
