"""The hook answers of outside-molecules; torch and rdkit wait inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.metric import Codec
    from suite.core.reward import Reward
    from suite.core.task import Domain, Task


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The domain."""
    from suite.core.task import Domain

    return Domain(
        name="outside-molecules",
        summary="Molecules of at most six atoms; a token is an atom's element or a bond's order.",
        default_task="outside-molecules/chains",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """What the base learns from."""
    from outside_molecules.contexts import Compact

    return Compact(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """SMILES to tokens and back."""
    from outside_molecules.codec import GraphCodec

    return GraphCodec(**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """The one reward."""
    from outside_molecules.reward import Chain

    return Chain(**config)


@hookimpl
def suite_make_task(name: str) -> "Task":
    """The one task."""
    from outside_molecules.task import TASK

    return TASK
