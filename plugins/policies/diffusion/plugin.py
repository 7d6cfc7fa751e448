"""The family's hook answers; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.hooks import hookimpl
from suite.plugins.policies.diffusion.config import DiffusionConfig

if TYPE_CHECKING:
    from suite.core.policy import Policy

SIZES: dict[str, dict[str, Any]] = {
    "diffusion/tiny": {},
    "diffusion/micro": {
        "size": 4, "channels": 1, "patch": 2, "width": 8, "layers": 1, "heads": 2, "max_words": 1,
        "num_steps": 4,
    },
}  # fmt: skip


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the policy called ``name``; the manifest promises that it is known."""
    from suite.plugins.policies.diffusion.policy import DiffusionPolicy

    return DiffusionPolicy(parse_config(DiffusionConfig, {**SIZES[name], **config}, "policy"))
