"""Motions, their two detectors, rewards and files."""

import base64
import io
import random
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.video.codec import ClipCodec, gif, levels, write_clip
from suite.domains.video.contexts import MotionContexts
from suite.domains.video.detectors import light, matched, measured, middles
from suite.domains.video.motions import (
    ACROSS,
    FALLS,
    FRAMES,
    GRAVITY,
    HELD_OUT,
    MOTIONS,
    OFFSETS,
    Motion,
    caption,
    misdescribed,
    read_caption,
    render,
    track,
)

ROWS = 600
NO_CONTEXT = Context(index=torch.arange(1))


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
def test_both_detectors_read_at_least_99_percent_of_what_was_drawn(noise: float) -> None:
    generator = torch.Generator().manual_seed(0)
    draw = random.Random(0)
    motions = [draw.choice(MOTIONS) for _ in range(ROWS)]
    clips = torch.stack([render(one, draw) for one in motions])
    clips = clips + noise * torch.randn(clips.shape, generator=generator)
    for detector in (measured, matched):
        found = detector(clips)
        assert sum(a == b for a, b in zip(found, motions, strict=True)) >= 0.99 * ROWS


def test_captions_are_read_back_and_wrong_motions_are_other_motions() -> None:
    draw = random.Random(1)
    for motion in MOTIONS:
        assert read_caption(caption(motion)) == motion
        assert all(misdescribed(motion, draw) != motion for _ in range(20))


@pytest.mark.parametrize("motion", MOTIONS, ids=caption)
def test_a_shape_stays_in_the_frame_and_its_middle_is_where_its_track_is(motion: Motion) -> None:
    clip = render(motion, random.Random(0))
    found, _ = middles(light(clip.unsqueeze(0)).sum(dim=2))
    tracks = [track(motion, offset, across) for offset in OFFSETS for across in ACROSS]
    assert min(float((found[0] - one).abs().max()) for one in tracks) < 0.02


def test_an_empty_clip_noise_and_two_objects_are_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    empty = -torch.ones(1, 3 * FRAMES, 16, 16)
    rising = render(Motion("red", "box", "up", "fast"), random.Random(1))
    falling = render(Motion("blue", "box", "down", "fast"), random.Random(1))
    two = torch.maximum(rising, falling.roll(6, dims=2)).unsqueeze(0)
    noise = torch.randn(1, 3 * FRAMES, 16, 16, generator=generator)
    assert measured(torch.cat([empty, noise])) == matched(torch.cat([empty, noise])) == [None] * 2
    assert measured(two) == matched(two) == [None]


def test_held_out_captions_alone_have_the_held_out_speeds() -> None:
    contexts = MotionContexts(num_train=100, num_held_out=40)
    parts = (
        contexts.train(torch.arange(100)),
        contexts.held_out(torch.arange(40)),
    )
    for part, wanted in zip(parts, (False, True), strict=True):
        asked = [read_caption(row["prompt"]) for row in part.native or ()]
        assert all((one in HELD_OUT) == wanted for one in asked)


def test_the_corpus_of_a_base_has_all_motions() -> None:
    contexts = MotionContexts(num_train=100, num_held_out=50)
    rows = contexts.demonstrations(torch.arange(600))[0].native or ()
    assert {read_caption(row["prompt"]) for row in rows} == set(MOTIONS)


def test_training_joins_any_two_words_of_a_held_out_caption() -> None:
    trained = [caption(one).split() for one in MOTIONS if one not in HELD_OUT]
    for held_out in HELD_OUT:
        for pair in combinations(caption(held_out).split(), 2):
            assert any(set(pair) <= set(one) for one in trained)


def test_a_share_of_the_corpus_moves_otherwise() -> None:
    contexts = MotionContexts(slips=0.4, num_train=8, num_held_out=8)
    context, samples = contexts.demonstrations(torch.arange(500))
    assert samples.values is not None
    pairs = zip(matched(samples.values), context.native or (), strict=True)
    right = [found == read_caption(row["prompt"]) for found, row in pairs]
    assert 0.5 < sum(right) / 500 < 0.7


def test_rewards_of_right_nearly_right_and_wrong_clips() -> None:
    asked = "red ball right fast"
    shown = (asked, "red box right fast", "red ball left slow", "blue box falls")
    context = Context(index=torch.arange(4), native=tuple({"prompt": asked} for _ in shown))
    samples = ClipCodec().encode(shown)
    for detector in ("measured", "matched"):
        exact = registry.make_reward("video/motion", {"detector": detector})
        assert exact(samples, context).value.tolist() == [1.0, 0.0, 0.0, 0.0]
        parts = registry.make_reward("video/motion", {"detector": detector, "partial": True})
        wanted = torch.tensor([1.0, 0.75, 0.5, 0.0])
        torch.testing.assert_close(parts(samples, context).value, wanted)


def test_what_falls_is_paid_by_the_gravity_reward_and_its_gradient_is_right() -> None:
    reward = registry.make_reward("video/gravity", {})
    falling = ClipCodec().encode(("red ball falls",))
    even = ClipCodec().encode(("red ball down fast",))
    assert float(reward(falling, NO_CONTEXT).value) > -1e-3
    torch.testing.assert_close(
        reward(even, NO_CONTEXT).value, torch.tensor([-(GRAVITY**2)]), atol=1e-3, rtol=0
    )
    clip = (falling.values * 0.7 if falling.values is not None else torch.empty(0)).double()
    clip.requires_grad_()

    def paid(values: torch.Tensor) -> torch.Tensor:
        return reward(Samples(values=values), NO_CONTEXT).value

    assert torch.autograd.gradcheck(paid, (clip,), fast_mode=True)


def test_a_gif_has_every_frame() -> None:
    from PIL import Image

    clip = render(Motion("red", "box", FALLS), random.Random(0))
    file = Image.open(io.BytesIO(gif(clip)))
    assert getattr(file, "n_frames", 1) == FRAMES
    file.seek(FRAMES - 1)
    assert (np.asarray(file.convert("RGB")) == levels(clip)[-1]).mean() > 0.99
    source = ClipCodec().picture(clip)
    assert base64.b64decode(source.partition(",")[2]) == gif(clip)


def test_an_mp4_is_read_back(tmp_path: Path) -> None:
    from imageio_ffmpeg import get_ffmpeg_exe

    clip = render(Motion("blue", "ball", "up", "fast"), random.Random(0))
    path = tmp_path / "clip.mp4"
    write_clip(clip, path)
    command = [get_ffmpeg_exe(), "-loglevel", "error", "-i", str(path)]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    read = np.frombuffer(done.stdout, np.uint8).reshape(FRAMES, 64, 64, 3)
    assert np.abs(read.astype(float) - levels(clip)).mean() < 8


def test_bad_input_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = render(MOTIONS[0], random.Random(0))
    with pytest.raises(SuiteError, match="purple cow"):
        ClipCodec().encode(("purple cow",))
    with pytest.raises(SuiteError, match=r"clip\.avi"):
        write_clip(clip, tmp_path / "clip.avi")
    with pytest.raises(SuiteError, match="detector"):
        registry.make_reward("video/motion", {"detector": "eye"})
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(SuiteError, match=r"reward-suite\[video\]"):
        write_clip(clip, tmp_path / "clip.mp4")
