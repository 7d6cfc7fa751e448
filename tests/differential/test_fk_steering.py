"""FK steering draws from p exp(lambda r) / Z, where the policy alone draws from p.

The space has nine strings, whose chances under the policy are summed over all paths.
"""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core import registry
from suite.core.build import build
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.records import Context, Samples, Scores, Trajectory
from suite.plugins.samplers.feynman_kac.sampler import Steering
from suite.testing import check_sampler

LETTERS, T, STRENGTH = 3, 3, 1.5
SMALL = {
    "policy.length": 2, "policy.letters": LETTERS, "policy.num_steps": T,
    "reward.length": 2, "reward.letters": LETTERS,
    "held_out_reward.length": 2, "held_out_reward.letters": LETTERS,
    "train.sample_batch_size": 65536,
}  # fmt: skip


@pytest.fixture
def run() -> Any:
    """Strings of two letters of three, from a policy that prefers some of them."""
    found = build(resolve_request(Request(task="micro/unmasking", settings=SMALL))).run
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in found.policy.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.7)
    return found


def steering(**settings: Any) -> Any:
    return registry.make_sampler("fk_steering", {"strength": STRENGTH, "rounds": T - 1, **settings})


def base_law(run: Any) -> Tensor:
    """The chance of each string, summed over every way to reveal it, [9]."""
    words = torch.tensor(list(product(range(LETTERS), repeat=2)))
    paths = torch.tensor(list(product(range(T), repeat=2)))
    tokens = words.repeat_interleave(len(paths), dim=0)
    count = len(tokens)
    record = Trajectory(
        context=Context(index=torch.zeros(count, dtype=torch.long)),
        sample=Samples(tokens=tokens),
        decisions={"tokens": tokens, "revealed_at": paths.repeat(len(words), 1)},
        mask=torch.ones(count, T, dtype=torch.bool),
        log_prob=torch.zeros(count, T),
        group=torch.arange(count),
        seed_index=torch.arange(count),
    )
    with torch.no_grad():
        chance = run.score(record).log_prob.sum(dim=1).exp().view(len(words), -1).sum(dim=1)
    assert float(chance.sum()) == pytest.approx(1.0, abs=1e-5)
    return chance


def rewards(run: Any) -> Tensor:
    table: Tensor = run.reward.table[:LETTERS, :LETTERS].flatten()
    return table


def target(run: Any, strength: float = STRENGTH) -> Tensor:
    return torch.softmax(base_law(run).log() + strength * rewards(run), dim=0)


def found_law(run: Any, sampler: Any, slots: int = 1500, *, weighted: bool = False) -> Tensor:
    """The share of each string among the returned particles, by their weights if asked, [9]."""
    drawn = sampler.sample(run, 0, num_contexts=1, group_size=slots, purpose="law").trajectory
    tokens = drawn.sample.tokens
    weight = drawn.log_weight.exp() if weighted else torch.ones(len(tokens))
    shares = torch.zeros(LETTERS**2).index_add_(0, tokens[:, 0] * LETTERS + tokens[:, 1], weight)
    return shares / shares.sum()


def distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().sum()) / 2.0


def population(run: Any, sampler: Any, slots: int) -> tuple[Tensor, Tensor]:
    """The weighted law of each slot's particles, [S, 9], and the mean weight, [S]."""
    context = Context(index=torch.zeros(slots, dtype=torch.long))
    steered = Steering(sampler, run, context, torch.arange(slots), 0, "law")
    everything, log_weight = steered.finished(1)
    tokens = everything.trajectory.sample.tokens
    index = (tokens[:, 0] * LETTERS + tokens[:, 1]).view(log_weight.shape)
    laws = torch.zeros(slots, LETTERS**2).scatter_add_(1, index, log_weight.softmax(dim=1))
    return laws, log_weight.exp().mean(dim=1)


@pytest.mark.parametrize(
    ("potential", "strength"),
    # The sum pays each promise again in every round, so that the last correction is large.
    [("difference", STRENGTH), ("max", STRENGTH), ("sum", 0.75)],
)
def test_fk_steerings_particles_have_the_tilted_law_as_they_become_many(
    run: Any, potential: str, strength: float
) -> None:
    wanted = target(run, strength)
    assert distance(base_law(run), wanted) > 0.15
    gaps = []
    for count, slots in ((4, 64), (16, 64), (64, 64), (4096, 1)):
        sampler = steering(particles=count, potential=potential, strength=strength)
        laws, _ = population(run, sampler, slots)
        gaps.append(float((laws - wanted).abs().sum(dim=1).mean()) / 2.0)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[2] < 0.5 * gaps[0]  # a fourth, were it 1 / sqrt(N) from the first particle on
    assert gaps[3] < 0.25 * gaps[0]  # 1 / 32 were it so; one slot is a single draw of it


