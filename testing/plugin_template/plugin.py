"""The hook answers of my-domain. torch waits inside functions: choosing among names stays fast.

Settings arrive as a mapping; passed on as keywords, a misspelt one becomes an error that names
those that exist.
"""

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
        name="my-domain",
        summary="Words of eight letters over A, B, C, D; a token is one letter. No units.",
        default_task="my-domain/alternate",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """What samples are asked for."""
    from suite.testing.plugin_template.contexts import Words

    return Words(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Words to tokens and back."""
    from suite.testing.plugin_template.codec import LetterCodec

    return LetterCodec(**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """The one reward; a second one makes this a choice by ``name``."""
    from suite.testing.plugin_template.reward import Alternation

    return Alternation(**config)


@hookimpl
def suite_make_task(name: str) -> "Task":
    """The one task; a second one makes this a choice by ``name``."""
    from suite.testing.plugin_template.task import TASK

    return TASK
