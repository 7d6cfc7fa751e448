"""The robotics domain's hook answers; gymnasium and torch wait inside functions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.environment import Environment
    from suite.core.metric import Codec, Metric
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The robotics domain."""
    from suite.core.task import Domain

    return Domain(
        name="robotics",
        summary="A sample is an episode of a Gymnasium environment, a decision is an action or one "
        "step towards it; rewards are the environment's own.",
        default_task="robotics/cartpole",
        aliases=("control", "robots"),
    )


@hookimpl
def suite_make_environment(name: str, config: Mapping[str, Any]) -> "Environment":
    """Build a Gymnasium environment."""
    from suite.domains.robotics.gym import GymEnvironment

    return GymEnvironment(**config)


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Starts, and demonstrations."""
    from suite.domains.robotics.contexts import Starts

    return Starts(**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Share of successes."""
    from suite.domains.robotics.metrics import Success

    return Success(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Episodes as text."""
    from suite.domains.robotics.metrics import EpisodeCodec

    return EpisodeCodec(**config)


@hookimpl
def suite_on_run_end(run: Any, outcome: str) -> None:
    """Film the policy before and after, where the environment asks for it."""
    if outcome == "finished":
        from suite.domains.robotics.filming import film

        film(run)
