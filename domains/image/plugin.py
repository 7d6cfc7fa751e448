"""The image domain's hook answers. torch waits inside functions: listing must stay fast."""

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
    """The image domain."""
    from suite.core.task import Domain

    return Domain(
        name="image",
        summary="A sample is a picture [3, H, H] in [-1, 1], a decision a denoising step; rewards "
        "are shares of pictures that show what their captions say.",
        default_task="image/scenes",
    )


@hookimpl
def suite_make_contexts(name: str, config: Mapping[str, Any]) -> "Contexts":
    """Build the contexts called ``name``."""
    if name == "image/digits":
        from suite.domains.image.digits import DigitContexts

        return DigitContexts(**config)
    if name == "image/one_shape":
        from suite.domains.image.one_shape import ShapeContexts

        return ShapeContexts(**config)
    if name == "image/prompts":
        from suite.domains.image.prompts import prompts

        return prompts(**config)
    from suite.domains.image.contexts import SceneContexts

    return SceneContexts(**config)


@hookimpl
def suite_make_reward(name: str, config: Mapping[str, Any]) -> "Reward":
    """Build the reward called ``name``."""
    if name == "image/jpeg":
        from suite.domains.image.jpeg import Compressibility

        return Compressibility(**config)
    if name == "image/brightness":
        from suite.domains.image.brightness import Brightness

        return Brightness(**config)
    if name in ("image/shape_likeness", "image/shape_detector"):
        from suite.domains.image.one_shape import ShapeDetector, ShapeReward

        return ShapeReward(**config) if name.endswith("likeness") else ShapeDetector(**config)
    if name in ("image/digit_likelihood", "image/digit_judge"):
        from suite.domains.image.digit_judge import DigitJudge, DigitLikelihood

        return DigitJudge(**config) if name.endswith("judge") else DigitLikelihood(**config)
    if name == "image/caption_score":
        from suite.domains.image.caption_score import CaptionScore

        return CaptionScore(**config)
    if name == "image/caption_confidence":
        from suite.domains.image.caption_confidence import CaptionConfidence

        return CaptionConfidence(**config)
    if name == "image/nearness":
        from suite.domains.image.nearness import Nearness

        return Nearness(**config)
    from suite.domains.image.reward import SceneReward

    return SceneReward(**config)


@hookimpl
def suite_make_metric(name: str, config: Mapping[str, Any]) -> "Metric":
    """Build the metric of objects."""
    from suite.domains.image.metrics import Objects

    return Objects(**config)


@hookimpl
def suite_make_codec(name: str, config: Mapping[str, Any]) -> "Codec":
    """Build the codec called ``name``."""
    if name == "image/digits":
        from suite.domains.image.digits import DigitCodec

        return DigitCodec(**config)
    if name == "image/one_shape":
        from suite.domains.image.one_shape import ShapeCodec

        return ShapeCodec(**config)
    from suite.domains.image.codec import PictureCodec

    return PictureCodec(**config)
