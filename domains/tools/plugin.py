"""The tools domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.environment import Environment
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The tools domain."""
    from suite.core.task import Domain

    return Domain(
        name="tools",
        summary="A sample is the text of an assistant's turn, or of an episode with the tools' "
        "answers; rewards are 1 for the wanted calls and no other, or for the wanted database.",
        default_task="tools/episodes",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``; the manifest promises that it is one of CONTEXTS."""
    return CONTEXTS[name](**config)


@hookimpl
def suite_make_environment(name: str, config: Mapping[str, Any]) -> "Environment":
    """Build the office; the manifest promises no other name."""
    from suite.domains.tools.environment import OfficeEnvironment

    return OfficeEnvironment(**config)


def requests(**config: Any) -> "Contexts":
    """Seeded requests of one turn."""
    from suite.domains.tools.contexts import RequestContexts

    return RequestContexts(**config)


def errands(**config: Any) -> "Contexts":
    """Seeded errands of several turns."""
    from suite.domains.tools.contexts import ErrandContexts

    return ErrandContexts(**config)


def bfcl(**config: Any) -> "Contexts":
    """One-turn rows of a BFCL file."""
    from suite.domains.tools import files

    return files.bfcl(**config)


def tau_retail(**config: Any) -> "Contexts":
    """tau-bench's retail tasks."""
    from suite.domains.tools import files

    return files.tau_retail(**config)


CONTEXTS = {
    "tools/requests": requests,
    "tools/errands": errands,
    "tools/bfcl": bfcl,
    "tools/tau_retail": tau_retail,
}
