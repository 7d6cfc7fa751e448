"""The soft detector: a posterior over drawn quarters, with a gradient that finds the scene."""

import random

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.image.detectors import _templates, log_likeness, matched
from suite.domains.image.scenes import caption, draw_scene, misdescribed, quarters, render

SPREAD = 10.0


def drawn(count: int) -> tuple[list[tuple], torch.Tensor]:  # type: ignore[type-arg]
    draw = random.Random(3)
    scenes = [draw_scene(draw) for _ in range(count)]
    return scenes, torch.stack([render(one, draw) for one in scenes])


def test_it_is_the_posterior_of_the_quarters() -> None:
    """Bayes' rule over 217 drawn quarters, by distances written out."""
    scenes, pictures = drawn(3)
    pictures = pictures.double() + 0.3
    templates, shown = _templates()
    found = log_likeness(pictures, scenes, SPREAD)
    for b, scene in enumerate(scenes):
        there = {one.place: (one.colour, one.shape) for one in scene}
        for q, place in enumerate(("top-left", "top-right", "bottom-left", "bottom-right")):
            tile = quarters(pictures)[b, q].flatten()
            weights = torch.exp(-((tile - templates.double()) ** 2).sum(dim=1) / SPREAD + 100.0)
            fits = torch.tensor([one == there.get(place) for one in shown])
            expected = (weights[fits].sum() / weights.sum()).log()
            torch.testing.assert_close(found[b, q], expected, rtol=1e-6, atol=1e-6)


def test_its_gradient_is_that_of_finite_differences() -> None:
    scenes, pictures = drawn(1)
    point = (0.2 * pictures.double()).requires_grad_()
    [gradient] = torch.autograd.grad(log_likeness(point, scenes, SPREAD).sum(), point)
    for place in ((0, 0, 7, 7), (0, 1, 20, 9), (0, 2, 9, 25)):
        step = torch.zeros_like(point)
        step[place] = 1e-5
        with torch.no_grad():
            ends = [log_likeness(point + s * step, scenes, SPREAD).sum() for s in (1, -1)]
        assert float(gradient[place]) == pytest.approx(float((ends[0] - ends[1]) / 2e-5), abs=1e-6)


def test_what_was_drawn_is_certain_and_another_scene_is_not() -> None:
    scenes, pictures = drawn(60)
    draw = random.Random(0)
    reward = registry.make_reward("image/likeness", {})
    rows = tuple({"prompt": caption(one)} for one in scenes)
    other = tuple({"prompt": caption(misdescribed(one, draw))} for one in scenes)
    right, wrong = (
        reward(Samples(values=pictures), Context(index=torch.arange(60), native=native)).value
        for native in (rows, other)
    )
    assert float(right.min()) > -1e-3
    assert float(wrong.max()) < -0.5


def test_following_its_gradient_from_noise_draws_the_scene() -> None:
    scenes, pictures = drawn(4)
    x = (0.3 * torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0))) - 0.5
    for _ in range(60):
        x.requires_grad_()
        [gradient] = torch.autograd.grad(log_likeness(x, scenes, SPREAD).sum(), x)
        x = (x + 1.0 * gradient).detach()
    assert matched(x) == scenes


def test_a_spread_that_is_none_is_refused() -> None:
    with pytest.raises(SuiteError, match="must be positive; got 0"):
        registry.make_reward("image/likeness", {"spread": 0.0})
    with pytest.raises(SuiteError, match="must be positive; got -1"):
        registry.make_reward("video/likeness", {"spread": -1.0})
