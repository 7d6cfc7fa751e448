"""An office that breaks costs its own rows; one that always breaks stops the run."""

from typing import Any

import pytest

from suite.core.build import build
from suite.core.config import Request, resolve_request
from suite.core.environment import Reply
from suite.core.errors import SuiteError
from suite.core.run import Run
from suite.domains.tools.environment import OfficeEnvironment, OfficeEpisode

SMALL = {
    "policy.width": 16,
    "policy.layers": 1,
    "policy.heads": 2,
    "policy.num_steps": 48,
    "train.num_contexts": 4,
    "train.group_size": 16,
}


class Broken(OfficeEnvironment):
    """Raises in the episodes whose name is listed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names

    def open(self, asked: Any, seed: int) -> OfficeEpisode:
        return (
            BrokenEpisode(asked["errand"])
            if asked["name"] in self.names
            else super().open(asked, seed)
        )


class BrokenEpisode(OfficeEpisode):
    def reply(self, text: str) -> Reply:
        raise ConnectionError("the office is closed")


def small_run() -> Run:
    return build(resolve_request(Request(task="tools/episodes", settings=SMALL))).run


def test_an_episode_that_breaks_is_dropped_and_counted() -> None:
    run = small_run()
    run.settings = run.settings.model_copy(update={"max_failed_share": 0.9})
    first = (run.ask(0).native or ())[0]["name"]
    run.environment = Broken((first,))
    collected = run.sample(0)
    rows = collected.trajectory.context.native or ()
    for row, valid in zip(rows, collected.trajectory.valid_rows.tolist(), strict=True):
        assert valid or row["name"] == first
    dropped = int((~collected.scores.valid).sum())
    assert dropped > 0
    assert (
        collected.scores.failures
        == ("Broken raised ConnectionError: the office is closed",) * dropped
    )


def test_an_office_that_always_breaks_stops_the_run() -> None:
    run = small_run()
    run.environment = Broken(tuple(f"train_{number}" for number in range(5000)))
    with pytest.raises(SuiteError, match="the office is closed"):
        run.sample(0)


def test_a_policy_of_one_turn_is_told_how_to_meet_tools() -> None:
    with pytest.raises(SuiteError, match=r"meets none with these settings\.\n.*suite show"):
        build(resolve_request(Request(task="tools/episodes", settings={"policy.turns": 1})))
