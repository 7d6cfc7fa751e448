"""The sql domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The sql domain."""
    from suite.core.task import Domain

    return Domain(
        name="sql",
        summary="A sample is the text of a query; rewards are 1 where it returns the wanted "
        "rows, on the database and on a perturbed copy.",
        default_task="sql/questions",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    if name == "sql/files":
        from suite.domains.sql.files import FileContexts

        return FileContexts(**config)
    from suite.domains.sql.contexts import QueryContexts

    return QueryContexts(**config)
