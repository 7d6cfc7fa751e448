"""Tool tasks for models that a user brings work on a folder as transformers writes it."""

import gzip
import json
import string
from pathlib import Path
from typing import Any

import pytest
import torch

from suite.core import api, registry
from suite.core.randomness import Streams
from suite.core.rollout import rollout
from suite.plugins.rewards.tools.retail.tiny import DATABASE, ROWS

SMALL = {
    "train.num_contexts": 2,
    "train.group_size": 2,
    "train.num_steps": 1,
    "train.eval_samples": 2,
    "policy.num_steps": 8,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder as transformers writes it: random weights over characters."""
    folder = tmp_path_factory.mktemp("model")
    settings = {
        "alphabet": string.printable,
        "width": 16,
        "layers": 1,
        "heads": 2,
        "max_prompt": 6000,
    }
    made: Any = registry.make_policy("causal_lm/tiny", settings)
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)
    return str(folder)


def written(path: Path, values: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, values)).encode()))
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """tau-bench's files with the embedded shop in them."""
    for table, rows in DATABASE.items():
        written(tmp_path / f"retail_{table}.json.gz", [rows])
    (tmp_path / "retail_policy.md").write_text("Be kind.")
    rows = [{key: value for key, value in row.items() if key != "name"} for row in ROWS]
    written(tmp_path / "retail_tasks_test.jsonl.gz", rows)
    return written(tmp_path / "retail_tasks_train.jsonl.gz", rows[::-1])


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Ten questions in BFCL's form."""
    properties = {"n": {"type": "integer"}}
    parameters = {"type": "dict", "properties": properties, "required": ["n"]}
    tool = {"name": "count", "description": "Count.", "parameters": parameters}
    asked = [
        {
            "id": f"multiple_{n}",
            "question": [[{"role": "user", "content": f"Count {n}."}]],
            "function": [tool],
        }
        for n in range(10)
    ]
    truths = [{"id": f"multiple_{n}", "ground_truth": [{"count": {"n": [n]}}]} for n in range(10)]
    written(tmp_path / "possible_answer" / "BFCL_v4_multiple.json.gz", truths)
    return written(tmp_path / "BFCL_v4_multiple.json.gz", asked)


def test_the_shop_is_met_in_several_turns(model: str, shop: Path) -> None:
    """A rollout alone: prompts of 5,000 characters make a whole run of one step slow."""
    task = registry.make_task("tools/tau_retail")
    assert task.environment is not None
    environment = registry.make_environment(task.environment.name, dict(task.environment.config))
    contexts = registry.make_contexts("tools/tau_retail", {"data": str(shop)})
    policy = registry.make_policy(task.policy.name, {"model": model, "turns": 3, "num_steps": 24})
    record = rollout(
        policy,
        contexts.train(torch.tensor([0, 0])),
        Streams(0, 0, "rollout", [0, 1]),
        environment=environment,
    )
    assert record.reward is not None
    assert record.reward.sum() == 0
    assert bool(record.valid_rows.all())


def test_questions_of_the_leaderboard_train(model: str, questions: Path, tmp_path: Path) -> None:
    settings = {**SMALL, "policy.model": model, "contexts.held_out": 0.5}
    out = tmp_path / "run"
    outcome = api.run(
        task="tools/bfcl", data=str(questions), out=out, settings=settings, seed=0, controls=False
    )
    assert outcome.info["status"] == "finished"