@pytest.mark.parametrize("resample_below", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("potential", ["difference", "max", "sum"])
def test_weighted_particles_are_unbiased_with_few_of_them_too(
    run: Any, potential: str, resample_below: float
) -> None:
    """E[mean weight] is Z, and E[mean weight x law] is Z times the tilted law.

    Dropping the weights where there is no resampling, or the last correction, fails here.
    """
    sampler = steering(particles=4, potential=potential, resample_below=resample_below)
    laws, weight = population(run, sampler, 1500)
    z = float((base_law(run) * (STRENGTH * rewards(run)).exp()).sum())
    error = float(weight.std()) / 1500**0.5
    assert abs(float(weight.mean()) - z) < 4.0 * error
    assert error < 0.1 * z
    both = weight.unsqueeze(1) * laws
    errors = both.std(dim=0) / 1500**0.5 + 0.002 * z  # a rare string may never be seen
    assert bool(((both.mean(dim=0) - z * target(run)).abs() < 4.0 * errors).all())


def test_the_returned_particle_is_drawn_by_weight(run: Any) -> None:
    laws, weight = population(run, steering(particles=4), 1500)
    drawn = steering(particles=4).sample(run, 0, num_contexts=1, group_size=1500, purpose="law")
    assert torch.allclose(drawn.trajectory.log_weight, weight.log(), atol=1e-5)
    assert distance(found_law(run, steering(particles=4)), laws.mean(dim=0)) < 0.04


def test_without_strength_it_is_the_policy_itself(run: Any) -> None:
    sampler = steering(strength=0.0, particles=4)
    drawn = sampler.sample(run, 0, num_contexts=1, group_size=8, purpose="law").trajectory
    assert torch.allclose(drawn.log_weight, torch.zeros(8), atol=1e-6)
    assert distance(found_law(run, sampler), base_law(run)) < 0.04


def test_one_particle_is_the_policys_own_draw(run: Any) -> None:
    plain = run.sample(0, num_contexts=2, group_size=4, purpose="law")
    kept = steering(particles=1).sample(run, 0, num_contexts=2, group_size=4, purpose="law")
    assert torch.equal(kept.trajectory.sample.tokens, plain.trajectory.sample.tokens)
    assert torch.equal(kept.trajectory.log_prob, plain.trajectory.log_prob)
    assert torch.allclose(kept.trajectory.log_weight, STRENGTH * plain.value, atol=1e-5)


def test_the_record_of_a_resampled_particle_is_that_of_its_ancestors(run: Any) -> None:
    sampler = steering(particles=8, resample_below=1.0, strength=5.0)
    drawn = sampler.sample(run, 0, num_contexts=1, group_size=16, purpose="law").trajectory
    scored = run.score(drawn).log_prob.detach()
    assert torch.allclose(scored, drawn.log_prob, atol=1e-5)
    assert torch.isfinite(drawn.log_prob).all()


def test_the_best_particle_is_returned_where_that_is_asked(run: Any) -> None:
    shape = {"num_contexts": 1, "group_size": 400, "purpose": "law"}
    sampler = steering(particles=4, keep="best")
    assert sampler.sample(run, 0, **shape).trajectory.log_weight is None
    best = sampler.sample(run, 0, **shape).value.mean()
    assert best > steering(particles=4).sample(run, 0, **shape).value.mean() + 0.1


def test_a_particle_whose_score_failed_is_never_drawn_beside_one_that_did_not(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = run.ask_reward

    def failing(reward: Any, samples: Samples, *rest: Any) -> Scores:
        scores = ask(reward, samples, *rest)
        valid = torch.arange(len(samples)) % 4 != 0
        return replace(scores, valid=valid, value=scores.value.masked_fill(~valid, torch.nan))

    monkeypatch.setattr(run, "ask_reward", failing)
    drawn = steering(particles=4).sample(run, 0, num_contexts=1, group_size=32, purpose="law")
    assert bool(drawn.trajectory.valid_rows.all())
    assert bool(torch.isfinite(drawn.value).all())
    assert bool(torch.isfinite(drawn.trajectory.log_weight).all())


@pytest.mark.parametrize("guesses", [1, 3])
def test_every_guess_and_every_end_is_paid_for(run: Any, guesses: int) -> None:
    sampler = steering(particles=5, guesses=guesses)
    sampler.sample(run, 0, num_contexts=2, group_size=3, purpose="law")
    assert sampler.calls_a_sample() == 5 * ((T - 1) * guesses + 1)
    assert run.reward_calls == 6 * sampler.calls_a_sample()


@pytest.mark.parametrize("settings", [{}, {"keep": "best"}, {"guesses": 2, "potential": "max"}])
def test_it_keeps_a_samplers_contract(run: Any, settings: dict[str, Any]) -> None:
    check_sampler(steering(**settings), run)


def test_it_steers_points_of_the_plane_too() -> None:
    run = build(resolve_request(Request(task="micro/gaussian"))).run
    shape = {"num_contexts": 1, "group_size": 200, "purpose": "law"}
    steered = steering(particles=8, strength=3.0).sample(run, 0, **shape)
    assert steered.value.mean() > run.sample(0, **shape).value.mean() + 0.1


def test_a_policy_that_cannot_look_ahead_is_refused() -> None:
    run = build(resolve_request(Request(task="micro/token"))).run
    with pytest.raises(SuiteError, match=r"asks the policy for lookahead .* only .*samples"):
        steering().sample(run, 0, num_contexts=1, group_size=2, purpose="law")


def test_more_rounds_than_there_is_room_for_are_refused(run: Any) -> None:
    with pytest.raises(SuiteError, match=r"sampler\.rounds = 3 does not fit"):
        steering(rounds=T).sample(run, 0, num_contexts=1, group_size=2, purpose="law")
