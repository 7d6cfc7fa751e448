"""The hook answer; judges wait inside the functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.errors import missing_extra
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.environment import Environment
    from suite.core.reward import Reward


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``; the manifest promises that it is one of REWARDS."""
    try:
        return REWARDS[name](**config)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "scipy":
            raise
        raise missing_extra("scipy", "tools", needed_by=f"the reward '{name}'") from error


@hookimpl
def suite_make_environment(name: str, config: Mapping[str, Any]) -> "Environment":
    """Build the shop; the manifest promises no other name."""
    try:
        from suite.plugins.rewards.tools.episode import ShopEnvironment
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "scipy":
            raise
        raise missing_extra("scipy", "tools", needed_by=f"the environment '{name}'") from error
    return ShopEnvironment(**config)


def calls(**config: Any) -> "Reward":
    """Turns against the calls that were wanted; see ``ToolVerifier`` for the settings."""
    from suite.core.verifier import VerifierReward
    from suite.plugins.rewards.tools.verifier import ToolVerifier

    return VerifierReward(ToolVerifier(**config))


def toolrl(**config: Any) -> "Reward":
    """ToolRL's graded score of calls in any notation; see ``ToolVerifier`` for the settings."""
    return calls(**{"rule": "toolrl", "notation": "any", **config})


def state(**config: Any) -> "Reward":
    """Episodes by the database that they leave; see ``StateVerifier`` for the settings."""
    from suite.core.verifier import VerifierReward
    from suite.plugins.rewards.tools.state import StateVerifier

    return VerifierReward(StateVerifier(**config))


REWARDS = {"tools/calls": calls, "tools/toolrl": toolrl, "tools/state": state}
