"""Scenes, their two detectors, rewards and files."""

import base64
import random

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.image.codec import PictureCodec, pixels, png
from suite.domains.image.contexts import SceneContexts
from suite.domains.image.detectors import matched, measured
from suite.domains.image.scenes import (
    COLOURS,
    HELD_OUT_PAIRS,
    SHAPES,
    Thing,
    caption,
    draw_scene,
    misdescribed,
    read_caption,
    render,
)

ROWS = 600


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
def test_both_detectors_read_at_least_99_percent_of_what_was_drawn(noise: float) -> None:
    generator = torch.Generator().manual_seed(0)
    draw = random.Random(0)
    scenes = [draw_scene(draw) for _ in range(ROWS)]
    pictures = torch.stack([render(one, draw) for one in scenes])
    pictures = pictures + noise * torch.randn(pictures.shape, generator=generator)
    for detector in (measured, matched):
        found = detector(pictures)
        assert sum(a == b for a, b in zip(found, scenes, strict=True)) >= 0.99 * ROWS


def test_captions_are_read_back_and_wrong_scenes_are_other_scenes() -> None:
    draw = random.Random(1)
    for _ in range(200):
        scene = draw_scene(draw)
        assert read_caption(caption(scene)) == scene
        assert misdescribed(scene, draw) != scene


def test_held_out_captions_alone_have_the_held_out_pairs() -> None:
    contexts = SceneContexts(num_train=300, num_held_out=100)
    parts = (
        contexts.train(torch.arange(300)),
        contexts.held_out(torch.arange(100)),
    )
    for part, wanted in zip(parts, (False, True), strict=True):
        for row in part.native or ():
            pairs = {(one.colour, one.shape) for one in read_caption(row["prompt"])}
            assert bool(pairs & HELD_OUT_PAIRS) == wanted


def test_the_corpus_of_a_base_has_all_pairs() -> None:
    contexts = SceneContexts(num_train=300, num_held_out=100)
    rows = contexts.demonstrations(torch.arange(300))[0].native or ()
    shown = {(o.colour, o.shape) for row in rows for o in read_caption(row["prompt"])}
    assert shown >= HELD_OUT_PAIRS
    assert len(shown) == len(COLOURS) * len(SHAPES)


def test_a_share_of_the_corpus_shows_another_scene() -> None:
    contexts = SceneContexts(slips=0.4, num_train=8, num_held_out=8)
    context, samples = contexts.demonstrations(torch.arange(500))
    assert samples.values is not None
    found = matched(samples.values)
    right = [
        a == read_caption(row["prompt"]) for a, row in zip(found, context.native or (), strict=True)
    ]
    assert 0.5 < sum(right) / 500 < 0.7


def test_rewards_of_right_half_right_and_wrong_pictures() -> None:
    asked = "red circle top-left and blue square top-right"
    shown = (
        asked,
        "red circle top-left",
        "red square top-left and blue square top-right",
        "green circle bottom-left",
    )
    context = Context(index=torch.arange(4), native=tuple({"prompt": asked} for _ in shown))
    samples = PictureCodec().encode(shown)
    for detector in ("measured", "matched"):
        exact = registry.make_reward("image/scene", {"detector": detector})
        assert exact(samples, context).value.tolist() == [1.0, 0.0, 0.0, 0.0]
        parts = registry.make_reward("image/scene", {"detector": detector, "partial": True})
        assert parts(samples, context).value.tolist() == [1.0, 0.5, 0.75, 0.0]


def test_noise_and_emptiness_are_nothing() -> None:
    empty = -torch.ones(2, 3, 32, 32)
    assert measured(empty) == matched(empty) == [(), ()]


def test_a_flat_picture_compresses_better_than_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.stack([torch.zeros(3, 32, 32), torch.randn(3, 32, 32, generator=generator)])
    context = Context(index=torch.arange(2))
    small = registry.make_reward("image/jpeg", {})(Samples(values=pictures), context).value
    large = registry.make_reward("image/jpeg", {"incompressible": True})
    assert small[0] > small[1]
    assert torch.equal(large(Samples(values=pictures), context).value, -small)


def test_a_png_is_read_back_by_pillow() -> None:
    import io

    import numpy as np
    from PIL import Image

    picture = render((Thing("top-left", "red", "circle"),), random.Random(0))
    levels = pixels(picture)
    read = np.asarray(Image.open(io.BytesIO(png(levels))))
    assert (read == levels).all()
    source = PictureCodec().picture(picture)
    assert base64.b64decode(source.partition(",")[2]) == png(levels)


def test_a_text_that_is_no_caption_is_named() -> None:
    with pytest.raises(SuiteError, match="purple cow"):
        PictureCodec().encode(("purple cow",))
    with pytest.raises(SuiteError, match="slips"):
        SceneContexts(slips=-1.0)
