"""Control policies: exact replay, exact chains, episodes as samples, bounds that are bounds."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.environment import Environment, Transition
from suite.core.errors import SuiteError
from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.registry import make_policy
from suite.core.rollout import rollout
from suite.core.scoring import score

HEADS = ("categorical", "gaussian", "flow", "diffusion")


class Reach(Environment):
    """A point of the plane is pushed by the actions; row 0 ends by itself after 3 chunks."""

    max_steps = 6

    def reset(self, seeds: Sequence[int]) -> Tensor:
        self.place = torch.stack([torch.full((2,), float(seed % 7)) for seed in seeds])
        self.taken = torch.zeros(len(seeds), dtype=torch.long)
        self.given: list[Tensor] = []
        return self.place.clone()

    def step(self, rows: Tensor, actions: Tensor) -> Transition:
        self.given.append(actions)
        push = actions.float().reshape(len(rows), -1, 2 if actions.ndim > 1 else 1).sum(dim=1)
        self.place[rows] += push
        self.taken[rows] += 1
        ended = (rows == 0) & (self.taken[rows] == 3)
        none = torch.zeros_like(ended)
        seen = self.place[rows].clone()
        cut = (self.taken[rows] == self.max_steps) & ~ended
        return Transition(
            observation=seen, reward=-seen.norm(dim=1), terminated=ended, truncated=cut, failed=none
        )


def policy(head: str, **settings: Any) -> Policy:
    chunk = 1 if head == "categorical" else 2
    own = {"observation": 2, "actions": 2, "turns": 5, "chunk": chunk, "head": head, **settings}
    return make_policy("control/micro", own)


def play(actor: Policy, count: int = 4) -> tuple[Trajectory, Reach]:
    environment = Reach()
    context = Context(index=torch.zeros(count, dtype=torch.long))
    streams = Streams(0, 0, "train", range(count))
    return rollout(actor, context, streams, environment=environment), environment


@pytest.mark.parametrize("head", HEADS)
def test_the_ratio_is_exactly_one_before_the_first_update(head: str) -> None:
    actor = policy(head)
    record, _ = play(actor)
    with torch.no_grad():
        old = score(actor, record).log_prob
    new = score(actor, record).log_prob.detach()
    assert float(((new - old).exp() - 1).abs().max()) == 0.0
    torch.testing.assert_close(old, record.log_prob, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_micro_has_at_most_five_thousand_parameters(head: str) -> None:
    assert sum(weight.numel() for weight in policy(head).parameters()) <= 5000


@pytest.mark.parametrize("head", HEADS)
def test_a_sample_is_the_episode_that_was_played(head: str) -> None:
    actor = policy(head)
    record, environment = play(actor)
    assert record.sample.values is not None
    each = 4 if head != "categorical" else 1
    turns = record.sample.values.view(4, 5, 1 + 2 + each)
    assert turns[..., 0].sum(dim=1).tolist() == [3, 5, 5, 5]
    first = environment.given[0].float().reshape(4, -1)
    torch.testing.assert_close(turns[:, 0, 3:], first)
    later = 5 * int(record.num_steps) // 5
    assert later == record.num_steps
    assert torch.equal(turns[:, 0, 1:3], environment_start(record))


def environment_start(record: Trajectory) -> Tensor:
    """The first observation, which the identity normaliser leaves as it was."""
    return record.decisions["observation"][:, 0]


def test_a_chain_answers_only_after_its_last_step_and_segments_say_so() -> None:
    record, environment = play(policy("flow"))
    assert len(environment.given) == 5
    assert record.num_steps == 25
    assert record.segment is not None
    assert record.segment[1].tolist() == [turn for turn in range(5) for _ in range(5)]
    assert record.reward is not None
    acted = (record.reward[1] != 0).nonzero().squeeze(1).tolist()
    assert acted == [4, 9, 14, 19, 24]


@pytest.mark.parametrize("head", ["flow", "diffusion"])
def test_the_log_probability_of_a_chain_is_the_sum_of_its_normals(head: str) -> None:
    """x_0 ~ N(0, I), then each step from the stored point by the policy's own mean and std."""
    actor: Any = policy(head)
    record, _ = play(actor)
    kept = record.decisions
    for k in range(5):
        x, after, seen = kept["point"][1, k], kept["action"][1, k], kept["observation"][1, k]
        mean, std = torch.zeros_like(after), torch.ones_like(after)
        if k > 0:
            assert torch.equal(x, kept["action"][1, k - 1])
            m, s = actor.move(seen[None], torch.tensor([k - 1]), x[None])
            mean, std = m[0], s[0]
        expected = torch.distributions.Normal(mean, std).log_prob(after).sum()
        torch.testing.assert_close(record.log_prob[1, k], expected.detach(), atol=2e-5, rtol=1e-5)


