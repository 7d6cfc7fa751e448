"""The micro domain's hook answers; torch waits inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.metric import Codec
    from suite.core.reward import Reward
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The micro domain."""
    from suite.core.task import Domain

    return Domain(
        name="micro",
        summary="Strings of four letters, points of the plane, a cart with a pole. No units.",
        default_task="micro/unmasking",
    )


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build a micro reward."""
    from suite.domains.micro.reward import PointReward, TableReward

    return TableReward(**config) if name == "micro/table" else PointReward(**config)


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """One empty context."""
    from suite.core.contexts import Unconditioned

    return Unconditioned(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the letter codec."""
    from suite.domains.micro.codec import LetterCodec

    return LetterCodec(**config)
