"""The hook answer; the judge waits inside the function."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.reward import Reward


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``; the manifest promises that it is one of REWARDS."""
    return REWARDS[name](**config)


def tests(**config: Any) -> "Reward":
    """Programs against their tests; see ``CodeVerifier`` for the settings."""
    from suite.core.verifier import VerifierReward
    from suite.plugins.rewards.code.verifier import CodeVerifier

    return VerifierReward(CodeVerifier(**config))


def acecoder(**config: Any) -> "Reward":
    """The share of an item's own tests and of ten more that hold; settings of ``CodeVerifier``."""
    return tests(**{"credit": "share", "synthesise": 10, **config})


REWARDS = {"code/tests": tests, "code/acecoder": acecoder}
