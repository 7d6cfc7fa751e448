"""Nearness of clips: the nearest right drawing by brute force, and a gradient towards it."""

import random

import torch

from suite.core import registry
from suite.core.records import Context, Samples
from suite.domains.video.detectors import nearest_right
from suite.domains.video.motions import (
    FRAMES,
    MOTIONS,
    Motion,
    caption,
    every_clip,
    misdescribed,
    render,
)


def drawn(count: int) -> tuple[list[Motion], torch.Tensor]:
    draw = random.Random(5)
    motions = [draw.choice(MOTIONS) for _ in range(count)]
    return motions, torch.stack([render(one, draw) for one in motions])


def test_it_is_the_nearest_of_all_right_drawings() -> None:
    motions, clips = drawn(4)
    clips = 0.9 * clips.double()
    templates, shown = every_clip()
    found = nearest_right(clips, motions)
    for b, motion in enumerate(motions):
        distances = [
            float(((clips[b] - t.double()) ** 2).sum())
            for t, one in zip(templates, shown, strict=True)
            if one == motion
        ]
        torch.testing.assert_close(float(found[b]), min(distances))


def test_its_gradient_is_that_of_finite_differences() -> None:
    motions, clips = drawn(1)
    point = (0.5 * clips.double()).requires_grad_()
    [gradient] = torch.autograd.grad(nearest_right(point, motions).sum(), point)
    for place in ((0, 0, 7, 7), (0, 11, 8, 9), (0, 23, 9, 5)):
        step = torch.zeros_like(point)
        step[place] = 1e-5
        with torch.no_grad():
            ends = [nearest_right(point + s * step, motions).sum() for s in (1, -1)]
        torch.testing.assert_close(gradient[place], (ends[0] - ends[1]) / 2e-5)


def test_what_was_drawn_is_at_no_distance_and_another_motion_is() -> None:
    motions, clips = drawn(60)
    draw = random.Random(0)
    reward = registry.make_reward("video/nearness", {})
    rows = tuple({"prompt": caption(one)} for one in motions)
    other = tuple({"prompt": caption(misdescribed(one, draw))} for one in motions)
    right, wrong = (
        reward(Samples(values=clips), Context(index=torch.arange(60), native=native)).value
        for native in (rows, other)
    )
    assert float(right.abs().max()) == 0.0
    assert float(wrong.max()) < -40.0 / FRAMES
