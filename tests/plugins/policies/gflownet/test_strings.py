"""String policies held to exact sums over every history of small spaces.

Shapes: H histories, X strings, T actions.
"""

import itertools
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from suite.core.build import build, freeze_base
from suite.core.config import Request, resolve_request
from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context, Samples, Scores, Trajectory
from suite.core.registry import make_policy
from suite.core.reward import Reward
from suite.core.rollout import rollout
from suite.core.scoring import score
from suite.core.trainer import Trainer
from suite.plugins.policies.gflownet.histories import StringSpace
from suite.testing import check_policy

LETTERS, LONGEST = 3, 4
GROWTHS = ("append", "both_ends")


def context(size: int) -> Context:
    return Context(index=torch.zeros(size, dtype=torch.long))


def policy_of(growth: str, **settings: Any) -> Any:
    own = {"letters": LETTERS, "length": LONGEST, "growth": growth, **settings}
    policy = make_policy("gflownet/string/micro", own)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(0.3 * torch.randn(weight.shape, generator=generator))
    return policy.double()


def every_history(space: StringSpace) -> tuple[Tensor, Tensor]:
    """Actions [H, T] of all of them, by trying every legal action, and their strings [H, L]."""
    found, prefixes = [], [()]
    while prefixes:
        longer = []
        for prefix in prefixes:
            legal = space.legal(torch.tensor(len(prefix)))
            for action in torch.nonzero(legal).squeeze(1).tolist():
                done = action == space.exit
                (found if done else longer).append((*prefix, action))
        prefixes = longer
    width = space.longest + 1
    padded = [[*actions, *[space.exit] * (width - len(actions))] for actions in found]
    actions = torch.tensor(padded)
    return actions, space.states(actions)[:, -1]


def every_string(space: StringSpace) -> Tensor:
    rows = [
        [*letters, *[space.exit] * (space.longest - size)]
        for size in range(space.shortest, space.longest + 1)
        for letters in itertools.product(range(space.letters), repeat=size)
    ]
    return torch.tensor(rows)


def record_of(space: StringSpace, actions: Tensor, strings: Tensor) -> Trajectory:
    exits = (actions == space.exit).cumsum(dim=1)
    return Trajectory(
        context=context(len(actions)),
        sample=Samples(tokens=strings),
        decisions={"actions": actions},
        mask=(exits == 0) | ((exits == 1) & (actions == space.exit)),
        log_prob=torch.zeros(actions.shape, dtype=torch.float64),
        group=torch.arange(len(actions)),
        seed_index=torch.arange(len(actions)),
    )


def summed(values: Tensor, strings: Tensor, targets: Tensor) -> Tensor:
    """Sums of values [H] over the histories of each of ``targets`` [X]."""
    same = (strings.unsqueeze(0) == targets.unsqueeze(1)).all(dim=2)  # [X, H]
    return (same * values).sum(dim=1)


@pytest.mark.parametrize("growth", GROWTHS)
@pytest.mark.parametrize("shortest", [0, 2, LONGEST])
def test_the_chances_of_all_histories_sum_to_one(growth: str, shortest: int) -> None:
    policy = policy_of(growth, shortest=shortest)
    actions, strings = every_history(policy.space)
    log_p = score(policy, record_of(policy.space, actions, strings)).log_prob.detach().sum(dim=1)
    assert float(log_p.exp().sum()) == pytest.approx(1.0, abs=1e-9)
    wanted = {tuple(row) for row in every_string(policy.space).tolist()}
    assert {tuple(row) for row in strings.tolist()} == wanted


@pytest.mark.parametrize("growth", GROWTHS)
def test_the_backward_law_of_each_string_sums_to_one_over_its_histories(growth: str) -> None:
    """2^(n-1) histories of n letters with both ends, strings of one letter throughout included."""
    space = policy_of(growth).space
    actions, strings = every_history(space)
    targets = every_string(space)
    sums = summed(space.log_backward(actions).sum(dim=1).double().exp(), strings, targets)
    torch.testing.assert_close(sums, torch.ones_like(sums))
    counts = summed(torch.ones(len(strings)), strings, targets)
    size = (targets != space.exit).sum(dim=1)
    many = 2.0 ** (size - 1).clamp_min(0) if growth == "both_ends" else torch.ones(len(size))
    torch.testing.assert_close(counts, many)


def test_appending_knows_its_likelihood_exactly() -> None:
    policy = policy_of("append")
    strings = every_string(policy.space)
    nll = policy.nll(Samples(tokens=strings), context(len(strings)), streams(len(strings)))
    assert float((-nll.detach()).exp().sum()) == pytest.approx(1.0, abs=1e-9)


