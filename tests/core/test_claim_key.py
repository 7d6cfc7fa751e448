"""What makes a stored cell stale, and what does not."""

from dataclasses import replace
from pathlib import Path

from suite.core import claim_key
from suite.core.claim_key import Key, core_modules, folder_hash, key_of, task_text
from suite.core.config import Request, resolve_request


def test_comments_docstrings_and_layout_change_no_hash(tmp_path: Path) -> None:
    def hash_of(source: str) -> str:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "a.py").write_text(source)
        return folder_hash(folder)

    plain = "def f(x):\n    return x + 1\n"
    dressed = '"""Module."""\n\ndef f(x):  # why\n    """Doc."""\n    return (x\n        + 1)\n'
    assert hash_of(plain) == hash_of(dressed)
    assert hash_of(plain) != hash_of(plain.replace("1", "2"))
    assert hash_of("x = 'a'") != hash_of("x = 'b'")


def test_a_changed_file_of_a_plugin_changes_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.json").write_text("1")
    (tmp_path / "notes.md").write_text("read me\n")
    before = folder_hash(tmp_path)
    (tmp_path / "notes.md").write_text("read me again\n")
    assert folder_hash(tmp_path) == before
    (tmp_path / "b.json").write_text("2")
    changed = folder_hash(tmp_path)
    assert changed != before
    (tmp_path / "a.py").rename(tmp_path / "c.py")
    assert folder_hash(tmp_path) not in (before, changed)


def test_the_core_of_a_key_is_what_makes_numbers() -> None:
    """Reports and listings may change; what a plugin imports besides counts."""
    names = set(core_modules())
    assert {"suite.core.trainer", "suite.core.rollout", "suite.core.distributions"} <= names
    assert not any(name.startswith("suite.core.report") for name in names)
    assert not {"suite.core.listing", "suite.core.claims", "suite.core.relaxed"} & names
    assert not claim_key.PLUMBING & names
    known = {f"suite.core.{path.stem}" for path in claim_key.CORE.glob("*.py")}
    assert known >= claim_key.PLUMBING
    pathwise = claim_key.CORE.parent / "plugins" / "algorithms" / "pathwise"
    assert "suite.core.relaxed" in core_modules([pathwise])


def test_the_key_follows_settings_seed_task_and_control() -> None:
    config = resolve_request(Request(task="micro/unmasking", algo="rloo"))
    same = resolve_request(Request(task="micro/unmasking", algo="rloo"))
    other = resolve_request(Request(task="micro/unmasking", algo="rloo", seed=1))
    task = replace(config, task=replace(config.task, base={"num_steps": 7}))
    keys = [key_of(config).config, key_of(other).config, key_of(task).config]
    keys.append(key_of(config, "best_of_n").config)
    assert len(set(keys)) == 4
    assert key_of(same) == key_of(config)
    assert "suite.plugins.samplers.best_of_n.plugin" in key_of(config, "best_of_n").code


def test_the_folder_of_a_tasks_value_is_no_code_and_its_value_is_configuration() -> None:
    config = resolve_request(Request(task="micro/unmasking", algo="rloo"))
    key = key_of(config)
    assert "suite.domains.micro.plugin" in key.code
    assert not [module for module in key.code if module.startswith("suite.tasks.")]
    assert config.task.reward is not None
    task = replace(config.task, reward=config.task.reward.updated(gap=9.0))
    assert key_of(replace(config, task=task)).changed_since(key) == ("configuration",)


def test_words_and_unused_fields_of_a_task_are_in_no_key() -> None:
    task = resolve_request(Request(task="micro/unmasking", algo="rloo")).task
    said = replace(task, summary="Otherwise said.", known_rewards=())
    assert task_text(said) == task_text(task)
    assert "template" not in task_text(task)
    assert "template = 'AA'" in task_text(replace(task, template="AA"))
    assert task_text(replace(task, base={"num_steps": 7})) != task_text(task)


def test_core_is_provenance_and_everything_else_is_a_reason() -> None:
    old = Key(config="c", code={"a": "1", "b": "2"}, torch="2.0", core="x")
    assert replace(old, core="y").changed_since(old) == ()
    assert replace(old, core="y").drifted_since(old)
    assert not old.drifted_since(old)
    assert replace(old, code={"a": "1"}).changed_since(old) == ()
    now = Key(config="d", code={"a": "9", "b": "2", "new": "3"}, torch="2.1", core="x")
    assert now.changed_since(old) == ("configuration", "a", "new", "torch 2.1")
