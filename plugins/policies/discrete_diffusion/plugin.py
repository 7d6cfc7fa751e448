"""The family's hook answers; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl
from suite.plugins.policies.discrete_diffusion.config import DiffusionConfig

if TYPE_CHECKING:
    from suite.core.policy import Policy

# What each name sets where the user does not; ``length`` always comes from the task.
SIZES: dict[str, dict[str, dict[str, Any]]] = {
    "discrete_diffusion/tiny": {
        "cnn": {"width": 48, "layers": 5, "kernel": 9},
        "transformer": {"width": 64, "layers": 3, "heads": 4},
        "backbone": {"width": 64, "layers": 2, "heads": 8, "edge_width": 32},
    },
    "discrete_diffusion/micro": {
        "cnn": {"width": 16, "layers": 2, "kernel": 5},
        "transformer": {"width": 16, "layers": 1, "heads": 2},
        "backbone": {"width": 8, "layers": 1, "heads": 2, "edge_width": 8, "encoder_layers": 1},
    },
}


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the policy called ``name``; the manifest promises that it is one of SIZES."""
    from suite.plugins.policies.discrete_diffusion.policy import DiscreteDiffusion

    return DiscreteDiffusion(resolve(name, config))


def resolve(name: str, config: Mapping[str, Any]) -> DiffusionConfig:
    """The full settings of a size: its own defaults for the network asked for, then the user's.

    Raises:
        SuiteError: an unknown key, or a value out of range.
    """
    asked = config.get("network", "cnn")
    defaults = SIZES[name].get(asked, {}) if isinstance(asked, str) else {}
    return parse_config(DiffusionConfig, {**defaults, **config}, "policy")
