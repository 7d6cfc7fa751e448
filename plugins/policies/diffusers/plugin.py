"""The family's hook answers; torch and diffusers wait inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.config_model import parse_config
from suite.core.errors import missing_extra
from suite.core.hooks import hookimpl
from suite.plugins.policies.diffusers.config import PipelineConfig

if TYPE_CHECKING:
    from suite.core.policy import Policy

PACKAGES = ("diffusers", "transformers", "peft", "PIL")


@hookimpl
def suite_make_policy(name: str, config: Mapping[str, Any]) -> "Policy":
    """Build the policy called ``name``; the manifest promises that it is known."""
    given = parse_config(PipelineConfig, config, "policy")
    try:
        from suite.plugins.policies.diffusers.loading import load
        from suite.plugins.policies.diffusers.policy import PipelinePolicy

        return PipelinePolicy(load(given), given)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        raise missing_extra(package, "image", needed_by=f"the policy '{name}'") from error
