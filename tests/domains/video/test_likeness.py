"""The soft detector of motions: a posterior over drawn clips, with a gradient."""

import random

import pytest
import torch

from suite.core import registry
from suite.core.records import Context, Samples
from suite.domains.video.detectors import log_likeness
from suite.domains.video.motions import MOTIONS, Motion, caption, every_clip, misdescribed, render

SPREAD = 20.0


def drawn(count: int) -> tuple[list[Motion], torch.Tensor]:
    draw = random.Random(5)
    motions = [draw.choice(MOTIONS) for _ in range(count)]
    return motions, torch.stack([render(one, draw) for one in motions])


def test_it_is_the_posterior_of_the_clips() -> None:
    """Bayes' rule over every drawn clip, by distances written out."""
    motions, clips = drawn(4)
    clips = 0.9 * clips.double()
    templates, shown = every_clip()
    found = log_likeness(clips, motions, SPREAD)
    for b, motion in enumerate(motions):
        distance = ((clips[b] - templates.double()) ** 2).flatten(1).sum(dim=1)
        weights = torch.exp(-(distance - distance.min()) / SPREAD)
        fits = torch.tensor([one == motion for one in shown])
        expected = (weights[fits].sum() / weights.sum()).log()
        torch.testing.assert_close(found[b], expected, rtol=1e-6, atol=1e-6)


def test_its_gradient_is_that_of_finite_differences() -> None:
    motions, clips = drawn(1)
    point = (0.5 * clips.double()).requires_grad_()
    [gradient] = torch.autograd.grad(log_likeness(point, motions, SPREAD).sum(), point)
    for place in ((0, 0, 7, 7), (0, 11, 8, 9), (0, 23, 9, 5)):
        step = torch.zeros_like(point)
        step[place] = 1e-5
        with torch.no_grad():
            ends = [log_likeness(point + s * step, motions, SPREAD).sum() for s in (1, -1)]
        assert float(gradient[place]) == pytest.approx(float((ends[0] - ends[1]) / 2e-5), abs=1e-6)


def test_what_was_drawn_is_certain_and_another_motion_is_not() -> None:
    motions, clips = drawn(60)
    draw = random.Random(0)
    reward = registry.make_reward("video/likeness", {})
    rows = tuple({"prompt": caption(one)} for one in motions)
    other = tuple({"prompt": caption(misdescribed(one, draw))} for one in motions)
    right, wrong = (
        reward(Samples(values=clips), Context(index=torch.arange(60), native=native)).value
        for native in (rows, other)
    )
    assert float(right.min()) > -0.02
    assert float(wrong.max()) < -1.0
