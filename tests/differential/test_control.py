"""ReinFlow and DPPO on one batch of chains: each differs from PPO by its formula alone."""

import math
from typing import Any

import pytest
import torch

from suite.core.algorithm import Experience, Minibatch
from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.randomness import Streams
from suite.core.run import Run

K = 5  # decisions a turn: the draw of x_0 and four steps
SETTINGS = {"train.group_size": 6, "algo.discount": 0.9, "algo.trace": 0.8, "algo.kl": "none"}


def side(algo: str, head: str = "flow", **settings: Any) -> tuple[Run, Any]:
    request = Request(
        task="robotics/micro",
        algo=algo,
        settings={**SETTINGS, "policy.head": head, **settings},
    )
    built = build(resolve_request(request))
    freeze_base(built)
    torch.manual_seed(0)
    built.run.modules = built.algorithm.modules(built.run.policy)
    for weight in built.run.modules["critic"].parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return built.run, built.algorithm


def by_hand(experience: Experience, scale: float) -> torch.Tensor:
    """One GAE an environment step, from the critic's values of the observations, [B, S]."""
    rows = experience.rows
    trajectory, value = rows["trajectory"], rows["old_value"][:, ::K]
    reward = trajectory.reward.view(len(value), -1, K).sum(dim=2) / scale
    final = rows["final_value"]
    out = torch.zeros_like(value)
    carried = torch.zeros(len(value))
    for s in reversed(range(value.shape[1])):
        after = final if s == value.shape[1] - 1 else value[:, s + 1]
        carried = reward[:, s] + 0.9 * after - value[:, s] + 0.72 * carried
        out[:, s] = carried
    return out


def collect(algo: str, head: str = "flow") -> tuple[Run, Any, Experience]:
    run, algorithm = side(algo, head)
    experience = algorithm.collect(run, 0)
    trajectory = experience.rows["trajectory"]
    with torch.no_grad():  # six steps of a pendulum are always cut, never ended
        last = run.modules["critic"](run.policy.features(trajectory))[:, -1]
    rows = {**experience.rows, "final_value": last}
    return run, algorithm, Experience(rows=rows, items=experience.items)


def policy_term(run: Run, algorithm: Any, experience: Experience) -> float:
    """The policy's loss after a move of the weights, divided as the trainer divides it."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in run.policy.parameters():
            weight.add_(0.02 * torch.randn(weight.shape, generator=generator))
    batch = Minibatch.take(experience, torch.arange(len(experience.items)))
    loss = algorithm.loss(run, batch, Streams(0, 0, "loss", range(len(batch))))
    return float(loss.terms["policy"].detach()) / algorithm.denominators(batch)["policy"]


def surrogate(run: Run, experience: Experience, bounds: list[float]) -> float:
    """Mean over decisions of -min(rho A, clip(rho) A), with one bound for each place of a turn."""
    trajectory = experience.rows["trajectory"]
    new = run.score(trajectory).log_prob.detach()
    ratio = (new - experience.rows["old_log_prob"]).exp().tolist()
    advantage = experience.rows["advantage"].tolist()
    terms = [
        -min(r * a, min(max(r, 1 - bounds[t % K]), 1 + bounds[t % K]) * a)
        for ratios, credits in zip(ratio, advantage, strict=True)
        for t, (r, a) in enumerate(zip(ratios, credits, strict=True))
    ]
    return sum(terms) / len(terms)


def test_reinflow_is_ppo_with_one_standardised_advantage_for_all_steps_of_a_flow() -> None:
    _, _, plain = collect("ppo")
    raw = by_hand(plain, 1.0).repeat_interleave(K, dim=1)
    torch.testing.assert_close(plain.rows["advantage"], raw, atol=2e-4, rtol=1e-4)

    run, algorithm, experience = collect("reinflow")
    reward = experience.rows["trajectory"].reward
    returns = torch.zeros_like(reward)
    running = torch.zeros(len(reward))
    for t in reversed(range(reward.shape[1])):
        running = reward[:, t] + 0.9 * running
        returns[:, t] = running
    scale = float(returns.std())
    assert float(run.state["return_scale"]) == pytest.approx(scale, rel=1e-5)
    scaled = by_hand(experience, scale).repeat_interleave(K, dim=1)
    expected = (scaled - scaled.mean()) / scaled.std()
    torch.testing.assert_close(experience.rows["advantage"], expected, atol=1e-4, rtol=1e-4)
    found = policy_term(run, algorithm, experience)
    assert found == pytest.approx(surrogate(run, experience, [0.2] * K), abs=1e-5)


def test_dppo_discounts_and_bounds_each_denoising_step_by_its_place() -> None:
    _, _, parent = collect("reinflow", "diffusion")
    run, algorithm, experience = collect("dppo", "diffusion")
    places = torch.arange(K).repeat(6)
    expected = parent.rows["advantage"] * 0.95 ** (K - 1 - places)
    torch.testing.assert_close(experience.rows["advantage"], expected)
    bounds = [0.02 + 0.18 * (math.exp(3 * i / (K - 1)) - 1) / (math.exp(3) - 1) for i in range(K)]
    found = policy_term(run, algorithm, experience)
    assert found == pytest.approx(surrogate(run, experience, bounds), abs=1e-5)
    assert found != pytest.approx(surrogate(run, experience, [0.2] * K), abs=1e-5)