def test_learned_noise_stays_between_its_bounds() -> None:
    actor: Any = policy("flow", noise_low=0.1, noise_high=0.4)
    with torch.no_grad():
        for weight in actor.noise.parameters():
            weight.mul_(100.0)
        found = actor.deviation(5 * torch.randn(500, 2), torch.randint(0, 4, (500,)))
    assert float(found.min()) >= 0.1 - 1e-6
    assert float(found.max()) <= 0.4 + 1e-6
    assert float(found.max() - found.min()) > 0.2


def test_the_first_decision_of_a_chain_has_no_weights() -> None:
    actor: Any = policy("flow")
    law = actor.law(torch.randn(3, 2), torch.zeros(3, dtype=torch.long), torch.randn(3, 2, 2))
    assert torch.equal(law.mean, torch.zeros(3, 2, 2))
    assert torch.equal(law.std, torch.ones(3, 2, 2))


def episode(seen: Tensor, action: Tensor) -> Samples:
    """One turn that took place, and one that did not."""
    turn = torch.cat([torch.ones(len(seen), 1), seen, action], dim=1)
    return Samples(values=torch.cat([turn, torch.zeros_like(turn)], dim=1))


@pytest.mark.parametrize("head", ["categorical", "gaussian"])
def test_the_nll_of_an_actor_is_that_of_the_turns_that_took_place(head: str) -> None:
    actor: Any = policy(head)
    seen = torch.randn(3, 2)
    action = torch.randn(3, 4) if head == "gaussian" else torch.tensor([[0.0], [1.0], [1.0]])
    context = Context(index=torch.zeros(3, dtype=torch.long))
    found = actor.nll(episode(seen, action), context, Streams(0, 0, "nll", range(3)))
    law = actor.law(seen, torch.zeros(3, dtype=torch.long), action)
    made = action.view(3, 2, 2) if head == "gaussian" else action.squeeze(1).long()
    torch.testing.assert_close(found, -law.log_prob(made))


@pytest.mark.parametrize("head", ["flow", "diffusion"])
def test_the_cloning_loss_of_a_chain_is_a_bound_on_its_own_likelihood(head: str) -> None:
    """One action of one number: the density of the chain by quadrature on a grid, K = 2."""
    actor: Any = policy(
        head, actions=1, chunk=1, num_flow_steps=2, noise_low=0.3, noise_high=0.5, weights="bound"
    )
    grid = torch.linspace(-6, 6, 601)
    width = float(grid[1] - grid[0])
    seen = torch.tensor([[0.3, -0.2]])
    mass = torch.exp(-0.5 * grid**2) / math.sqrt(2 * math.pi)
    with torch.no_grad():
        for k in range(2):
            i = torch.full((601,), k)
            mean, std = actor.move(seen.expand(601, 2), i, grid.unsqueeze(1))
            if k == 0:
                z = (grid.unsqueeze(1) - mean.T) / std.T  # [to, from]
                kernel = torch.exp(-0.5 * z**2) / (std.T * math.sqrt(2 * math.pi))
                mass = (kernel * mass).sum(dim=1) * width
            else:
                z = (0.4 - mean.squeeze(1)) / std.squeeze(1)
                density = torch.exp(-0.5 * z**2) / (std.squeeze(1) * math.sqrt(2 * math.pi))
                exact = -float(torch.log((density * mass).sum() * width))
        context = Context(index=torch.zeros(2000, dtype=torch.long))
        samples = episode(seen.expand(2000, 2), torch.full((2000, 1), 0.4))
        draws = actor.nll(samples, context, Streams(0, 0, "nll", range(2000)))
    error = float(draws.std()) / math.sqrt(2000)
    assert float(draws.mean()) > exact - 4 * error


