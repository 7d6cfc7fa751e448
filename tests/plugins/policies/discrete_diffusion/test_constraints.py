"""Fixed letters, allowed letters, forbidden motifs and padding act on the law, exactly."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from suite.core.errors import SuiteError
from suite.core.randomness import Streams
from suite.core.records import Context, Samples
from suite.core.rollout import rollout
from suite.core.scoring import score
from suite.plugins.policies.discrete_diffusion.constraints import completes_motif

CONSTRAINED: list[dict[str, Any]] = [
    {"num_steps": 3, "fixed": {1: 2}, "allowed": {0: [0, 2]}},
    {"decoding": "one_position", "fixed": {1: 2}, "allowed": {0: [0, 2]}},
    {"decoding": "one_position", "letters": 4, "forbidden": [[0, 0], [0, 1, 2]]},
]


@pytest.mark.parametrize("config", CONSTRAINED)
def test_constrained_laws_still_sum_to_one(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
) -> None:
    chain = make_chain(make_policy(**config))
    end = chain.marginals()[-1]
    torch.testing.assert_close(end[chain.finished()].sum(), torch.ones((), dtype=end.dtype))


@pytest.mark.parametrize("config", CONSTRAINED)
def test_no_excluded_sample_has_any_mass_and_every_other_has(
    make_policy: Callable[..., Any], make_chain: Callable[..., Any], config: Any
) -> None:
    chain = make_chain(make_policy(**config))
    states, end = chain.states[chain.finished()], chain.marginals()[-1][chain.finished()]
    good = torch.ones(len(states), dtype=torch.bool)
    for position, letter in config.get("fixed", {}).items():
        good &= states[:, position] == letter
    for position, letters in config.get("allowed", {}).items():
        good &= torch.isin(states[:, position], torch.tensor(letters))
    for motif in config.get("forbidden", []):
        windows = states.unfold(1, len(motif), 1)
        good &= ~(windows == torch.tensor(motif)).all(dim=-1).any(dim=-1)
    assert 0 < good.sum() < len(states)
    assert end[~good].max() == 0.0
    assert end[good].min() > 0.0


def test_fixed_letters_come_from_the_context_too_and_win(make_policy: Callable[..., Any]) -> None:
    policy = make_policy(fixed={0: 1})
    fixed = torch.tensor([[-1, -1, 0], [2, -1, -1]])
    context = Context(index=torch.arange(2), data={"fixed": fixed})
    streams = Streams(0, 0, "x", range(2))
    start = policy.start(context, streams)["tokens"]
    assert start.tolist() == [[1, 3, 0], [2, 3, 3]]
    tokens = rollout(policy, context, streams).sample.tokens
    assert tokens is not None
    assert tokens[0, 0] == 1
    assert tokens[0, 2] == 0
    assert tokens[1, 0] == 2


def test_a_sample_that_moves_a_fixed_letter_has_infinite_nll(
    make_policy: Callable[..., Any],
) -> None:
    policy = make_policy(fixed={0: 1}, num_steps=3)
    samples = Samples(tokens=torch.tensor([[1, 0, 2], [0, 0, 2]]))
    context = Context(index=torch.arange(2))
    nll = policy.nll(samples, context, Streams(0, 0, "x", range(2)), draws=8)
    assert nll[0].isfinite()
    assert nll[1] == torch.inf


def test_a_motif_is_blocked_only_where_one_letter_completes_it() -> None:
    mask = 3
    tokens = torch.tensor([[0, mask, 2, mask], [0, mask, mask, 1], [mask, 1, 0, mask]])
    blocked = completes_motif(tokens, [[0, 1, 2], [0, 0]], 3)
    expected = torch.zeros(3, 4, 3, dtype=torch.bool)
    expected[0, 1, 1] = True  # 0 . 2 wants 1
    expected[0, 1, 0] = True  # 0 . wants 0
    expected[1, 1, 0] = True  # 0 . wants 0; 0 . . is two letters short of 0 1 2
    expected[2, 3, 0] = True
    assert torch.equal(blocked, expected)


@pytest.mark.parametrize("network", ["cnn", "transformer", "backbone"])
@pytest.mark.parametrize("decoding", ["unmasking", "one_position"])
def test_padding_changes_nothing(
    make_policy: Callable[..., Any], network: str, decoding: str
) -> None:
    """A row of three in a batch padded to five says what it says alone; padding stays letter 0."""
    config = {"network": network, "decoding": decoding, "length": 5, "num_steps": 5, "layers": 2}
    policy = make_policy(**config, num_neighbours=3)
    present = torch.tensor([[True] * 3 + [False] * 2, [True] * 5])
    backbone = torch.randn(2, 5, 4, 3, dtype=torch.float64) * 5.0
    context = Context(index=torch.arange(2), data={"mask": present, "backbone": backbone})
    record = rollout(policy, context, Streams(0, 0, "x", range(2)))
    assert record.sample.tokens is not None
    assert record.sample.tokens[0, 3:].tolist() == [0, 0]
    assert (record.decisions["revealed_at"][0, 3:] == -1).all()

    alone = Context(
        index=torch.arange(1), data={"mask": present[:1, :3], "backbone": backbone[:1, :3]}
    )
    cut = {key: value[:1, :3] for key, value in record.decisions.items()}
    single = type(record)(
        **{
            **vars(record),
            "context": alone,
            "decisions": cut,
            "mask": record.mask[:1],
            "log_prob": record.log_prob[:1],
        }
    )
    reference = make_policy(**{**config, "seed": 4}, num_neighbours=3)
    padded = score(policy, record, reference=reference, entropy=True)
    short = score(policy, single, reference=reference, entropy=True)
    for name in ("log_prob", "kl", "entropy"):
        torch.testing.assert_close(getattr(padded, name)[:1], getattr(short, name))
    torch.testing.assert_close(padded.log_prob, record.log_prob)
    torch.testing.assert_close(policy.features(record)[:1], policy.features(single))


def test_padding_adds_nothing_to_the_bound(make_policy: Callable[..., Any]) -> None:
    """Of letters that ignore the state: three nll's of a letter, whatever stands in the padding."""
    policy = make_policy(length=5, num_steps=4)
    with torch.no_grad():
        policy.denoiser.head.weight.zero_()
    present = torch.tensor([[True] * 3 + [False] * 2]).expand(500, -1)
    context = Context(index=torch.zeros(500, dtype=torch.long), data={"mask": present})
    samples = Samples(tokens=torch.tensor([[1, 2, 0, 0, 0]]).expand(500, -1))
    with torch.no_grad():
        nll = policy.nll(samples, context, Streams(0, 0, "x", range(500)), draws=4)
    # Per position the draws average to exactly log 3: within five standard errors of 3 log 3.
    exact = 3.0 * torch.log(torch.tensor(3.0, dtype=torch.float64))
    assert (nll.mean() - exact).abs() < 5.0 * nll.std() / 500**0.5


def test_constraints_that_leave_no_letter_are_refused(make_policy: Callable[..., Any]) -> None:
    policy = make_policy(decoding="one_position", forbidden=[[0, 1]], allowed={2: [0, 1]})
    with pytest.raises(SuiteError) as error:
        policy.start(Context(index=torch.arange(1)), Streams(0, 0, "x", range(1)))
    assert str(error.value) == (
        "the constraints may leave position 2 of context 0 without a letter: no letter is allowed "
        "there that is also in no forbidden motif.\n"
        "Allow one more letter at that position, or shorten the list of motifs."
    )


def test_a_context_longer_than_the_policy_is_refused(make_policy: Callable[..., Any]) -> None:
    context = Context(index=torch.arange(1), data={"mask": torch.ones(1, 4, dtype=torch.bool)})
    with pytest.raises(SuiteError, match="a context has 4 positions, but this policy was built"):
        make_policy().start(context, Streams(0, 0, "x", range(1)))
