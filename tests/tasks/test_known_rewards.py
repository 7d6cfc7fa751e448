"""Every task's hand-checked rewards are what its reward says."""

from pathlib import Path

import pytest

from suite.core import registry
from suite.core.audit import score_known, tasks_with_known_rewards


@pytest.mark.parametrize("name", tasks_with_known_rewards())
def test_known_rewards_are_scored_as_the_task_says(
    name: str, request: pytest.FixtureRequest
) -> None:
    task = registry.make_task(name)
    data = None
    if task.data is not None:
        data = str(Path(request.getfixturevalue("data_folder")) / task.data)
    rows = score_known(name, data=data)
    assert len(rows) == len(task.known_rewards) > 0
    for native, value, wanted in rows:
        assert value == pytest.approx(wanted, rel=1e-3, abs=1e-3), native


# Their policy is a folder that a user brings; test_pretrained_tasks.py scores the data's golds.
PRETRAINED = [
    "coding/humaneval",
    "coding/mbpp",
    "image/prompts",
    "logic/folio",
    "logic/folio_formulas",
    "maths/gym",
    "maths/questions",
    "sql/public",
    "tools/bfcl",
    "video/prompts",
]


def test_every_task_with_a_reward_of_its_own_names_known_rewards() -> None:
    """A learned oracle has no score that a hand could check, and a named pipeline none to hand."""
    named = set(tasks_with_known_rewards())
    lacking = [
        entry.name
        for entry in registry.entries("task")
        if registry.make_task(entry.name).reward is not None and entry.name not in named
    ]
    assert sorted(lacking) == sorted([*PRETRAINED, "protein/gb1"])
