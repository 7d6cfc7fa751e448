"""The hook answer; torch waits inside the function."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.reward import Reward


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward; the manifest promises one name alone."""
    return saved_oracle(**config)


def saved_oracle(folder: str, unit: str = "none", pessimism: float = 0.0) -> "Reward":
    """The oracle saved in ``folder``; ``pessimism`` standard deviations of its members come off."""
    from suite.core.oracle import OracleReward
    from suite.core.oracle_files import load_oracle

    return OracleReward(load_oracle(Path(folder)), unit=unit, pessimism=pessimism)
