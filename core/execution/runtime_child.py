"""Other languages inside the judged process: the child becomes their interpreter.

Standard library only.
"""

from typing import Any

from suite.core.execution.python_child import Channel


def run(channel: Channel, language: str, limits: dict[str, Any]) -> None:
    """Read one program and become its interpreter."""
    raise NotImplementedError(language)
