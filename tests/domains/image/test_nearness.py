"""Nearness: the nearest right drawing by brute force, and a gradient towards it."""

import random

import torch

from suite.core import registry
from suite.core.records import Context, Samples
from suite.domains.image.detectors import _templates, matched, nearest_right
from suite.domains.image.scenes import (
    PLACES,
    Scene,
    caption,
    draw_scene,
    misdescribed,
    quarters,
    render,
)


def drawn(count: int) -> tuple[list[Scene], torch.Tensor]:
    draw = random.Random(3)
    scenes = [draw_scene(draw) for _ in range(count)]
    return scenes, torch.stack([render(one, draw) for one in scenes])


def test_it_is_the_nearest_of_all_right_drawings() -> None:
    scenes, pictures = drawn(4)
    generator = torch.Generator().manual_seed(0)
    pictures = pictures.double() + 0.4 * torch.randn(pictures.shape, generator=generator)
    templates, shown = _templates()
    found = nearest_right(pictures, scenes)
    for b, scene in enumerate(scenes):
        there = {one.place: (one.colour, one.shape) for one in scene}
        for q, place in enumerate(PLACES):
            tile = quarters(pictures)[b, q].flatten()
            distances = [
                float(((tile - t.double()) ** 2).sum())
                for t, one in zip(templates, shown, strict=True)
                if one == there.get(place)
            ]
            torch.testing.assert_close(float(found[b, q]), min(distances))


def test_its_gradient_is_that_of_finite_differences() -> None:
    scenes, pictures = drawn(1)
    point = (0.7 * pictures.double()).requires_grad_()
    [gradient] = torch.autograd.grad(nearest_right(point, scenes).sum(), point)
    for place in ((0, 0, 7, 7), (0, 1, 20, 9), (0, 2, 9, 25)):
        step = torch.zeros_like(point)
        step[place] = 1e-5
        with torch.no_grad():
            ends = [nearest_right(point + s * step, scenes).sum() for s in (1, -1)]
        torch.testing.assert_close(gradient[place], (ends[0] - ends[1]) / 2e-5)


def test_what_was_drawn_is_at_no_distance_and_another_scene_is() -> None:
    scenes, pictures = drawn(60)
    draw = random.Random(0)
    reward = registry.make_reward("image/nearness", {})
    rows = tuple({"prompt": caption(one)} for one in scenes)
    other = tuple({"prompt": caption(misdescribed(one, draw))} for one in scenes)
    right, wrong = (
        reward(Samples(values=pictures), Context(index=torch.arange(60), native=native)).value
        for native in (rows, other)
    )
    assert float(right.abs().max()) == 0.0
    assert float(wrong.max()) < -5.0


def test_following_its_gradient_from_noise_draws_the_scene() -> None:
    scenes, pictures = drawn(4)
    x = 0.3 * torch.randn(pictures.shape, generator=torch.Generator().manual_seed(0)) - 0.5
    for _ in range(30):
        x.requires_grad_()
        [gradient] = torch.autograd.grad(nearest_right(x, scenes).sum(), x)
        x = (x - 0.1 * gradient).detach()
    assert matched(x) == scenes
