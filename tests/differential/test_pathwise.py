"""DRAKES, reward backpropagation and the published estimator: what the KL adds, and where.

Shapes: B rows, T steps, L positions, V letters.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor

from suite.core.algorithm import Minibatch
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.rollout import rollout
from suite.plugins.algorithms.pathwise.published import published_rollout

ROWS, T, L, V = 8, 4, 4, 4
# A table reads hard states alone, so that no gradient of the KL passes through visited states.
TABLE = {"policy.network": "tabular", "algo.last_steps": 2}


def streams() -> Streams:
    """The streams that a whole experience meets in ``Side.parts``."""
    return Streams(0, 0, "loss", range(ROWS))


def empty() -> Context:
    return Context(index=torch.zeros(ROWS, dtype=torch.long))


def hard_record(side: Any) -> Trajectory:
    """The chain that those streams give without any relaxation."""
    return rollout(side.run.policy, empty(), streams())


def path_kl(policy: Any, reference: Any, record: Trajectory) -> Tensor:
    """KL of every step's kernel by enumeration: reveal sum_masked sum_v p log(p / q), [B]."""
    law, _ = policy.replay(record)
    other, _ = reference.replay(record)
    p, q = law.log_p.exp(), other.log_p.exp()
    each = (p * (p / q).log()).sum(dim=-1)
    total: Tensor = ((each * law.masked).sum(dim=-1) * law.reveal).sum(dim=-1)
    return total


# --- drakes against reward backpropagation ------------------------------------------------------


@pytest.mark.parametrize("last", [1, 2, 4])
def test_drakes_adds_beta_times_the_exact_path_kl_of_the_chain_it_samples(
    make_side: Callable[..., Any], last: int
) -> None:
    settings = {"algo.last_steps": last}
    parent = make_side("reward-backprop", **settings)
    side = make_side("drakes", **{**settings, "algo.beta": 0.2})
    plain, own = parent.values(parent.collect()), side.values(side.collect())
    record = hard_record(side)
    assert record.sample.tokens is not None
    reward = side.run.reward.table[tuple(record.sample.tokens.unbind(dim=1))]
    kl = path_kl(side.run.policy, side.run.reference, record).detach()

    assert set(plain) == {"reward"}
    assert plain["reward"] == pytest.approx(-float(reward.mean()), abs=1e-12)
    assert own["reward"] == pytest.approx(plain["reward"], abs=1e-12)
    assert own["kl"] == pytest.approx(0.2 * float(kl.mean()), abs=1e-12)
    assert own["kl"] > 1e-3


def test_their_gradients_differ_by_beta_times_that_of_the_kl(
    make_side: Callable[..., Any],
) -> None:
    """The KL's part is checked against central differences of the enumerated sum, not autograd."""
    parent = make_side("reward-backprop", **TABLE)
    side = make_side("drakes", **{**TABLE, "algo.beta": 0.2})
    plain = parent.gradients(parent.parts(parent.collect())[1]["reward"])
    _, terms = side.parts(side.collect())
    difference = side.gradients(terms["reward"] + terms["kl"]) - plain
    assert float(plain.abs().max()) > 0

    record = hard_record(side)
    (table,) = side.run.policy.parameters()
    touched = torch.nonzero(difference).squeeze(1)
    assert len(touched) > 20
    flat = table.data.view(-1)
    for index in [*touched[::4].tolist(), int((difference == 0).nonzero()[0])]:
        kept, found = flat[index].item(), []
        for shift in (1e-5, -1e-5):
            flat[index] = kept + shift
            found.append(
                float(path_kl(side.run.policy, side.run.reference, record).detach().mean())
            )
        flat[index] = kept
        slope = 0.2 * (found[0] - found[1]) / 2e-5
        assert float(difference[index]) == pytest.approx(slope, abs=1e-9)


def test_prefix_steps_of_the_kl_are_reweighted_so_that_their_mean_is_the_whole(
    make_side: Callable[..., Any],
) -> None:
    """One of two prefix steps at twice its weight: the average over both choices is the full KL."""
    full = make_side("drakes", **{**TABLE, "algo.beta": 1.0})
    whole = full.values(full.collect())["kl"]
    side = make_side("drakes", **{**TABLE, "algo.beta": 1.0, "algo.kl_prefix_steps": 1})
    experience = side.collect()
    batch = Minibatch.take(experience, torch.arange(ROWS))
    choices: dict[int, float] = {}
    for step in range(20):  # the choice is a function of the streams' step
        asked = Streams(0, step, "loss", range(ROWS))
        chosen = int(side.algorithm._kl_steps(side.run, asked))
        if chosen in choices:
            continue
        frozen = side.algorithm.model_copy()
        object.__setattr__(frozen, "_kl_steps", lambda run, s, c=chosen: torch.tensor([c]))
        loss = frozen.loss(side.run, batch, streams())
        choices[chosen] = float(loss.terms["kl"].detach()) / ROWS
    assert set(choices) == {0, 1}
    assert abs(choices[0] - choices[1]) > 1e-4
    assert (choices[0] + choices[1]) / 2 == pytest.approx(whole, abs=1e-10)


