"""Hook answer of Feynman-Kac steering; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.sampler import Sampler


@hookimpl
def suite_make_sampler(name: str, config: Mapping[str, Any]) -> "Sampler":
    """Build ``fk_steering``."""
    from suite.plugins.samplers.feynman_kac.sampler import FKSteering

    return parse_config(FKSteering, config, "sampler")
