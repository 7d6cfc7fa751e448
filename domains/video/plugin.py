"""The video domain's hook answers. torch waits inside functions: listing must stay fast."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suite.core.hooks import hookimpl

if TYPE_CHECKING:
    from suite.core.contexts import Contexts
    from suite.core.metric import Codec, Metric
    from suite.core.reward import Reward
    from suite.core.task import Domain


@hookimpl
def suite_make_domain(name: str) -> "Domain":
    """The video domain."""
    from suite.core.task import Domain

    return Domain(
        name="video",
        summary="A sample is a clip [3 F, H, H] in [-1, 1], a decision a denoising step; rewards "
        "are shares of clips that move as their captions say.",
        default_task="video/motions",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts; the manifest promises one name alone."""
    from suite.domains.video.contexts import MotionContexts

    return MotionContexts(**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``."""
    from suite.domains.video.reward import GravityReward, MotionReward

    if name == "video/gravity":
        return GravityReward(**config)
    if name == "video/steadiness":
        from suite.domains.video.steadiness import Steadiness

        return Steadiness(**config)
    if name == "video/nearness":
        from suite.domains.video.nearness import Nearness

        return Nearness(**config)
    return MotionReward(**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build the metric of tracks."""
    from suite.domains.video.metrics import Tracks

    return Tracks(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec of clips."""
    from suite.domains.video.codec import ClipCodec

    return ClipCodec(**config)


@hookimpl
def suite_on_run_end(run: Any, outcome: str) -> None:
    """Say where clips are missing from a report for want of a package."""
    if outcome == "finished":
        from suite.domains.video.codec import note_missing

        note_missing(run)
