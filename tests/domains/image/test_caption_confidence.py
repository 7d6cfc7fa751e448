"""TextNorm: contrastive captions, shares worked out by hand, and what it tells apart."""

import math
import random

import pytest
import torch

from suite.core import registry
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples
from suite.domains.image.caption_confidence import MOST_CAPTIONS, NAME, confidence, contrasts
from suite.domains.image.contrastive import scenes_of
from suite.domains.image.scenes import Scene, caption, draw_scene, misdescribed, render
from suite.testing import check_reward

ROWS = 300


def asked(scenes: list[Scene]) -> Context:
    rows = tuple({"prompt": caption(one)} for one in scenes)
    return Context(index=torch.arange(len(rows)), native=rows)


def test_contrasts_are_all_captions_that_differ_in_one_word() -> None:
    draw = random.Random(0)
    for scene in (draw_scene(draw) for _ in range(100)):
        found = contrasts(scene)
        count = len(scene)
        assert len(set(found)) == len(found) == count * (3 + 2 + 4 - count) < MOST_CAPTIONS
        assert scene not in found
        assert {misdescribed(scene, draw) for _ in range(20)} <= set(found)


def test_without_contrasts_the_share_is_one_and_a_constant_a_picture_changes_nothing() -> None:
    scores = torch.tensor([[0.3, 0.9, -0.2], [0.1, 0.1, 0.1]], dtype=torch.float64)
    alone = torch.tensor([[True, False, False]] * 2)
    assert confidence(scores, alone, 5.0).tolist() == [1.0, 1.0]
    every = torch.ones(2, 3, dtype=torch.bool)
    plain = confidence(scores, every, 5.0)
    shifted = confidence(scores + torch.tensor([[0.7], [-0.4]]).double(), every, 5.0)
    torch.testing.assert_close(plain, shifted)
    wanted = math.exp(1.5) / (math.exp(1.5) + math.exp(4.5) + math.exp(-1.0))
    torch.testing.assert_close(plain, torch.tensor([wanted, 1 / 3], dtype=torch.float64))
    assert torch.isfinite(confidence(1e4 * scores, every, 5.0)).all()


def auroc(right: torch.Tensor, wrong: torch.Tensor) -> float:
    """The chance that a right pair scores above a wrong one."""
    return float((right.unsqueeze(1) > wrong.unsqueeze(0)).double().mean())


def test_it_tells_right_from_nearly_right_better_than_the_raw_score_where_pictures_are_noisy() -> (
    None
):
    draw = random.Random("test of confidence")
    scenes = scenes_of(draw, ROWS, apart=True)
    generator = torch.Generator().manual_seed(0)
    pictures = torch.stack([render(one, draw) for one in scenes])
    pictures = pictures + 0.8 * torch.randn(pictures.shape, generator=generator)
    near = [misdescribed(one, draw) for one in scenes]
    found = {}
    for name, settings in (("image/caption_score", {}), (NAME, {"num_members": 1})):
        reward = registry.make_reward(name, settings)
        found[name] = auroc(
            *(reward(Samples(values=pictures), asked(one)).value for one in (scenes, near))
        )
    print(found)
    assert found[NAME] > found["image/caption_score"] + 0.005
    assert found[NAME] > 0.9


def test_its_gradient_is_that_of_finite_differences_and_members_are_averaged() -> None:
    draw = random.Random(1)
    scenes = scenes_of(draw, 3, apart=True)
    generator = torch.Generator().manual_seed(0)
    noise, step = torch.randn(2, 3, 3, 32, 32, generator=generator, dtype=torch.float64)
    point = 0.5 * torch.stack([render(one, draw) for one in scenes]).double() + 0.5 * noise
    reward = registry.make_reward(NAME, {"num_members": 2, "num_steps": 3, "scale": 4.0})
    point.requires_grad_()
    value = reward(Samples(values=point), asked(scenes)).value
    (slope,) = torch.autograd.grad(value.sum(), point)
    plain = point.detach()
    ends = [reward(Samples(values=plain + h * step), asked(scenes)).value for h in (1e-5, -1e-5)]
    found = (ends[0] - ends[1]) / 2e-5
    torch.testing.assert_close(found, (slope * step).flatten(1).sum(dim=1), rtol=1e-5, atol=1e-9)
    towers = [one.towers for one in reward.members]  # type: ignore[attr-defined]
    assert not torch.equal(towers[0].picture_out.weight, towers[1].picture_out.weight)
    one = registry.make_reward(NAME, {"num_members": 1, "num_steps": 3, "scale": 4.0})
    assert not torch.equal(one(Samples(values=plain), asked(scenes)).value, value.detach())


def test_bad_settings_and_what_it_cannot_read_are_named() -> None:
    with pytest.raises(SuiteError, match="'num_members' must be at least 1, got 0"):
        registry.make_reward(NAME, {"num_members": 0})
    with pytest.raises(SuiteError, match=r"'scale' must be positive, got -1\.0"):
        registry.make_reward(NAME, {"scale": -1.0})
    reward = registry.make_reward(NAME, {})
    small = Samples(values=torch.zeros(1, 3, 8, 8))
    with pytest.raises(SuiteError, match=r"image/caption_confidence knows .* \[3, 8, 8\]"):
        reward(small, asked([draw_scene(random.Random(0))]))


def test_it_keeps_the_contract_of_rewards() -> None:
    draw = random.Random(2)
    scenes = scenes_of(draw, 4, apart=True)
    pictures = torch.stack([render(one, draw) for one in scenes])
    check_reward(registry.make_reward(NAME, {}), Samples(values=pictures), asked(scenes))
