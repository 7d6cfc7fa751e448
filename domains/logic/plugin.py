"""The logic domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The logic domain."""
    from suite.core.task import Domain

    return Domain(
        name="logic",
        summary="A sample is a text that ends in a label; rewards are 1 for the right one.",
        default_task="logic/syllables",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    if name == "logic/files":
        from suite.domains.logic.files import FileContexts

        return FileContexts(**config)
    from suite.domains.logic.contexts import ProblemContexts

    return ProblemContexts(**config)
