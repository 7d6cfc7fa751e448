"""Samplers, log-probabilities, KL and entropy against sums over every state and decision."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.distributions import categorical_entropy, categorical_kl
from suite.core.randomness import Streams
from suite.core.rollout import rollout
from suite.core.scoring import score

DECODINGS: list[dict[str, Any]] = [
    {"num_steps": 3},
    {"num_steps": 5, "network": "transformer", "time_conditioning": True, "temperature": 0.7},
    {"decoding": "one_position"},
]


@pytest.mark.parametrize("config", DECODINGS)
class TestEveryDecoding:
    def test_decisions_of_every_state_sum_to_one(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        for t in range(chain.policy.num_steps):
            total = chain.decision_log_probs(chain.law(t)).exp().sum(dim=1)
            torch.testing.assert_close(total, torch.ones_like(total))

    def test_all_mass_ends_on_finished_samples(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        end = chain.marginals()[-1]
        torch.testing.assert_close(end[chain.finished()].sum(), torch.ones((), dtype=end.dtype))
        assert end[~chain.finished()].abs().max() < 1e-12

    def test_sample_counts_follow_the_dynamic_programme(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        """Pearson's statistic of k cells has mean k - 1 and variance 2 (k - 1): five deviations."""
        chain, rows = make_chain(make_policy(**config)), 6000
        record = rollout(chain.policy, chain.context(rows), chain.streams(rows))
        expected = rows * chain.marginals()[-1][chain.finished()]
        counts = torch.bincount(chain.place(record.sample.tokens), minlength=len(chain.states))
        statistic = ((counts[chain.finished()] - expected) ** 2 / expected).sum()
        freedom = len(expected) - 1
        assert expected.max() > 2.0 * expected.min(), "the law must differ from uniform"
        assert abs(statistic - freedom) < 5.0 * (2.0 * freedom) ** 0.5

    def test_recorded_and_replayed_log_probs_are_entries_of_the_matrices(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        record = rollout(chain.policy, chain.context(50), chain.streams(50))
        law, decision = chain.policy.replay(record)
        states, _ = chain.policy._rebuild(record, torch.arange(record.num_steps))
        for t in range(record.num_steps):
            table = chain.decision_log_probs(chain.law(t))
            exact = table[chain.place(states[:, t]), chain.place(decision[:, t])]
            torch.testing.assert_close(record.log_prob[:, t], exact)
        torch.testing.assert_close(law.log_prob(decision), record.log_prob, rtol=0, atol=1e-12)

    def test_kl_and_entropy_are_sums_over_decisions(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        other = make_chain(make_policy(**{**config, "seed": 11}))
        for t in range(chain.policy.num_steps):
            law, other_law = chain.law(t), other.law(t)
            log_p, log_q = chain.decision_log_probs(law), other.decision_log_probs(other_law)
            torch.testing.assert_close(law.kl(other_law), categorical_kl(log_p, log_q))
            torch.testing.assert_close(law.entropy(), categorical_entropy(log_p))

    def test_a_record_rebuilds_its_states_whatever_steps_are_asked(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        record = rollout(chain.policy, chain.context(7), chain.streams(7))
        steps = torch.tensor([0, 2])
        whole = score(chain.policy, record, entropy=True)
        part = score(chain.policy, record, steps=steps, entropy=True, rows_a_chunk=7)
        torch.testing.assert_close(part.log_prob, whole.log_prob[:, steps], rtol=0, atol=1e-12)
        assert part.entropy is not None
        assert whole.entropy is not None
        torch.testing.assert_close(part.entropy, whole.entropy[:, steps], rtol=0, atol=1e-12)

    def test_the_ratio_is_exactly_one_in_float32(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config).float())
        record = rollout(chain.policy, chain.context(16), chain.streams(16))
        replayed = score(chain.policy, record, rows_a_chunk=16).log_prob
        assert torch.equal(replayed, record.log_prob)

    def test_samples_do_not_depend_on_batch_or_slot(
        self, make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
    ) -> None:
        chain = make_chain(make_policy(**config))
        whole = rollout(chain.policy, chain.context(8), chain.streams(8)).sample.tokens
        some = rollout(chain.policy, chain.context(2), Streams(0, 0, "test", [5, 1])).sample.tokens
        assert whole is not None
        assert some is not None
        assert torch.equal(some, whole[[5, 1]])


@pytest.mark.parametrize("config", [{"num_steps": 4}, {"decoding": "one_position"}])
def test_of_independent_letters_forward_minus_backward_is_log_p(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
) -> None:
    """Where letters ignore the state, p(path) = p(x) q(path | x) for every path."""
    policy = make_policy(**config)
    with torch.no_grad():
        policy.denoiser.head.weight.zero_()
        policy.denoiser.head.bias.copy_(torch.tensor([0.4, -0.3, 0.9]))
    chain = make_chain(policy)
    record = rollout(policy, chain.context(40), chain.streams(40))
    letter = torch.log_softmax(policy.denoiser.head.bias, dim=0)
    assert record.sample.tokens is not None
    exact = letter[record.sample.tokens].sum(dim=1)
    paths = (record.log_prob - policy.log_backward(record)).sum(dim=1)
    # The schedule's tables are kept in float32, which limits the agreement.
    torch.testing.assert_close(paths, exact, rtol=0, atol=1e-5)
    assert record.log_prob.sum(dim=1).std() > 0.1, "paths must differ"


def test_more_steps_come_closer_to_one_position_at_a_time(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any]
) -> None:
    """Unmasking reveals two letters at once with chance of order 1 / T, and no more."""
    one = make_chain(make_policy(decoding="one_position")).marginals()[-1]
    distance = [
        0.5 * (make_chain(make_policy(num_steps=n)).marginals()[-1] - one).abs().sum().item()
        for n in (2, 4, 8, 16)
    ]
    assert distance[0] > distance[1] > distance[2] > distance[3] > 0
    assert 1.5 < distance[2] / distance[3] < 2.5