# --- drakes against its published estimator -----------------------------------------------------


@contextmanager
def watched(policy: Any) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """(relaxed state [B, L, V + 1], log p [B, L, V]) of every call of ``policy.step``."""
    seen: list[tuple[Tensor, Tensor]] = []
    inner = type(policy).step

    def step(state: dict[str, Tensor], t: Tensor) -> Any:
        law = inner(policy, state, t)
        seen.append((state["relaxed"].detach().clone(), law.log_p.detach()))
        return law

    policy.step = step
    try:
        yield seen
    finally:
        del policy.step


def is_hard(state: Tensor) -> bool:
    return bool(((state == 0) | (state == 1)).all())


def test_drakes_shows_the_network_hard_states_and_the_published_chain_soft_ones(
    make_side: Callable[..., Any],
) -> None:
    hard = {}
    for algo in ("drakes", "drakes-published"):
        side = make_side(algo, **{"algo.last_steps": 3})
        with watched(side.run.policy) as seen:
            side.values(side.collect())
        states = [state for state, _ in seen]
        # The published code asks once more before its first step, to learn the kernel's mask.
        chain = states[1 : T + 1] if algo == "drakes-published" else states[:T]
        hard[algo] = [is_hard(state.round(decimals=12)) for state in chain]
    assert hard["drakes"] == [True, True, True, True]
    # The first soft decision is the second of four: the states from the third on are mixtures.
    assert hard["drakes-published"] == [True, True, False, False]


def test_the_published_penalty_is_exactly_0_at_hard_states_where_the_exact_kl_is_not(
    make_side: Callable[..., Any],
) -> None:
    """With one soft step every state that it visits is hard: T forwards of each, and nothing."""
    published = make_side("drakes-published", **{"algo.last_steps": 1, "algo.beta": 1.0})
    loss, terms = published.parts(published.collect())
    assert float(terms["kl"].detach()) == 0.0
    assert float(loss.metrics["relaxed_kl"].detach()) == 0.0
    assert not bool(published.gradients(terms["kl"]).any())

    exact = make_side("drakes", **{"algo.last_steps": 1, "algo.beta": 1.0})
    assert exact.values(exact.collect())["kl"] > 0.05


def test_the_published_penalty_at_soft_states_is_its_published_sum(
    make_side: Callable[..., Any],
) -> None:
    """c (q - p + p log(p / q)) x / m over letters and mask, c = 1 - x[mask], as plain loops."""
    side = make_side("drakes-published", **{"algo.last_steps": 3})
    policy, reference = side.run.policy, side.run.reference
    with watched(policy) as ours, watched(reference) as theirs:
        found = published_rollout(
            policy, reference, empty(), streams(), last=3, temperature=0.5
        ).kl.detach()
    chain = [state for state, _ in ours[1 : T + 1]]
    # After the chain, each visited state is read again by both, and by the policy for its reveal.
    new = [log_p for _, log_p in ours[T + 1 :: 2]]
    old = [log_p for _, log_p in theirs]
    assert len(new) == len(old) == T

    for row in range(ROWS):
        total = 0.0
        for index, state in enumerate(chain):
            left = 1.0 - index / T  # the share still masked, falling linearly
            for position in range(L):
                x = state[row, position].tolist()
                if x.index(max(x)) != V:
                    continue  # a settled position is copied by both, and log 1 = log 1
                for letter in range(V):
                    log_p = float(new[index][row, position, letter])
                    log_q = float(old[index][row, position, letter])
                    p, q = math.exp(log_p), math.exp(log_q)
                    total += (1 - x[V]) * (q - p + p * (log_p - log_q)) * x[letter] / left
        assert float(found[row]) == pytest.approx(total, abs=1e-6)
    assert float(found.abs().max()) > 1e-4, "no soft state was penalised: nothing was compared"


def test_the_published_samples_are_letters_that_carry_a_gradient(
    make_side: Callable[..., Any],
) -> None:
    side = make_side("drakes-published", **{"algo.last_steps": 2})
    made = published_rollout(side.run.policy, None, empty(), streams(), last=2, temperature=0.5)
    sample: Samples = made.sample
    assert sample.tokens is not None
    assert sample.relaxed is not None
    assert int(sample.tokens.max()) < V
    corners = torch.nn.functional.one_hot(sample.tokens, V).double()
    torch.testing.assert_close(sample.relaxed.detach(), corners, rtol=0, atol=1e-12)
    assert sample.relaxed.requires_grad
    assert not bool(made.kl.any())
