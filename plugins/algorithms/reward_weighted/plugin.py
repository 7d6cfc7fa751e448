"""Hook answer of the reward-weighted likelihood; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.algorithm import Algorithm


@hookimpl
def suite_make_algorithm(name: str, config: Mapping[str, Any]) -> "Algorithm":
    """Build ``reward_weighted``; its named forms are presets of it."""
    from suite.plugins.algorithms.reward_weighted.algorithm import RewardWeighted

    return parse_config(RewardWeighted, config, "algo")
