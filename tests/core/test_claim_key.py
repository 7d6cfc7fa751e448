"""What makes a stored cell stale, and what does not."""

from dataclasses import replace
from pathlib import Path

from suite.core import claim_key
from suite.core.claim_key import core_modules, folder_hash, key_of
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
    (tmp_path / "b.toml").write_text("x = 1\n")
    (tmp_path / "notes.md").write_text("read me\n")
    before = folder_hash(tmp_path)
    (tmp_path / "notes.md").write_text("read me again\n")
    assert folder_hash(tmp_path) == before
    (tmp_path / "b.toml").write_text("x = 2\n")
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
