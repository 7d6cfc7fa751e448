"""Hook answer of best-of-n; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.sampler import Sampler


@hookimpl
def suite_make_sampler(name: str, config: Mapping[str, Any]) -> "Sampler":
    """Build ``best_of_n``."""
    from suite.plugins.samplers.best_of_n.sampler import BestOfN

    return parse_config(BestOfN, config, "sampler")
