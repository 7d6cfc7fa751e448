"""Steadiness: frames that change cost, by hand; a gradient; pictures are refused."""

import base64
import io

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.reward import Reward
from suite.domains.video.codec import MOST_SHOWN, ClipCodec
from suite.testing import check_reward

NO_CONTEXT = Context(index=torch.arange(1))


def steadiness(**settings: int) -> Reward:
    return registry.make_reward("video/steadiness", settings)


def clip(*levels: float) -> Samples:
    """One clip of flat grey frames, 2 by 2 pixels."""
    frames = [torch.full((3, 2, 2), level) for level in levels]
    return Samples(values=torch.cat(frames).unsqueeze(0))


def test_a_clip_that_stands_still_is_paid_most_and_black_to_white_least() -> None:
    assert float(steadiness()(clip(0.3, 0.3, 0.3), NO_CONTEXT).value) == 0.0
    flicker = steadiness()(clip(-1.0, 1.0, -1.0), NO_CONTEXT).value
    assert float(flicker) == steadiness().bounds[0] == -4.0


def test_the_lag_says_which_frames_are_compared() -> None:
    """0, .5, 0, .5: neighbours differ by .5, frames two apart not at all; three apart by .5."""
    samples = clip(0.0, 0.5, 0.0, 0.5)
    found = [float(steadiness(lag=lag)(samples, NO_CONTEXT).value) for lag in (1, 2, 3)]
    assert found == [-0.25, 0.0, -0.25]


def test_red_green_and_blue_of_one_frame_are_not_compared() -> None:
    frame = torch.tensor([1.0, -1.0, 0.2]).view(3, 1, 1).expand(3, 2, 2)
    samples = Samples(values=torch.cat([frame, frame]).unsqueeze(0))
    assert float(steadiness()(samples, NO_CONTEXT).value) == 0.0


def test_its_gradient_is_that_of_finite_differences() -> None:
    generator = torch.Generator().manual_seed(0)
    point = 0.4 * torch.randn(2, 12, 3, 3, generator=generator, dtype=torch.float64)
    point = point.clamp(-0.9, 0.9).requires_grad_()

    def paid(values: torch.Tensor) -> torch.Tensor:
        return steadiness(lag=2)(Samples(values=values), NO_CONTEXT).value

    assert torch.autograd.gradcheck(paid, (point,))


def test_what_are_no_clips_or_too_short_ones_is_named() -> None:
    picture = Samples(values=torch.zeros(1, 3, 8, 8))
    with pytest.raises(SuiteError) as raised:
        steadiness()(picture, NO_CONTEXT)
    assert str(raised.value) == (
        "video/steadiness compares frames, and these samples are pictures of 3 channels.\n"
        "Name a pipeline that makes clips by policy.model (Wan), with policy.frames of 5 or more; "
        "pictures are tuned by --task image/prompts."
    )
    with pytest.raises(SuiteError, match=r"3 apart, and these clips have 2.\nRaise policy.frames"):
        steadiness(lag=3)(clip(0.0, 0.0), NO_CONTEXT)
    with pytest.raises(SuiteError, match="at least 1 frame, got 0"):
        steadiness(lag=0)
    with pytest.raises(SuiteError, match="got none"):
        steadiness()(Samples(tokens=torch.zeros(1, 3)), NO_CONTEXT)


def test_a_large_clip_is_made_smaller_for_reports_and_keeps_its_frames() -> None:
    from PIL import Image

    source = ClipCodec().picture(torch.zeros(15, 240, 416))
    shown = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))
    assert shown.size == (104, 60)
    assert max(shown.size) <= MOST_SHOWN


def test_it_keeps_the_contract_of_rewards() -> None:
    generator = torch.Generator().manual_seed(0)
    clips = torch.rand(4, 15, 8, 8, generator=generator)
    check_reward(steadiness(), Samples(values=clips), Context(index=torch.arange(4)))
