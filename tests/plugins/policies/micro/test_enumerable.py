"""Micro policies against exact sums over every path of their small spaces, in float64.

Shapes: P paths, X strings, L positions, V letters, T steps.
"""

import itertools

import pytest
import torch
from torch import Tensor

from suite.core.policy import Policy
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Trajectory
from suite.core.registry import make_policy
from suite.core.rollout import rollout
from suite.core.scoring import score

NETWORKS = ("mlp", "tabular")
F64 = torch.float64


def context(size: int) -> Context:
    return Context(index=torch.zeros(size, dtype=torch.long))


def two(name: str, **settings: object) -> tuple[Policy, Policy]:
    """A policy and a reference with other weights, in double precision."""
    first = make_policy(name, settings).double()
    reference = first.reference_copy()
    for weight in reference.parameters():
        weight.add_(torch.randn_like(weight))
    return first, reference


def record(decisions: dict[str, Tensor], mask: Tensor, sample: Samples) -> Trajectory:
    size = len(mask)
    return Trajectory(
        context=context(size),
        sample=sample,
        decisions=decisions,
        mask=mask,
        log_prob=torch.zeros(mask.shape, dtype=F64),
        group=torch.arange(size),
        seed_index=torch.arange(size),
    )


def check_path_sums(policy: Policy, reference: Policy, paths: Trajectory) -> Tensor:
    """Total chance, KL chain rule and entropy chain rule over all paths; returns the chances."""
    found = score(policy, paths, reference=reference, entropy=True)
    assert found.kl is not None
    assert found.entropy is not None
    log_p = found.log_prob.sum(dim=1)
    log_q = score(reference, paths).log_prob.sum(dim=1)
    p = log_p.exp().detach()
    torch.testing.assert_close(p.sum(), torch.ones((), dtype=F64))
    kl = (p * (log_p - log_q)).sum()
    torch.testing.assert_close((p * found.kl.sum(dim=1)).sum(), kl)
    torch.testing.assert_close((p * found.entropy.sum(dim=1)).sum(), -(p * log_p).sum())
    assert float(kl.detach()) > 0.1
    return p


def check_counts(drawn: Tensor, chance: Tensor) -> None:
    """Pearson's statistic of the draws, within five standard deviations."""
    counts = torch.bincount(drawn, minlength=len(chance)).double()
    expected = len(drawn) * chance
    thick = expected > 1.0
    statistic = ((counts - expected) ** 2 / expected)[thick].sum()
    degrees = float(thick.sum())
    assert float(statistic) < degrees + 5 * (2 * degrees) ** 0.5


# --- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_token_scores_agree_with_sums_over_all_strings(network: str) -> None:
    policy, reference = two("micro/token", length=3, letters=3, network=network)
    strings = torch.tensor(list(itertools.product(range(3), repeat=3)))
    sample = Samples(tokens=strings)
    paths = policy.encode(sample, context(len(strings)))
    p = check_path_sums(policy, reference, paths)
    nll = policy.nll(sample, context(len(strings)), Streams(0, 0, "nll", range(len(strings))))
    torch.testing.assert_close((-nll).exp().detach(), p)
    size = 20_000
    drawn = rollout(policy, context(size), Streams(0, 0, "train", range(size))).sample.tokens
    assert drawn is not None
    check_counts((drawn * torch.tensor([9, 3, 1])).sum(dim=1), p)


def test_a_token_table_can_be_any_law() -> None:
    """Its logits set to the target's conditionals, the table is the target."""
    policy, _ = two("micro/token", length=3, letters=3, network="tabular")
    target = torch.rand(3, 3, 3, dtype=F64).flatten().softmax(0).view(3, 3, 3)
    conditionals = [
        target.sum(dim=(1, 2)).view(1, 3), target.sum(dim=2), target.flatten(0, 1),
    ]  # fmt: skip
    table = policy.get_parameter("trunk.table")
    # A prefix counts its first letter fastest.
    order = [[0], [0, 1, 2], [3 * a + b for b in range(3) for a in range(3)]]
    with torch.no_grad():
        table.copy_(torch.cat([c[o].log() for c, o in zip(conditionals, order, strict=True)]))
    strings = torch.tensor(list(itertools.product(range(3), repeat=3)))
    nll = policy.nll(Samples(tokens=strings), context(27), Streams(0, 0, "nll", range(27)))
    torch.testing.assert_close((-nll).exp().detach(), target.flatten())


# --- unmasking ----------------------------------------------------------------------------------

LENGTH, LETTERS, STEPS = 2, 3, 3


def all_unmasking_paths() -> Trajectory:
    """Every string and every time at which each letter is revealed: (V T)^L paths."""
    each = list(itertools.product(range(LETTERS), range(STEPS)))
    rows = list(itertools.product(each, repeat=LENGTH))
    tokens = torch.tensor([[letter for letter, _ in row] for row in rows])
    revealed = torch.tensor([[step for _, step in row] for row in rows])
    mask = torch.ones(len(rows), STEPS, dtype=torch.bool)
    return record({"tokens": tokens, "revealed_at": revealed}, mask, Samples(tokens=tokens))


def unmasking(network: str) -> tuple[Policy, Policy]:
    settings = {"length": LENGTH, "letters": LETTERS, "num_steps": STEPS, "network": network}
    return two("micro/unmasking", **settings)


def by_string(values: Tensor) -> Tensor:
    """Sums over the paths of each string, [X]."""
    place = (all_unmasking_paths().decisions["tokens"] * torch.tensor([LETTERS, 1])).sum(dim=1)
    return torch.zeros(LETTERS**LENGTH, dtype=F64).index_add_(0, place, values)


