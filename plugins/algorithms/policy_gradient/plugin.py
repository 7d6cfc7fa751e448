"""Hook answers of the score-function estimators; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.algorithm import Algorithm


@hookimpl
def suite_make_algorithm(name: str, config: Mapping[str, Any]) -> "Algorithm":
    """Build ``policy_gradient``; its named forms are presets of it."""
    from suite.plugins.algorithms.policy_gradient.algorithm import PolicyGradient

    return parse_config(PolicyGradient, config, "algo")