def test_flat_cloning_weighs_every_denoising_step_by_the_mean_of_the_bounds_weights() -> None:
    """A step's weight in the bound is the slope of its term in half the guess's squared error."""
    bound: Any = policy("diffusion", actions=1, chunk=1, weights="bound").double()
    flat: Any = policy("diffusion", actions=1, chunk=1).double()
    seen, action = torch.zeros(1, 2).double(), torch.full((1, 1), 0.4).double()
    noise = torch.full((1, 1), 0.7).double()
    slopes = []
    for k in range(bound.chain):
        i = torch.tensor([k])
        terms = []
        for error in (0.0, 1.0):
            for actor in (bound, flat):
                actor.answer = lambda observation, i, x, off=error: torch.full_like(x, 0.4 + off)
            terms.append(float(bound._term(seen, i, action, noise, noise)))
        slopes.append(terms[1] - terms[0])
        error_term = float(flat._term(seen, i, action, noise, noise))
        assert error_term == pytest.approx(float(flat.step_weights().mean()), rel=1e-6)
    torch.testing.assert_close(bound.step_weights(), torch.tensor(slopes).double())
    assert slopes[-1] > 30 * slopes[-2]


@pytest.mark.parametrize("head", ["gaussian", "flow", "diffusion"])
def test_cloning_finds_the_action_that_was_shown(head: str) -> None:
    """The action is .8 where the observation is positive, -.8 elsewhere."""
    actor: Any = policy(head, actions=1, chunk=1)
    adam = torch.optim.Adam(actor.parameters(), lr=3e-3)
    context = Context(index=torch.zeros(128, dtype=torch.long))
    for update in range(250):
        streams = Streams(0, update, "clone", range(128))
        seen = streams.normal(2)
        shown = 0.8 * seen[:, :1].sign()
        loss = actor.nll(episode(seen, shown), context, streams).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    streams = Streams(1, 0, "test", range(400))
    state = actor.start(Context(index=torch.zeros(400, dtype=torch.long)), streams)
    seen = streams.normal(2)
    state = actor.observe(state, torch.arange(400), seen)
    with torch.no_grad():
        for k in range(actor.decisions_a_turn):
            t = torch.full((400,), k)
            state = actor.advance(state, t, actor.step(state, t).sample(streams))
    made = actor.emit(state)[1].squeeze(1)
    right = (made.sign() == seen[:, 0].sign()).float().mean()
    assert float(right) > 0.9
    assert float((made.abs() - 0.8).abs().mean()) < 0.3


def test_observations_are_kept_as_the_policy_saw_them() -> None:
    """A normaliser that changes after the rollout leaves the ratio at 1."""
    actor: Any = policy("gaussian", mean=(1.0, -1.0), std=(2.0, 4.0))
    record, environment = play(actor)
    with torch.no_grad():
        before = score(actor, record).log_prob
        actor.normaliser.mean.add_(5.0)
        after = score(actor, record).log_prob
    assert torch.equal(before, after)
    assert record.final_observation is not None
    raw = environment.place
    expected = (raw - torch.tensor([1.0, -1.0])) / torch.tensor([2.0, 4.0])
    features = actor.features(record)
    torch.testing.assert_close(features[0, 3], expected[0])
    torch.testing.assert_close(features[1, 5], expected[1])


@pytest.mark.parametrize("head", HEADS)
def test_a_saved_policy_opens_again_with_its_normaliser(head: str, tmp_path: Path) -> None:
    settings = {"mean": (1.0, 2.0), "std": (3.0, 4.0)}
    actor, fresh = policy(head, **settings), policy(head, seed=7)
    actor.save(tmp_path, name="control/micro", settings=settings)
    fresh.load(tmp_path)
    for name, value in actor.state_dict().items():
        assert torch.equal(value, fresh.state_dict()[name]), name
    assert "normaliser.mean" in actor.state_dict()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"head": "categorical", "continuous": True}, "cannot serve a continuous action space"),
        ({"head": "flow", "continuous": False}, "Set policy.head to one of: categorical"),
        ({"head": "categorical", "chunk": 2}, "one action at a time"),
        ({"mean": (0.0,)}, "policy.mean has 1 numbers, and an observation 3"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(SuiteError, match=message):
        make_policy("control/micro", settings)