@pytest.mark.parametrize("network", NETWORKS)
def test_unmasking_scores_agree_with_sums_over_all_paths(network: str) -> None:
    policy, reference = unmasking(network)
    p = check_path_sums(policy, reference, all_unmasking_paths())
    size = 20_000
    drawn = rollout(policy, context(size), Streams(0, 0, "train", range(size))).sample.tokens
    assert drawn is not None
    check_counts((drawn * torch.tensor([LETTERS, 1])).sum(dim=1), by_string(p))


def test_the_backward_law_of_unmasking_sums_to_one_for_every_string() -> None:
    policy, _ = unmasking("mlp")
    backward = policy.log_backward(all_unmasking_paths()).double().sum(dim=1).exp()
    torch.testing.assert_close(by_string(backward), torch.ones(9, dtype=F64), atol=1e-6, rtol=0)


def test_the_unmasking_bound_is_that_of_its_own_paths() -> None:
    """Mean nll = sum over paths q (log q - log p) >= -log p(x), q the backward law."""
    policy, _ = unmasking("mlp")
    paths = all_unmasking_paths()
    log_q = policy.log_backward(paths).double().sum(dim=1)
    log_p = score(policy, paths).log_prob.sum(dim=1).detach()
    bound = by_string(log_q.exp() * (log_q - log_p))
    strings = torch.tensor(list(itertools.product(range(LETTERS), repeat=LENGTH)))
    repeats, rows = 3_000, len(strings)
    size = repeats * rows
    draws = policy.nll(
        Samples(tokens=strings.repeat(repeats, 1)), context(size), Streams(0, 0, "nll", range(size))
    ).detach().view(repeats, rows)  # fmt: skip
    error = draws.std(dim=0) / repeats**0.5
    assert bool(((draws.mean(dim=0) - bound).abs() < 5 * error).all())
    assert bool((bound >= -by_string(log_p.exp()).log() - 1e-9).all())


def test_equal_streams_give_policy_and_reference_the_same_masks() -> None:
    policy, _ = unmasking("mlp")
    twin, size = policy.reference_copy(), 50
    sample = Samples(tokens=torch.zeros(size, LENGTH, dtype=torch.long))
    both = [p.nll(sample, context(size), Streams(0, 0, "nll", range(size))) for p in (policy, twin)]
    assert torch.equal(both[0], both[1])


# --- GFlowNet -----------------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_gflownet_scores_agree_with_sums_over_all_strings(network: str) -> None:
    policy, reference = two("micro/gflownet", length=3, letters=2, network=network)
    rows, lengths = [], []
    for length in range(4):
        for letters in itertools.product(range(2), repeat=length):
            rows.append([*letters, *[2] * (4 - length)])
            lengths.append(length)
    tokens = torch.tensor(rows)
    mask = torch.arange(4) <= torch.tensor(lengths).unsqueeze(1)
    paths = record({"tokens": tokens}, mask, Samples(tokens=tokens[:, :3]))
    p = check_path_sums(policy, reference, paths)
    size = 20_000
    drawn = rollout(policy, context(size), Streams(0, 0, "train", range(size)))
    assert drawn.sample.tokens is not None
    powers = torch.tensor([9, 3, 1])
    places = (tokens[:, :3] * powers).sum(dim=1)
    lookup = torch.full((27,), -1)
    lookup[places] = torch.arange(len(places))
    check_counts(lookup[(drawn.sample.tokens * powers).sum(dim=1)], p)
    assert drawn.mask.sum(dim=1).tolist() == ((drawn.sample.tokens != 2).sum(dim=1) + 1).tolist()


# --- Gaussian -----------------------------------------------------------------------------------


def test_gaussian_bound_is_the_path_bound() -> None:
    """E nll + KL(q(x_T | x_0) || N(0, I)) = E_q[log q(x_1..x_T | x_0) - log p(x_0..x_T)].

    q adds noise to x_0 in closed form and walks on from there; both sides are averages of draws.
    """
    policy = make_policy("micro/gaussian", {"num_steps": 3}).double()
    repeats, steps = 20_000, 3
    x0 = torch.tensor([0.7, -0.4], dtype=F64).expand(repeats, 2)
    generator = torch.Generator().manual_seed(0)
    signal = policy.get_buffer("signal").double()[:steps].flip(0)  # of x_1, x_2, x_3
    path, log_q = [x0], torch.zeros(repeats, dtype=F64)
    before = torch.ones((), dtype=F64)
    for share in signal:
        ratio = share / before
        law = torch.distributions.Normal(ratio.sqrt() * path[-1], (1 - ratio).sqrt())
        noise = torch.randn(repeats, 2, generator=generator, dtype=F64)
        path.append(law.mean + law.stddev * noise)
        log_q += law.log_prob(path[-1]).sum(dim=1)
        before = share
    x = torch.stack(path[::-1], dim=1)
    mask = torch.ones(repeats, steps, dtype=torch.bool)
    log_p = score(policy, record({"x": x}, mask, Samples(values=x0))).log_prob.sum(dim=1).detach()
    log_p += torch.distributions.Normal(0.0, 1.0).log_prob(x[:, 0]).sum(dim=1)
    paths = log_q - log_p
    last = torch.distributions.Normal(signal[-1].sqrt() * x0[0], (1 - signal[-1]).sqrt())
    prior = torch.distributions.kl_divergence(last, torch.distributions.Normal(0.0, 1.0)).sum()
    draws = policy.nll(
        Samples(values=x0.float()), context(repeats), Streams(0, 0, "nll", range(repeats))
    ).detach()  # fmt: skip
    error = (paths.var() / repeats + draws.var() / repeats).sqrt()
    assert abs(float(draws.mean() + prior - paths.mean())) < 5 * float(error)
    assert float(error) < 0.5
