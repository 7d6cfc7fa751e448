"""The coding domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The coding domain."""
    from suite.core.task import Domain

    return Domain(
        name="coding",
        aliases=("code",),
        summary="A sample is the text of a program; rewards are 1 where hidden tests pass.",
        default_task="coding/functions",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    if name == "coding/files":
        from suite.domains.coding.files import FileContexts

        return FileContexts(**config)
    from suite.domains.coding.contexts import ProgramContexts

    return ProgramContexts(**config)
