"""Optimizers: learning rates are functions of the update, gradients are clipped part by part."""

import copy
import math

import pytest
import torch
from torch import nn

from suite.core.algorithm import Algorithm, Experience, Loss, PartSettings
from suite.core.optim import Averaged, Optimizers, rate_factor
from suite.core.settings import TrainSettings


class Parts(Algorithm):
    """Two parts, one with settings of its own."""

    def param_groups(self) -> dict[str, PartSettings]:
        return {"critic": PartSettings(learning_rate=0.5, clip_norm=100.0)}

    def collect(self, run: object, step: int) -> Experience:  # type: ignore[override]
        raise NotImplementedError

    def loss(self, run: object, minibatch: object, streams: object) -> Loss:  # type: ignore[override]
        raise NotImplementedError


def parts() -> dict[str, nn.Module]:
    return {"policy": nn.Linear(3, 1, bias=False), "critic": nn.Linear(3, 1, bias=False)}


def give_gradients(modules: dict[str, nn.Module], *numbers: float) -> None:
    for module in modules.values():
        module.weight.grad = torch.tensor([numbers])  # type: ignore[union-attr]


def test_linear_and_cosine_fall_to_zero_after_a_linear_rise() -> None:
    linear = TrainSettings(schedule="linear", warmup_updates=4)
    factors = [rate_factor(linear, update, 12) for update in range(13)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[4:] == pytest.approx([1 - k / 8 for k in range(9)])
    cosine = TrainSettings(schedule="cosine")
    assert rate_factor(cosine, 0, 10) == 1.0
    assert rate_factor(cosine, 5, 10) == pytest.approx(0.5)
    assert rate_factor(cosine, 2, 10) == pytest.approx(0.5 * (1 + math.cos(0.2 * math.pi)))
    assert rate_factor(cosine, 10, 10) == pytest.approx(0.0, abs=1e-12)
    constant = TrainSettings()
    assert {rate_factor(constant, update, 10) for update in range(10)} == {1.0}


def test_each_part_is_clipped_by_its_own_norm_and_reports_the_norm_before() -> None:
    modules = parts()
    optimizers = Optimizers(modules, Parts(), TrainSettings(clip_norm=1.0))
    give_gradients(modules, 3.0, 0.0, 4.0)
    norms = optimizers.step(0, 10)
    assert norms == pytest.approx({"policy": 5.0, "critic": 5.0})
    clipped = {name: float(module.weight.grad.norm()) for name, module in modules.items()}  # type: ignore[union-attr, operator]
    assert clipped == pytest.approx({"policy": 1.0, "critic": 5.0}, rel=1e-4)


def test_parts_move_at_their_own_learning_rate_times_the_schedule() -> None:
    """Adam's first step is the learning rate times the gradient's sign."""
    modules = parts()
    before = {name: module.weight.detach().clone() for name, module in modules.items()}  # type: ignore[operator]
    settings = TrainSettings(learning_rate=0.1, schedule="linear", clip_norm=math.inf)
    optimizers = Optimizers(modules, Parts(), settings)
    give_gradients(modules, 2.0, -2.0, 2.0)
    optimizers.step(5, 10)  # halfway: the factor is .5
    sign = torch.tensor([[1.0, -1.0, 1.0]])
    for name, rate in (("policy", 0.05), ("critic", 0.25)):
        moved = modules[name].weight.detach() - before[name]  # type: ignore[operator]
        torch.testing.assert_close(moved, -rate * sign, atol=1e-5, rtol=1e-5)


def test_a_gradient_that_is_not_finite_moves_nothing() -> None:
    modules = parts()
    before = modules["policy"].weight.detach().clone()  # type: ignore[operator]
    optimizers = Optimizers({"policy": modules["policy"]}, Plain(), TrainSettings())
    give_gradients(modules, math.nan, 1.0, 1.0)
    norms = optimizers.step(0, 10)
    assert math.isnan(norms["policy"])
    assert torch.equal(modules["policy"].weight.detach(), before)  # type: ignore[operator]


class Plain(Parts):
    def param_groups(self) -> dict[str, PartSettings]:
        return {}


def test_a_restored_optimizer_goes_on_as_the_old_one() -> None:
    first, second = parts(), parts()
    settings = TrainSettings(learning_rate=0.1)
    a, b = Optimizers(first, Parts(), settings), Optimizers(second, Parts(), settings)
    for update in range(3):
        give_gradients(first, 1.0, -2.0, 0.5 * update)
        a.step(update, 10)
    for name, module in second.items():
        module.load_state_dict(first[name].state_dict())
    b.load_state_dict(copy.deepcopy(a.state_dict()))  # a file has copies too
    for modules, optimizers in ((first, a), (second, b)):
        give_gradients(modules, -1.0, 0.3, 2.0)
        optimizers.step(3, 10)
    for name in first:
        assert torch.equal(first[name].weight, second[name].weight)  # type: ignore[arg-type]


def test_averaged_weights_are_the_exponential_mean_of_the_updates() -> None:
    module = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        module.weight.fill_(1.0)
        averaged = Averaged(module, 0.9)
        for value in (2.0, 3.0):
            module.weight.fill_(value)
            averaged.update(module)
    # .9 (.9 * 1 + .1 * 2) + .1 * 3
    torch.testing.assert_close(averaged.weights["weight"], torch.tensor([[1.29]]))
    assert module.weight.item() == 3.0
