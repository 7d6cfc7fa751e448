"""Tasks on real data: they run on a folder with a model, and pay what the data says is right."""

import json
import os
import re
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from suite.cli import main
from suite.core import api, registry
from suite.core.audit import audit
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.task import DATA

SMALL = {
    "train.num_contexts": 2,
    "train.group_size": 2,
    "train.num_steps": 2,
    "train.eval_samples": 4,
    "policy.num_steps": 8,
}
MARKS = range(0x2000, 0x2300)  # quotation marks, dashes, signs of logic
OWN: dict[str, dict[str, Any]] = {
    "maths/gym": {"contexts.num_rows": 20},
    "sql/public": {"train.num_contexts": 1, "train.eval_samples": 2, "reward.copies": 1},
}
ROWS = 24  # of each task, spread over the whole file
Gold = Callable[[Mapping[str, Any]], str]


def program(row: Mapping[str, Any]) -> str:
    """The reference of MBPP, or what HumanEval's prompt goes on with."""
    return str(row["code"] if "code" in row else row["prompt"] + row["canonical_solution"])


def number(row: Mapping[str, Any]) -> str:
    return str(row["answer"])


GOLDS: dict[str, Gold] = {
    "coding/mbpp": program,
    "coding/humaneval": program,
    "logic/folio": lambda row: f"Answer: {row['label']}",
    "logic/folio_formulas": lambda row: str(row["formula"]),
    "sql/public": lambda row: str(row["gold"]).split(";")[0],
    "maths/gym": lambda row: f"I think <answer>{row['answer']}</answer>",
    "maths/questions": number,
}
FILES = [name for name in GOLDS if name != "maths/gym"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder as transformers writes it: random weights over characters."""
    folder = tmp_path_factory.mktemp("model")
    settings = {
        "alphabet": string.printable + "".join(map(chr, [*range(0xA0, 0x300), *MARKS])),
        "width": 16,
        "layers": 1,
        "heads": 2,
        "max_prompt": 6000,
        "num_steps": 8,
    }
    made: Any = registry.make_policy("causal_lm/tiny", settings)
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)
    return str(folder)


def built(name: str, **settings: Any) -> tuple[Any, Any]:
    """Contexts and reward of a task, as a run makes them, without its policy."""
    request = Request(task=name, settings={"policy.model": "none", **settings})
    config = resolve_request(request)
    asked = config.task.contexts
    given = {key: config.data if value == DATA else value for key, value in asked.config.items()}
    given |= config.section("contexts")
    contexts = registry.make_contexts(asked.name, given)
    assert config.task.reward is not None
    return contexts, registry.make_reward(config.task.reward.name, dict(config.task.reward.config))


@pytest.mark.parametrize("name", GOLDS)
def test_a_task_trains_a_model_from_a_folder(name: str, model: str, tmp_path: Path) -> None:
    needs_data(name)
    settings = {**SMALL, "policy.model": model, **OWN.get(name, {})}
    outcome = api.run(task=name, out=tmp_path / "run", settings=settings, seed=0, controls=False)
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert sum('"loss' in line or '"train' in line for line in lines) >= 2
    assert outcome is not None


@pytest.mark.parametrize("name", GOLDS)
def test_golds_of_the_data_get_full_marks_and_nothing_gets_none(name: str) -> None:
    needs_data(name)
    contexts, reward = built(name)
    index = torch.linspace(0, contexts.num_train - 1, ROWS).long()
    context = contexts.train(index)
    golds = Samples(native=tuple(map(GOLDS[name], context.native or ())))
    scores = reward(golds, context)
    assert scores.valid.all()
    assert scores.value.tolist() == [1.0] * ROWS
    nothing = reward(Samples(native=("",) * ROWS), context)
    assert nothing.value.tolist() == [0.0] * ROWS


def test_an_audit_of_the_task_judges_the_golds_and_hacks_of_its_data() -> None:
    needs_data("logic/folio")
    found = audit("logic/folio")
    assert all(one.ok for one in found)
    assert any(one.check == "gold scores full marks" for one in found)


@pytest.mark.parametrize("name", GOLDS)
def test_no_group_is_in_two_parts(name: str) -> None:
    needs_data(name)
    contexts, _ = built(name)
    parts = [
        contexts.train(torch.arange(contexts.num_train)).native or (),
        contexts.held_out(torch.arange(contexts.num_held_out)).native or (),
    ]
    keys = {
        "logic/folio": lambda row: repr(row["premises"]),
        "sql/public": lambda row: row["database"],
    }
    key = keys.get(name, lambda row: row["prompt"])
    train, held_out = ({key(row) for row in part} for part in parts)
    assert held_out
    assert not train & held_out


def test_prompts_hold_what_people_show() -> None:
    needs_data("sql/public")
    shown = {name: built(name)[0].train(torch.tensor([0])).native[0]["prompt"] for name in GOLDS}
    assert "assert min_cost(" in shown["coding/mbpp"]
    assert shown["coding/humaneval"].endswith('"""\n')
    assert "Conclusion:" in shown["logic/folio"]
    assert "Dependent(_), Drinks(_)" in shown["logic/folio_formulas"]
    assert "→" not in shown["logic/folio_formulas"]
    assert "CREATE TABLE student" in shown["sql/public"]
    assert shown["sql/public"].count("?") == 1


def test_every_public_question_of_the_folder_is_read() -> None:
    needs_data("sql/public")
    contexts, _ = built("sql/public", **{"contexts.folder": True})
    assert contexts.num_train + contexts.num_held_out == 314


@pytest.mark.parametrize("name", GOLDS)
def test_a_task_without_a_model_says_what_to_set(name: str) -> None:
    needs_data(name)
    told = CliRunner().invoke(main, ["run", "--task", name])
    assert told.exit_code == 2
    assert "policy.model is not set" in told.output
    assert "--set policy.model=" in told.output


BROKEN = [
    ("nothing.jsonl", None, "no data file"),
    ("empty.jsonl", "", r"has (no|0) rows"),
    ("broken.jsonl", '{"a": 1}\n{"a": \n', r"line [12]\b"),
    ("columns.jsonl", '{"a": 1}\n{"a": 2}\n', r"(row|line) 1\b"),
    ("list.jsonl", "[1, 2]\n", r"line 1\b"),
    ("binary.jsonl", "\x00\ufffd", r"line 1\b"),
]


@pytest.mark.parametrize(("file", "content", "why"), BROKEN)
@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_one_clear_error(
    name: str, file: str, content: str | None, why: str, model: str, tmp_path: Path
) -> None:
    path = tmp_path / file
    if content is not None:
        path.write_text(content)
    command = ["run", "--task", name, "--data", str(path), "--set", f"policy.model={model}"]
    told = CliRunner().invoke(main, [*command, "--out", str(tmp_path / "run")])
    assert told.exit_code == 2, told.output
    assert str(path) in told.output.replace("\n", "")
    assert re.search(why, told.output)
    assert "Traceback" not in told.output


@pytest.mark.parametrize("name", ["coding/files", "logic/files", "sql/files", "maths/questions"])
def test_a_broken_line_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = {"question": "q", "answer": 1, "database": "d", "gold": "SELECT 1", "label": "True"}
    path.write_text(f"{json.dumps(good)}\n{{\n{json.dumps(good)}\n")
    with pytest.raises(SuiteError, match=r"line 2\b.*is not JSON"):
        registry.make_contexts(name, {"data": str(path)})


def needs_data(name: str) -> None:
    if name != "maths/gym" and "SUITE_DATA" not in os.environ:
        pytest.skip("no data folder (set SUITE_DATA)")


def test_own_rows_are_read(tmp_path: Path) -> None:
    rows = [
        {
            "name": f"p{n}",
            "prompt": f"add {n}",
            "entry": "f",
            "tests": [{"args": [1], "expected": n + 1}],
        }
        for n in range(4)
    ]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    contexts = registry.make_contexts("coding/files", {"data": str(path)})
    assert (contexts.num_train, contexts.num_held_out) == (3, 1)
    reward = registry.make_reward("code/tests", {})
    context = contexts.train(torch.tensor([0]))
    added = str(context.native[0]["prompt"]).removeprefix("add ")  # type: ignore[index]
    right = Samples(native=(f"def f(x): return x + {added}",))
    assert reward(right, context).value.tolist() == [1.0]


def test_partial_marks_of_the_gym_are_paid_only_on_request() -> None:
    row = {**built("maths/gym")[0].train(torch.tensor([0])).native[0]}
    context = Context(index=torch.tensor([0]), native=(row,))
    near = Samples(native=(f"<answer>{row['answer']} or so</answer>",))
    assert registry.make_reward("maths/gym_answer", {})(near, context).value.item() == 0
    graded = registry.make_reward("maths/gym_answer", {"credit": "graded"})
    assert 0 < graded(near, context).value.item() < 1


def test_every_dataset_of_the_gym_pays_its_own_answers() -> None:
    from suite.domains.maths.gym import DATASETS

    reward = registry.make_reward("maths/gym_answer", {})
    for name in sorted(DATASETS):
        contexts = registry.make_contexts("maths/gym", {"dataset": name, "num_rows": 4})
        context = contexts.train(torch.arange(contexts.num_train))
        rows = context.native or ()
        right = Samples(native=tuple(str(row["answer"]) for row in rows))
        assert reward(right, context).value.min() == 1, name
        assert reward(Samples(native=("",) * len(rows)), context).value.max() == 0, name


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"dataset": "countdown"}, "no dataset whose verifier compares texts named 'countdown'"),
        ({"dataset": "basic_arithmetik"}, "Did you mean 'basic_arithmetic'"),
        ({"options": {"no_such": 1}}, "no_such"),
        ({"num_rows": 1}, "num_rows"),
        ({"held_out": 1.0}, "held_out"),
    ],
)
def test_settings_of_the_gym_that_cannot_be_are_clear(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(SuiteError, match=why):
        registry.make_contexts("maths/gym", settings)
