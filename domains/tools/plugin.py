"""The tools domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The tools domain."""
    from suite.core.task import Domain

    return Domain(
        name="tools",
        summary="A sample is the text of an assistant's turn; rewards are 1 for the wanted calls "
        "and no other.",
        default_task="tools/requests",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts; the manifest promises one name alone."""
    from suite.domains.tools.contexts import RequestContexts

    return RequestContexts(**config)