def test_both_ends_bound_the_likelihood_from_the_backward_law() -> None:
    """The mean of many draws is the mean over the histories by enumeration, above -log P(x)."""
    policy = policy_of("both_ends")
    actions, strings = every_history(policy.space)
    log_p = score(policy, record_of(policy.space, actions, strings)).log_prob.sum(dim=1).detach()
    log_q = policy.space.log_backward(actions).sum(dim=1).double()
    targets = every_string(policy.space)[-27:]  # three letters of four fixed: the longest strings
    mean = summed(log_q.exp() * (log_q - log_p), strings, targets)
    exact = -summed(log_p.exp(), strings, targets).log()
    assert bool((mean >= exact - 1e-9).all())
    found = policy.nll(
        Samples(tokens=targets), context(len(targets)), streams(len(targets)), draws=8000
    )
    torch.testing.assert_close(found.detach(), mean, atol=0.08, rtol=0)


def streams(size: int) -> Streams:
    return Streams(0, 0, "test", range(size))


@pytest.mark.parametrize("growth", GROWTHS)
def test_a_string_policy_passes_the_conformance_kit(growth: str) -> None:
    settings = {"letters": 3, "length": 5, "growth": growth, "shortest": 2}
    check_policy(make_policy("gflownet/string/micro", settings), context(5))


@pytest.mark.parametrize("growth", GROWTHS)
def test_strings_of_one_length_have_no_padding(growth: str) -> None:
    policy = make_policy("gflownet/string", {"length": 8, "shortest": 8, "growth": growth})
    record = rollout(policy, context(64), streams(64))
    assert record.sample.tokens is not None
    assert record.sample.tokens.shape == (64, 8)
    assert int(record.sample.tokens.max()) < 4
    assert bool(record.mask.all())


def test_micro_has_at_most_five_thousand_parameters() -> None:
    for growth in GROWTHS:
        policy = make_policy("gflownet/string/micro", {"growth": growth})
        assert sum(weight.numel() for weight in policy.parameters()) <= 5_000


@pytest.mark.parametrize(
    ("tokens", "message"),
    [([[0, 3, 1, 3]], "not a string that this policy can write"), ([[0] * 5], "5 positions")],
)
def test_demonstrations_outside_of_the_space_are_refused(
    tokens: list[list[int]], message: str
) -> None:
    policy = policy_of("append")
    with pytest.raises(SuiteError, match=message):
        policy.nll(Samples(tokens=torch.tensor(tokens)), context(1), streams(1))


def test_a_shortest_above_the_longest_is_refused() -> None:
    with pytest.raises(SuiteError, match=r"policy.shortest is 9, and policy.length 8"):
        make_policy("gflownet/string", {"shortest": 9})


class Table(Reward):
    """A random number for each string of a small space."""

    unit = "none"
    bounds = (-3.0, 3.0)
    views: ClassVar[frozenset[str]] = frozenset({"tensor"})

    def __init__(self, targets: Tensor) -> None:
        generator = torch.Generator().manual_seed(0)
        self.targets = targets
        self.value = torch.randn(len(targets), generator=generator).clamp(-3.0, 3.0)

    def __call__(self, samples: Samples, context: Context) -> Scores:
        assert samples.tokens is not None
        same = (samples.tokens.unsqueeze(1) == self.targets).all(dim=2)
        return Scores.all_valid(self.value[same.int().argmax(dim=1)])


@pytest.mark.parametrize("growth", GROWTHS)
@pytest.mark.parametrize("algo", ["tb", "subtb"])
def test_strings_come_in_proportion_to_their_reward(algo: str, growth: str) -> None:
    """Total variation to exp(r / beta) / Z over all 40 strings of three letters at most."""
    beta = 0.5
    settings = {
        "policy.growth": growth,
        "policy.letters": 3,
        "policy.length": 3,
        "policy.width": 64,
        "algo.beta": beta,
        "train.num_steps": 200,
        "train.group_size": 128,
        "train.learning_rate": 0.02,
        "train.schedule": "cosine",
        "controls.enabled": False,
    }
    name = "gflownet/string/micro"
    request = Request(task="micro/gflownet", policy=name, algo=algo, settings=settings)
    built = build(resolve_request(request))
    freeze_base(built)
    space: StringSpace = built.run.policy.space  # type: ignore[assignment]
    actions, strings = every_history(space)
    targets = every_string(space)
    built.run.reward = table = Table(targets)
    target = (table.value.double() / beta).softmax(dim=0)

    def distance() -> float:
        record = record_of(space, actions, strings)
        log_p = score(built.run.policy, record).log_prob.detach().double().sum(dim=1)
        return float(0.5 * (summed(log_p.exp(), strings, targets) - target).abs().sum())

    assert distance() > 0.5
    Trainer(built.run, built.algorithm).train()
    assert distance() < 0.08
