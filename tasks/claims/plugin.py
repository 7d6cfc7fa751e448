"""The claims: one module a claim, each with one CLAIM value."""

import importlib
from typing import TYPE_CHECKING

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.task import Claim


@hookimpl
def suite_make_claim(name: str) -> "Claim":
    """The claim called ``name``: the module of that name, with underscores, beside this file."""
    module = importlib.import_module(f"suite.tasks.claims.{name.replace('-', '_')}")
    claim: Claim = module.CLAIM
    return claim
