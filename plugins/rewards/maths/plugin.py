"""The hook answer; torch waits inside the function."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.reward import Reward


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward; the manifest promises one name alone."""
    from suite.core.verifier import VerifierReward
    from suite.plugins.rewards.maths.verifier import MathsVerifier

    return VerifierReward(MathsVerifier(**config))
