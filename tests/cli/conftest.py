"""The command line in this process, in an empty folder, and one finished run that tests read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from suite.cli import main

SHORT = ("run", "--task", "micro/unmasking", "--set", "train.num_steps=2")

Suite = Callable[..., Result]


def invoke(*arguments: object) -> Result:
    """One command; an exception that escapes the command line fails the test."""
    result = CliRunner().invoke(main, [str(part) for part in arguments], prog_name="suite")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    """Runs one command in an empty folder, without any data folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SUITE_DATA", raising=False)
    return invoke


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with controls; nobody writes into it."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    result = invoke(*SHORT, "--out", folder)
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may change."""
    return Path(shutil.copytree(finished, tmp_path / "copied"))


@pytest.fixture
def short() -> tuple[str, ...]:
    """A run of a second, without controls."""
    return (*SHORT, "--no-controls")
