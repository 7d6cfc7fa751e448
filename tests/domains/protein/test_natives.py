"""The stated law of the sequences that a base learns from."""

import itertools
import math

import pytest
import torch

from suite.domains.protein.alphabet import INDEX, encode, one_hot
from suite.domains.protein.bundle import bundle_family
from suite.domains.protein.contexts import backbone_data
from suite.domains.protein.natives import (
    NativeModel,
    native_log_prob,
    pair_logits,
    sample_natives,
    site_logits,
)
from suite.domains.protein.scales import HELIX_COST, SWISS_PROT_PERCENT


def tiny_data(length: int) -> dict[str, torch.Tensor]:
    """One helix whose residues are buried and exposed in turn."""
    return {
        "burial": (torch.arange(length) % 2).float()[None],
        "secondary": torch.ones(1, length, dtype=torch.long),
        "mask": torch.ones(1, length, dtype=torch.bool),
    }


@pytest.fixture(scope="module")
def data() -> dict[str, torch.Tensor]:
    train, _ = bundle_family(4, 0, seed=0)
    return backbone_data(train)


def test_the_law_adds_up_to_one_over_all_sequences() -> None:
    """All 20^2 sequences of two residues, then the third position given each of 400 pasts."""
    pairs = torch.tensor(list(itertools.product(range(20), range(20))))
    many = {key: value.expand(400, *value.shape[1:]) for key, value in tiny_data(2).items()}
    assert native_log_prob(many, pairs).exp().sum().item() == pytest.approx(1.0, abs=1e-5)


def test_log_prob_is_the_product_of_the_stated_conditionals() -> None:
    """Five residues worked out letter by letter with plain Python."""
    model = NativeModel(environment=2.0, helix=0.5, bridge=0.7, repeat=0.9)
    data = tiny_data(5)
    sequence = "EKKAK"
    sites = site_logits(data, model)[0]
    charge = {"K": 1.0, "R": 1.0, "D": -1.0, "E": -1.0}
    total = 0.0
    for i, letter in enumerate(sequence):
        logits = sites[i].tolist()
        for other, token in INDEX.items():
            if i >= 1 and sequence[i - 1] == other:
                logits[token] -= 0.9
            for gap in (3, 4):
                if i >= gap:
                    product = charge.get(other, 0.0) * charge.get(sequence[i - gap], 0.0)
                    logits[token] -= 0.7 * product
        total += logits[INDEX[letter]] - math.log(sum(map(math.exp, logits)))
    found = native_log_prob(data, encode([sequence]), model=model).item()
    assert found == pytest.approx(total, abs=1e-4)


def test_site_logits_are_composition_environment_and_helix_cost() -> None:
    model = NativeModel(environment=0.0, helix=0.593, loop=0.0)
    logits = site_logits(tiny_data(1), model)[0, 0]
    for letter in "AGPLW":
        expected = math.log(SWISS_PROT_PERCENT[letter]) - HELIX_COST[letter]
        assert logits[INDEX[letter]].item() == pytest.approx(expected, abs=1e-5)


def test_samples_have_the_frequencies_of_the_law() -> None:
    data = tiny_data(5)
    generator = torch.Generator().manual_seed(0)
    tokens = sample_natives(data, 20000, generator)[0]
    first = one_hot(tokens[:, 0]).mean(dim=0)
    assert (first - site_logits(data)[0, 0].softmax(dim=-1)).abs().max() < 0.01
    # The last residue, given E four, any uncharged letter three, and A one before it.
    uncharged = ~torch.isin(tokens[:, 1], encode(["DEKR"])[0])
    past = (tokens[:, 0] == INDEX["E"]) & uncharged & (tokens[:, 3] == INDEX["A"])
    chosen = tokens[past, 4]
    bridges, repeats = pair_logits()
    law = site_logits(data)[0, 4] + bridges[INDEX["E"]] + repeats[INDEX["A"]]
    expected = law.softmax(dim=-1)
    assert len(chosen) > 100
    error = (expected * (1 - expected) / len(chosen)).sqrt()
    assert ((one_hot(chosen).mean(dim=0) - expected).abs() / error).max() < 4.5


def test_the_mean_log_prob_of_samples_is_minus_the_entropy() -> None:
    """On two residues the entropy is a sum over 400 sequences."""
    data = tiny_data(2)
    many = {key: value.expand(400, *value.shape[1:]) for key, value in data.items()}
    pairs = torch.tensor(list(itertools.product(range(20), range(20))))
    log_prob = native_log_prob(many, pairs)
    entropy = -(log_prob.exp() * log_prob).sum().item()
    tokens = sample_natives(data, 4000, torch.Generator().manual_seed(1))[0]
    drawn = {key: value.expand(4000, *value.shape[1:]) for key, value in data.items()}
    assert -native_log_prob(drawn, tokens).mean().item() == pytest.approx(entropy, abs=0.05)


def test_natives_are_diverse_and_follow_their_backbone(data: dict[str, torch.Tensor]) -> None:
    tokens = sample_natives(data, 64, torch.Generator().manual_seed(0))
    same = (tokens[:, :, None] == tokens[:, None, :]).float().mean(dim=-1)
    off = same[:, ~torch.eye(64, dtype=torch.bool)]
    assert off.mean() < 0.2
    assert len({tuple(row) for row in tokens.flatten(0, 1).tolist()}) == 4 * 64
    hydrophobic = torch.isin(tokens, encode(["AVILMFWC"])[0])
    inside = (data["burial"] > 0.8)[:, None].expand_as(hydrophobic)
    outside = (data["burial"] < 0.1)[:, None].expand_as(hydrophobic)
    assert hydrophobic[inside].float().mean() > hydrophobic[outside].float().mean() + 0.2


def test_natives_depend_on_the_generator_alone(data: dict[str, torch.Tensor]) -> None:
    first, again, other = (
        sample_natives(data, 2, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_padding_gets_letter_zero_and_no_log_prob() -> None:
    whole, padded = tiny_data(4), tiny_data(6)
    padded["mask"][:, 4:] = False
    tokens = encode(["LEKAWW"])
    drawn = sample_natives(padded, 3, torch.Generator().manual_seed(0))
    assert drawn[:, :, 4:].sum() == 0
    short = native_log_prob(whole, tokens[:, :4])
    assert native_log_prob(padded, tokens).item() == pytest.approx(short.item(), abs=1e-5)
