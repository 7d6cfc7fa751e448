"""The caption score: what it ranks first, its gradient, its training, and what it refuses."""

import math
import random
from pathlib import Path

import pytest
import torch

from suite.core import cache, registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.core.reward import Reward
from suite.domains.image.caption_score import NAME
from suite.domains.image.contrastive import Towers, contrastive_loss, fit, held_out, scenes_of
from suite.domains.image.scenes import Scene, caption, misdescribed, render
from suite.testing import check_reward

CHOICES, ROWS = 16, 200


@pytest.fixture(scope="module")
def reward() -> Reward:
    """As a run builds it; the first score trains the towers."""
    return registry.make_reward(NAME, {})


def asked(scenes: list[Scene]) -> Context:
    rows = tuple({"prompt": caption(one)} for one in scenes)
    return Context(index=torch.arange(len(rows)), native=rows)


def drawn(count: int, *, apart: bool = True) -> tuple[list[Scene], torch.Tensor, random.Random]:
    draw = random.Random("test of the caption score")
    scenes = scenes_of(draw, count, apart=apart)
    return scenes, torch.stack([render(one, draw) for one in scenes]), draw


def first_share(reward: Reward, noise: float, others: str) -> float:
    """The share of held-out pictures whose own caption is first among 16."""
    scenes, pictures, draw = drawn(ROWS)
    generator = torch.Generator().manual_seed(0)
    pictures = pictures + noise * torch.randn(pictures.shape, generator=generator)
    right = 0
    for scene, picture in zip(scenes, pictures, strict=True):
        found = {scene: None}
        while len(found) < CHOICES:
            near = others == "near" and len(found) <= CHOICES // 2
            found[misdescribed(scene, draw) if near else draw.choice(scenes)] = None
        value = reward(Samples(values=picture.expand(CHOICES, -1, -1, -1)), asked(list(found)))
        right += int(value.value.argmax()) == 0
    return right / ROWS


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.25])
@pytest.mark.parametrize("others", ["any", "near"])
def test_the_right_caption_is_first_of_16_for_98_percent_of_held_out_scenes(
    reward: Reward, noise: float, others: str
) -> None:
    """Near ones, eight of 15, are wrong in one word."""
    assert first_share(reward, noise, others) >= 0.98


def test_the_towers_saw_none_of_the_scenes_that_they_are_tested_on() -> None:
    assert all(held_out(one) for one in drawn(100)[0])
    assert not any(held_out(one) for one in drawn(100, apart=False)[0])


def test_the_gradient_is_that_of_finite_differences(reward: Reward) -> None:
    scenes, pictures, _ = drawn(2)
    point = (0.7 * pictures.double()).requires_grad_()
    value = reward(Samples(values=point), asked(scenes)).value
    assert value.dtype == torch.float64
    (slope,) = torch.autograd.grad(value.sum(), point)
    step = torch.randn(point.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ends = [
        reward(Samples(values=point.detach() + h * step), asked(scenes)).value
        for h in (1e-5, -1e-5)
    ]
    found = (ends[0] - ends[1]) / 2e-5
    torch.testing.assert_close(found, (slope * step).flatten(1).sum(dim=1), rtol=1e-6, atol=1e-9)


def test_scores_in_double_and_single_precision_are_the_same_and_rows_do_not_mix(
    reward: Reward,
) -> None:
    scenes, pictures, _ = drawn(8)
    single = reward(Samples(values=pictures), asked(scenes)).value
    double = reward(Samples(values=pictures.double()), asked(scenes)).value
    again = reward(Samples(values=pictures), asked(scenes)).value
    alone = reward(Samples(values=pictures[3:4]), asked(scenes[3:4])).value
    assert torch.equal(single, again)
    torch.testing.assert_close(single.double(), double, rtol=0.0, atol=1e-5)
    torch.testing.assert_close(alone[0], single[3], rtol=0.0, atol=1e-5)
    half = reward(Samples(values=pictures.bfloat16()), asked(scenes)).value
    torch.testing.assert_close(half, single, rtol=0.0, atol=1e-2)
    assert torch.equal(reward(Samples(values=pictures), asked(scenes)).value, single)
    assert float(single.min()) > 0.5


def test_two_trainings_from_one_seed_give_the_same_towers() -> None:
    weights = []
    for _ in range(2):
        torch.manual_seed(3)
        towers = Towers()
        fit(towers, num_steps=2, seed=3)
        weights.append(torch.cat([one.flatten() for one in towers.parameters()]).detach())
    assert torch.equal(*weights)


def test_towers_are_trained_once_and_read_from_the_cache_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_CACHE", str(tmp_path))
    scenes, pictures, _ = drawn(4)
    values = [
        registry.make_reward(NAME, {"num_steps": 2, "seed": seed})(
            Samples(values=pictures), asked(scenes)
        ).value
        for seed in (0, 0, 1)
    ]
    assert [entry.description["task"] for entry in cache.listing()] == [NAME, NAME]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


def test_the_loss_of_right_angles_is_worked_out_by_hand() -> None:
    """Two pairs at right angles and wrong captions opposite, at scale 2.

    Picture to caption: -2 + log(e^2 + 1 + e^-2); caption to picture: -2 + log(e^2 + 1).
    """
    pairs = torch.eye(2, dtype=torch.float64)
    found = contrastive_loss(pairs, pairs, -pairs, torch.tensor(2.0, dtype=torch.float64))
    wanted = (
        -2.0
        + (math.log(math.exp(2.0) + 1.0 + math.exp(-2.0)) + math.log(math.exp(2.0) + 1.0)) / 2.0
    )
    assert float(found) == pytest.approx(wanted)
    huge = contrastive_loss(pairs, -pairs, pairs, torch.tensor(1e4, dtype=torch.float64))
    assert math.isfinite(float(huge))
    with pytest.raises(ValueError, match=r"one shape \[B, E\]"):
        contrastive_loss(pairs, pairs[:1], pairs, torch.tensor(1.0))


def test_what_it_cannot_read_is_named(reward: Reward) -> None:
    scenes, pictures, _ = drawn(1)
    with pytest.raises(SuiteError, match=r"\[3, 32, 32\], and these are \[3, 16, 16\]"):
        reward(Samples(values=pictures[:, :, :16, :16]), asked(scenes))
    other = Context(index=torch.arange(1), native=({"prompt": "a photo of a cat"},))
    with pytest.raises(SuiteError, match="'a photo of a cat'"):
        reward(Samples(values=pictures), other)
    with pytest.raises(SuiteError, match="got none"):
        reward(Samples(values=pictures), Context(index=torch.arange(1)))
    with pytest.raises(SuiteError, match="'num_steps' must be at least 1"):
        registry.make_reward(NAME, {"num_steps": 0})


def test_it_keeps_the_contract_of_rewards() -> None:
    draw = random.Random(2)
    scenes = scenes_of(draw, 4, apart=True)
    pictures = torch.stack([render(one, draw) for one in scenes])
    check_reward(registry.make_reward(NAME, {}), Samples(values=pictures), asked(scenes))
