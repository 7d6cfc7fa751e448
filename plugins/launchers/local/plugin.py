"""Hook answer of the local launcher."""

from collections.abc import Mapping
from typing import Any

from suite.core.hooks import hookimpl


@hookimpl
def suite_make_launcher(name: str, config: Mapping[str, Any]) -> Any:
    """Build ``local``."""
    from suite.plugins.launchers.local.launcher import LocalLauncher

    return LocalLauncher(**config)
